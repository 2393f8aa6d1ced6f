// SPDX-License-Identifier: Apache-2.0
#include "dsl/plan_json.hpp"

#include "dsl/internal/plan_fields.hpp"
#include "jobs/core/error.hpp"

namespace pia::dsl {
namespace {

using internal::Json;

Json file(const jobs::FileRef& ref) {
  return {{"path", ref.path}, {"digest", jobs::to_hex(ref.digest)}};
}

Json named_file(const jobs::FileRef& ref, const std::string& id) {
  Json json = file(ref);
  json["id"] = id;
  return json;
}

Json ids(const jobs::PromptTrack& track) {
  Json json = Json::object();
  for (const jobs::PromptKeyframe& keyframe : track.keyframes) {
    json[std::to_string(keyframe.frame)] = keyframe.ids;
  }
  return json;
}

Json texts(const std::string& constant, const std::map<int, std::string>& travel) {
  if (travel.empty()) return {{"0", constant}};
  Json json = Json::object();
  for (const auto& [frame, text] : travel) json[std::to_string(frame)] = text;
  return json;
}

// Only where there are some: by keyframe, one a token.
void add_weights(const std::string& key, const jobs::PromptTrack& track, Json& json) {
  Json weights = Json::object();
  for (const jobs::PromptKeyframe& keyframe : track.keyframes) {
    if (!keyframe.weights.empty()) weights[std::to_string(keyframe.frame)] = keyframe.weights;
  }
  if (!weights.empty()) json[key + "_weights"] = std::move(weights);
}

// Only for travel: [from, to, weight] a frame.
void add_blends(const std::string& key, const jobs::PromptTrack& track, Json& json) {
  add_weights(key, track, json);
  if (track.blends.empty()) return;
  Json blends = Json::array();
  for (const jobs::PromptBlend& blend : track.blends) {
    blends.push_back(Json::array({blend.from, blend.to, blend.weight}));
  }
  json[key + "_blends"] = std::move(blends);
  json[key + "_blending"] = jobs::to_word(track.blending);
}

Json size(const std::optional<jobs::Size>& value) {
  return value ? Json{value->width, value->height} : Json(nullptr);
}

Json windows(const jobs::Windows& windows) {
  return {{"length", windows.length},
          {"overlap", windows.overlap},
          {"schedule", jobs::to_word(windows.schedule)}};
}

Json loras(const std::vector<jobs::LoraUse>& uses) {
  Json list = Json::array();
  for (const jobs::LoraUse& use : uses) {
    Json json = file(use.file);
    json["weight"] = use.weight;
    json["weight_te"] = use.weight_te;
    list.push_back(std::move(json));
  }
  return list;
}

// Only where there are some.
void add_additions(const jobs::Shot& shot, Json& json) {
  if (shot.vae) json["vae"] = file(*shot.vae);
  for (const jobs::EmbeddingUse& use : shot.embeddings) json["embeddings"][use.word] = file(use.file);
  if (!shot.ip_adapter) return;
  json["ip_adapter"] = file(shot.ip_adapter->image);
  json["ip_adapter"]["scale"] = shot.ip_adapter->scale;
}

Json shot_json(const jobs::PlannedShot& planned) {
  const jobs::Shot& shot = planned.shot;
  Json json = Json::object();
  json["id"] = jobs::to_hex(planned.id);
  json["name"] = planned.name;
  json["names"] = planned.names;
  json["grid"] = planned.grid;
  json["tags"] = planned.tags;
  json["priority"] = planned.priority;
  json["source"] = planned.source;
  json["video"] = planned.video_stem;
  json["image"] = named_file(shot.image, planned.image_id);
  json["model"] = named_file(shot.model, planned.model_id);
  json["base"] = shot.base ? file(*shot.base) : Json(nullptr);
  json["motion"] = file(shot.motion);
  json["loras"] = loras(shot.loras);
  json["reference"] = jobs::to_word(shot.reference);
  json["mode"] = jobs::to_word(planned.mode);
  json["magnitude"] = jobs::to_word(planned.magnitude);
  json["affinity"] = shot.affinity;
  json["condition_frame"] = shot.condition_frame;
  json["frames"] = shot.frames;
  json["fps"] = planned.fps;
  json["width"] = shot.geometry.size.width;
  json["height"] = shot.geometry.size.height;
  json["resize"] = jobs::to_word(shot.geometry.resize);
  json["first_size"] = size(shot.geometry.first);
  json["steps"] = shot.steps;
  json["guidance_scale"] = shot.guidance_scale;
  json["sampler"] = jobs::to_word(shot.sampler);
  json["seed"] = std::to_string(shot.seed);
  json["clip_skip"] = shot.clip_skip;
  json["strength"] = shot.strength;
  json["eta"] = shot.eta;
  json["dtype"] = jobs::to_word(shot.dtype);
  if (planned.drawn_as) json["seed_drawn_as"] = jobs::to_hex(*planned.drawn_as);
  if (shot.windows) json["context"] = windows(*shot.windows);
  json["prompt"] = texts(planned.prompt_text, planned.prompt_travel);
  json["prompt_ids"] = ids(shot.prompt);
  json["negative_prompt"] = texts(planned.negative_prompt_text, planned.negative_prompt_travel);
  json["negative_prompt_ids"] = ids(shot.negative_prompt);
  add_additions(shot, json);
  add_blends("prompt", shot.prompt, json);
  add_blends("negative_prompt", shot.negative_prompt, json);
  return json;
}

Json counts_json(const jobs::PlanCounts& counts) {
  Json json = {{"combinations", counts.combinations},
               {"excluded", counts.excluded},
               {"included", counts.included},
               {"duplicates", counts.duplicates},
               {"shots", counts.shots}};
  if (counts.left_out > 0) json["left_out"] = counts.left_out;
  return json;
}

Json gallery_json(const jobs::GalleryWishes& wishes) {
  Json json = Json::object();
  if (wishes.rows) json["rows"] = jobs::to_word(*wishes.rows);
  if (wishes.cols) json["cols"] = jobs::to_word(*wishes.cols);
  if (wishes.page) json["page"] = jobs::to_word(*wishes.page);
  return json;
}

/// All but the shots.
Json head_json(const jobs::Plan& plan) {
  Json formats = Json::array();
  for (const jobs::VideoFormat format : plan.output.formats) formats.push_back(jobs::to_word(format));
  Json json = {{"format", internal::kPlanFormat},
               {"job", {{"name", plan.job_name}, {"file", plan.job_file}, {"out", plan.out}}},
               {"output",
                {{"formats", formats},
                 {"crf", plan.output.crf},
                 {"keep_latents", jobs::to_word(plan.output.keep_latents)},
                 {"metadata", plan.output.metadata}}},
               {"counts", counts_json(plan.counts)}};
  if (const Json gallery = gallery_json(plan.output.gallery); !gallery.empty()) {
    json["output"]["gallery"] = gallery;
  }
  for (const jobs::Metric metric : plan.output.metrics) {
    json["output"]["metrics"].push_back(jobs::to_word(metric));
  }
  return json;
}

std::string text(const Json& json, int indent) {
  try {
    return json.dump(indent);
  } catch (const Json::exception&) {
    throw jobs::InputError("a path or a name in the plan is not UTF-8; rename the file or the folder");
  }
}

}  // namespace

std::string plan_to_json(const jobs::Plan& plan) {
  std::string json = text(head_json(plan), 2);
  json.resize(json.rfind('\n'));
  json += ",\n  \"shots\": [";
  const char* before = "\n";
  for (const jobs::PlannedShot& shot : plan.shots) {
    json += before + shot_to_json(shot);
    before = ",\n";
  }
  return json + "\n  ]\n}\n";
}

std::string shot_to_json(const jobs::PlannedShot& shot) {
  return text(shot_json(shot), -1);
}

}  // namespace pia::dsl
