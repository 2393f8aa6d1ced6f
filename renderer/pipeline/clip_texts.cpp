// SPDX-License-Identifier: Apache-2.0
#include "renderer/pipeline/clip_texts.hpp"

#include <ATen/ops/cat.h>

#include <algorithm>

namespace pia::renderer {

ClipTexts::Reading ClipTexts::reading(std::span<const std::int64_t> frames) const {
  Reading now;
  for (std::size_t t = 0; t < tracks_.size(); ++t) {
    const std::vector<TextMix>& mixes = tracks_[t].frames;
    const auto first = static_cast<std::ptrdiff_t>(now.texts.size());
    for (const std::int64_t frame : frames) {
      const Text text{.track = t,
                      .mix = mixes.empty() ? TextMix{} : mixes.at(static_cast<std::size_t>(frame))};
      const auto found = std::find(now.texts.begin() + first, now.texts.end(), text);
      const std::int64_t row = found - now.texts.begin();
      if (found == now.texts.end()) now.texts.push_back(text);
      const bool goes_on = !now.runs.empty() && now.runs.back().text == row;
      if (!goes_on) now.runs.push_back({.text = row});
      ++now.runs.back().pictures;
    }
  }
  if (now.texts.size() == tracks_.size()) now.runs.clear();
  return now;
}

at::Tensor ClipTexts::embedding(const Text& text) const {
  const TextTrack& track = tracks_[text.track];
  const at::Tensor from = track.keyframe(text.mix.from);
  if (text.mix.weight == 0) return from;
  return blended(from, track.keyframe(text.mix.to), text.mix.weight, track.blending);
}

const TextContext& ClipTexts::of(std::span<const std::int64_t> frames) {
  Reading now = reading(frames);
  if (last_ == now) return context_;
  std::vector<at::Tensor> rows;
  for (const Text& text : now.texts) rows.push_back(embedding(text));
  // The old ones go first: they may be as large.
  last_.reset();
  context_.clear();
  context_ = text_context(*net_, rows.size() == 1 ? rows.front() : at::cat(rows), now.runs);
  last_ = std::move(now);
  ++made_;
  return context_;
}

}  // namespace pia::renderer
