// SPDX-License-Identifier: Apache-2.0
#include "renderer/pipeline/check_shot.hpp"

#include <algorithm>
#include <string>

#include "jobs/core/error.hpp"
#include "jobs/core/recipe.hpp"

namespace pia::renderer {
namespace {

[[noreturn]] void refuse(const jobs::Shot& shot, const std::string& sentence) {
  throw jobs::InputError("shot " + to_hex(jobs::shot_id(shot)) + ": " + sentence);
}

void check_frames(const jobs::Shot& shot, std::int64_t longest) {
  const int at_once = shot.windows ? shot.windows->length : shot.frames;
  if (shot.frames < 1 || at_once < 1 || at_once > longest) {
    refuse(shot, std::to_string(at_once) + " frames at once; this motion file's position table has " +
                     std::to_string(longest) + ": ask for at most that many, or for windows of them");
  }
  if (shot.windows && (shot.windows->overlap < 0 || shot.windows->overlap >= shot.windows->length)) {
    refuse(shot, "windows of " + std::to_string(shot.windows->length) + " frames can't overlap by " +
                     std::to_string(shot.windows->overlap) + ": give an overlap from 0 to one less");
  }
  if (shot.affinity.size() != static_cast<std::size_t>(shot.frames)) {
    refuse(shot, std::to_string(shot.affinity.size()) + " affinity values for " +
                     std::to_string(shot.frames) + " frames; give one a frame");
  }
}

// What a plan can ask for and a job file is refused for (dsl), so that none of it is left out in silence.
void check_parts(const jobs::Shot& shot) {
  if (shot.sampler != jobs::Sampler::ddim) {
    refuse(shot, "sampler " + std::string(jobs::to_word(shot.sampler)) + " is not built; take ddim");
  }
  if (shot.vae) refuse(shot, "a VAE of its own is not built; take the model's");
  if (!shot.embeddings.empty()) refuse(shot, "textual inversions are not built; leave their words out");
  if (shot.ip_adapter) refuse(shot, "IP-Adapters are not built; leave ip_adapter_scale out");
}

void check_size(const jobs::Shot& shot, int factor) {
  const jobs::Size& size = shot.geometry.size;
  if (size.width < factor || size.height < factor || size.width % factor != 0 || size.height % factor != 0) {
    refuse(shot, std::to_string(size.width) + " x " + std::to_string(size.height) +
                     " pixels; this model's VAE needs multiples of " + std::to_string(factor) + ", such as " +
                     std::to_string(std::max(factor, size.width / factor * factor)) + " x " +
                     std::to_string(std::max(factor, size.height / factor * factor)));
  }
}

void check_blends(const jobs::Shot& shot, const jobs::PromptTrack& track) {
  const auto there = [&track](int frame) {
    return std::ranges::find(track.keyframes, frame, &jobs::PromptKeyframe::frame) != track.keyframes.end();
  };
  const auto fits = [&there](const jobs::PromptBlend& blend) {
    return there(blend.from) && there(blend.to) && blend.weight >= 0 && blend.weight <= 1;
  };
  const bool constant = track.blends.empty() && track.keyframes.size() == 1 && track.keyframes[0].frame == 0;
  const bool travels =
      track.blends.size() == static_cast<std::size_t>(shot.frames) && std::ranges::all_of(track.blends, fits);
  if (constant || travels) return;
  refuse(shot, "a prompt needs one keyframe, 0, or for each frame a mixture of keyframes that are there");
}

void check_tokens(const jobs::Shot& shot, const jobs::PromptTrack& track, std::size_t longest) {
  const std::size_t tokens = shot.prompt.keyframes.at(0).ids.size();
  for (const jobs::PromptKeyframe& keyframe : track.keyframes) {
    const std::size_t count = keyframe.ids.size();
    if (count == 0 || (count > longest && count % longest != 0)) {
      refuse(shot, "a prompt has " + std::to_string(count) + " tokens; this text encoder takes 1 to " +
                       std::to_string(longest) + ", or whole chunks of as many");
    }
    if (count != tokens) refuse(shot, "all its prompts, the negative ones too, must have as many tokens");
    if (!keyframe.weights.empty() && keyframe.weights.size() != count) {
      refuse(shot, std::to_string(keyframe.weights.size()) + " weights for " + std::to_string(count) +
                       " tokens; give one a token, or none");
    }
  }
}

}  // namespace

void check_shot(const jobs::Shot& shot, const ResidentModel& model) {
  const ClipTextConfig& text = model.text_encoder.config;
  check_parts(shot);
  check_frames(shot, model.motion_config.max_seq_length);
  check_size(shot, model.vae_config.factor());
  if (shot.clip_skip < 1 || shot.clip_skip > text.num_hidden_layers) {
    refuse(shot, "clip_skip = " + std::to_string(shot.clip_skip) +
                     "; this model's text encoder has layers 1 to " + std::to_string(text.num_hidden_layers));
  }
  const auto longest = static_cast<std::size_t>(text.max_position_embeddings);
  check_blends(shot, shot.prompt);
  check_tokens(shot, shot.prompt, longest);
  if (shot.guidance_scale > 1) {
    check_blends(shot, shot.negative_prompt);
    check_tokens(shot, shot.negative_prompt, longest);
  }
}

}  // namespace pia::renderer
