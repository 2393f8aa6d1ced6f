// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "dsl/internal/flat_reader.hpp"
#include "dsl/internal/resolve.hpp"
#include "dsl/internal/shot_loras.hpp"

namespace pia::dsl::internal {

/// What a shot's prompts depend on besides their text.
struct PromptSetting {
  int frames = 0;
  int window = 0;  ///< frames of each window that the clip is made in; 0: all at once, or not known
  jobs::Mode mode = jobs::Mode::animate;
  jobs::Digest image = {};  ///< with the seed and job.seed, decides what a template draws
  std::uint64_t seed = 0;
  ShotLoras& loras;  ///< which tags in the prompt add to
};

struct PromptAnswer {
  jobs::PromptTrack track = {};
  std::map<int, std::string> texts = {};  ///< by keyframe; a constant prompt is the one keyframe 0
  std::string own =
      {};  ///< what the shot itself says, or the id that it names: for names of shots and videos
};

/// `key` ("prompt" or "negative_prompt") of a shot: looked up in [prompts] if it is an @id, joined with what
/// the model, the picture and its LoRAs add (only the prompt), its templates drawn, its keyframes placed, its
/// tokens found. Nothing after a complaint.
std::optional<PromptAnswer> resolve_prompt(const std::string& key, FlatReader& read,
                                           const PromptSetting& setting, Resolving& with);

}  // namespace pia::dsl::internal
