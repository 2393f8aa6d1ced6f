// SPDX-License-Identifier: Apache-2.0
#include "renderer/pipeline/prompts.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>

#include "jobs/core/error.hpp"
#include "renderer/pipeline/stages.hpp"

namespace pia::renderer {
namespace {

constexpr double kNearlyParallel = 0.9995;

at::Tensor chunk(std::span<const std::int32_t> ids, int clip_skip, const PromptReading& with) {
  std::string key = "prompt " + std::to_string(clip_skip) + ":";
  for (const std::int32_t id : ids) key += " " + std::to_string(id);
  return with.memory.encoding(key, [&] { return encode_prompt(with.model, ids, clip_skip); });
}

at::Tensor read_keyframe(const jobs::PromptKeyframe& keyframe, int clip_skip, const PromptReading& with) {
  const std::span<const std::int32_t> ids = keyframe.ids;
  const std::span<const double> weights = keyframe.weights;
  const auto longest = static_cast<std::size_t>(with.model.text_encoder.config.max_position_embeddings);
  std::vector<at::Tensor> chunks;
  for (std::size_t from = 0; from < ids.size(); from += longest) {
    const std::size_t count = std::min(longest, ids.size() - from);
    const at::Tensor encoding = chunk(ids.subspan(from, count), clip_skip, with);
    chunks.push_back(weights.empty() ? encoding : emphasised(encoding, weights.subspan(from, count)));
  }
  return chunks.size() == 1 ? chunks.front() : at::cat(chunks, 1);
}

std::size_t number_of(int frame, const std::vector<jobs::PromptKeyframe>& keyframes) {
  const auto found = std::ranges::find(keyframes, frame, &jobs::PromptKeyframe::frame);
  PIA_ASSERT(found != keyframes.end());
  return static_cast<std::size_t>(found - keyframes.begin());
}

TextTrack read_track(const jobs::PromptTrack& track, int clip_skip, const PromptReading& with) {
  for (const jobs::PromptKeyframe& keyframe : track.keyframes) check_ids(with.model, keyframe.ids);
  TextTrack read{.keyframe =
                     [&track, clip_skip, with](std::size_t number) {
                       return read_keyframe(track.keyframes.at(number), clip_skip, with);
                     },
                 .frames = {},
                 .blending = track.blending};
  for (const jobs::PromptBlend& blend : track.blends) {
    const std::size_t from = number_of(blend.from, track.keyframes);
    const std::size_t to = number_of(blend.to, track.keyframes);
    const bool moves = from != to && blend.weight > 0 && blend.weight < 1;
    read.frames.push_back(
        moves ? TextMix{.from = from, .to = to, .weight = blend.weight}
              : TextMix{.from = blend.weight < 1 ? from : to, .to = blend.weight < 1 ? from : to});
  }
  return read;
}

}  // namespace

at::Tensor emphasised(const at::Tensor& encoding, std::span<const double> weights) {
  const at::Tensor exact = encoding.to(at::kDouble);
  const at::Tensor factors =
      at::tensor(at::ArrayRef<double>(weights.data(), weights.size()), at::kDouble).to(encoding.device());
  const at::Tensor weighted = exact * factors.view({1, -1, 1});
  const double before = exact.mean().item<double>();
  const double after = weighted.mean().item<double>();
  return (after == 0 ? weighted : weighted * (before / after)).to(encoding.scalar_type());
}

at::Tensor blended(const at::Tensor& a, const at::Tensor& b, double weight, jobs::Blending blending) {
  const at::Tensor from = a.to(at::kDouble);
  const at::Tensor to = b.to(at::kDouble);
  double of_from = 1 - weight;
  double of_to = weight;
  if (blending == jobs::Blending::slerp) {
    const double lengths = from.norm().item<double>() * to.norm().item<double>();
    const double cosine = (from * to).sum().item<double>() / lengths;
    if (std::abs(cosine) <= kNearlyParallel) {
      const double angle = std::acos(cosine);
      of_from = std::sin(of_from * angle) / std::sin(angle);
      of_to = std::sin(of_to * angle) / std::sin(angle);
    }
  }
  return (from * of_from + to * of_to).to(a.scalar_type());
}

std::vector<TextTrack> read_prompts(const jobs::Shot& shot, const PromptReading& with) {
  std::vector<TextTrack> tracks;
  if (shot.guidance_scale > 1) {
    const bool skips = with.skipped_layers == SkippedLayers::of_both_prompts;
    tracks.push_back(read_track(shot.negative_prompt, skips ? shot.clip_skip : 1, with));
  }
  tracks.push_back(read_track(shot.prompt, shot.clip_skip, with));
  return tracks;
}

}  // namespace pia::renderer
