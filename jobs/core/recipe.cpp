// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/recipe.hpp"

#include <map>
#include <string_view>

#include "jobs/core/number.hpp"

namespace pia::jobs {
namespace {

// Only our own words, digests, digits and words of embeddings are quoted, so nothing needs escaping.
std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

template <class Range, class Format>
std::string list(const Range& range, Format format) {
  std::string text = "[";
  for (const auto& item : range) {
    if (text.size() > 1) text += ',';
    text += format(item);
  }
  return text + "]";
}

std::string object(const std::map<std::string, std::string>& members) {
  std::string text = "{";
  for (const auto& [key, value] : members) {
    if (text.size() > 1) text += ',';
    text += quoted(key) + ":" + value;
  }
  return text + "}";
}

std::string blend(const PromptBlend& blend) {
  return "[" + std::to_string(blend.from) + "," + std::to_string(blend.to) + "," + number_text(blend.weight) +
         "]";
}

std::string track(const PromptTrack& prompt) {
  std::map<std::string, std::string> members;
  for (const PromptKeyframe& keyframe : prompt.keyframes) {
    const std::string ids = list(keyframe.ids, [](std::int32_t id) { return std::to_string(id); });
    std::string& member = members[std::to_string(keyframe.frame)];
    member = ids;
    if (!keyframe.weights.empty())
      member = object({{"ids", ids}, {"weights", list(keyframe.weights, number_text)}});
  }
  if (!prompt.blends.empty()) {
    members["blends"] = list(prompt.blends, blend);
    members["blending"] = quoted(to_word(prompt.blending));
  }
  return object(members);
}

std::string size(const Size& value) {
  return "[" + std::to_string(value.width) + "," + std::to_string(value.height) + "]";
}

std::string windows(const Windows& value) {
  return object({{"length", std::to_string(value.length)},
                 {"overlap", std::to_string(value.overlap)},
                 {"schedule", quoted(to_word(value.schedule))}});
}

std::string digest_of(const FileRef& file) {
  return quoted(to_hex(file.digest));
}

std::string lora(const LoraUse& use) {
  return "[" + digest_of(use.file) + "," + number_text(use.weight) + "," + number_text(use.weight_te) + "]";
}

void add_additions(const Shot& shot, std::map<std::string, std::string>& keys) {
  if (shot.vae) keys["vae"] = digest_of(*shot.vae);
  if (!shot.loras.empty()) keys["loras"] = list(shot.loras, lora);
  if (shot.ip_adapter) {
    keys["ip_adapter"] =
        "[" + digest_of(shot.ip_adapter->image) + "," + number_text(shot.ip_adapter->scale) + "]";
  }
  std::map<std::string, std::string> embeddings;
  for (const EmbeddingUse& use : shot.embeddings) embeddings[use.word] = digest_of(use.file);
  if (!embeddings.empty()) keys["embeddings"] = object(embeddings);
}

void add_defaulted_keys(const Shot& shot, std::map<std::string, std::string>& keys) {
  if (shot.base) keys["base"] = quoted(to_hex(shot.base->digest));
  if (shot.condition_frame != 0) keys["condition_frame"] = std::to_string(shot.condition_frame);
  if (shot.geometry.resize != Resize::fit) keys["resize"] = quoted(to_word(shot.geometry.resize));
  if (shot.geometry.first) keys["first_size"] = size(*shot.geometry.first);
  if (shot.clip_skip != 1) keys["clip_skip"] = std::to_string(shot.clip_skip);
  if (shot.windows) keys["context"] = windows(*shot.windows);
  if (shot.strength != 1.0) keys["strength"] = number_text(shot.strength);
  if (shot.eta != 0.0) keys["eta"] = number_text(shot.eta);
  if (shot.dtype != Dtype::fp32) keys["dtype"] = quoted(to_word(shot.dtype));
  add_additions(shot, keys);
}

}  // namespace

std::string recipe_json(const Shot& shot) {
  std::map<std::string, std::string> keys;
  keys["pixel_version"] = std::to_string(kPixelVersion);
  keys["image"] = quoted(to_hex(shot.image.digest));
  keys["model"] = quoted(to_hex(shot.model.digest));
  keys["motion"] = quoted(to_hex(shot.motion.digest));
  keys["size"] = size(shot.geometry.size);
  keys["reference"] = quoted(to_word(shot.reference));
  keys["prompt"] = track(shot.prompt);
  keys["negative_prompt"] = track(shot.negative_prompt);
  keys["affinity"] = list(shot.affinity, number_text);
  keys["frames"] = std::to_string(shot.frames);
  keys["steps"] = std::to_string(shot.steps);
  keys["guidance_scale"] = number_text(shot.guidance_scale);
  keys["sampler"] = quoted(to_word(shot.sampler));
  keys["seed"] = quoted(std::to_string(shot.seed));
  add_defaulted_keys(shot, keys);
  return object(keys);
}

ShotId shot_id(const Shot& shot) {
  return ShotId{sha256(recipe_json(shot))};
}

}  // namespace pia::jobs
