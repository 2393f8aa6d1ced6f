// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "renderer/nn/unet.hpp"
#include "renderer/pipeline/prompts.hpp"

namespace pia::renderer {

/// A clip's prompts as its U-Net reads them, for any of its frames. Keys and values are made once for frames
/// that read the same, and again only for frames that read other texts than those asked for before: constant
/// prompts cost one making a shot, whatever windows do. Holds those of one answer, not of the clip.
class ClipTexts {
 public:
  /// `tracks`: of the halves of the batch, in order (read_prompts). `net` must outlive it.
  ClipTexts(const Unet& net, std::vector<TextTrack> tracks) : net_(&net), tracks_(std::move(tracks)) {}

  /// For a batch of these frames, once a track. Valid until the next call.
  const TextContext& of(std::span<const std::int64_t> frames);

  /// How often keys and values were made.
  int made() const { return made_; }

 private:
  struct Text {
    std::size_t track = 0;
    TextMix mix;
    bool operator==(const Text&) const = default;
  };
  struct Reading {
    std::vector<Text> texts;
    std::vector<TextRun> runs;
    bool operator==(const Reading&) const = default;
  };

  Reading reading(std::span<const std::int64_t> frames) const;
  at::Tensor embedding(const Text& text) const;

  const Unet* net_;
  std::vector<TextTrack> tracks_;
  std::optional<Reading> last_;
  TextContext context_;
  int made_ = 0;
};

}  // namespace pia::renderer
