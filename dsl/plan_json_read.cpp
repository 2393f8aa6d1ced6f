// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "dsl/internal/plan_fields.hpp"
#include "dsl/plan_json.hpp"
#include "dsl/tokenizer.hpp"
#include "jobs/core/error.hpp"
#include "jobs/core/recipe.hpp"

namespace pia::dsl {
namespace {

using internal::Fields;
using internal::IntegerRange;
using internal::Json;
using internal::refuse;

constexpr int kMostFrames = 100000;
constexpr int kMostPixels = 65536;
constexpr int kMostLayers = 100;

jobs::Digest digest(Fields& fields, const std::string& key) {
  const auto read = jobs::digest_from_hex(fields.text(key));
  if (!read) refuse(fields.where(key), "is not 64 hexadecimal digits");
  return *read;
}

template <class Enum>
Enum word(Fields& fields, const std::string& key) {
  const auto read = jobs::from_word<Enum>(fields.text(key));
  if (!read) refuse(fields.where(key), "is an unknown word");
  return *read;
}

std::vector<std::string> texts(Fields& fields, const std::string& key) {
  std::vector<std::string> read;
  for (const Json& json : fields.array(key)) {
    if (!json.is_string()) refuse(fields.where(key), "holds something that is not a string");
    read.push_back(json.get<std::string>());
  }
  return read;
}

jobs::FileRef file(Fields fields, std::string* id) {
  jobs::FileRef ref{.path = fields.text("path"), .digest = digest(fields, "digest")};
  if (id != nullptr) *id = fields.text("id");
  fields.done();
  return ref;
}

double share(Fields& fields, const std::string& key) {
  const double value = fields.real(key);
  if (value < 0 || value > 1) refuse(fields.where(key), "is not between 0 and 1");
  return value;
}

std::optional<int> frame_number(const std::string& text) {
  int frame = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, frame);
  if (error != std::errc() || rest != end || std::to_string(frame) != text) return std::nullopt;
  return frame;
}

std::vector<std::int32_t> token_ids(const Json& json, const std::string& where) {
  constexpr std::size_t kMostChunks = 1000;
  const bool is_chunks = json.is_array() && !json.empty() && json.size() % kTextPositions == 0 &&
                         json.size() <= kMostChunks * kTextPositions;
  if (!is_chunks) refuse(where, "is not a list of 77 token ids, or of several times 77");
  std::vector<std::int32_t> ids;
  for (const Json& id : json) {
    const bool fits = id.is_number_unsigned() && id.get<std::uint64_t>() <= kEndOfText;
    if (!fits) refuse(where, "holds something that is not a token id");
    ids.push_back(id.get<std::int32_t>());
  }
  return ids;
}

// Those of one keyframe, if it has any.
std::vector<double> token_weights(Fields& fields, const std::string& key,
                                  const jobs::PromptKeyframe& keyframe) {
  if (!fields.has(key)) return {};
  const Json& all = fields.any(key);
  if (!all.is_object()) refuse(fields.where(key), "is not an object");
  const auto found = all.find(std::to_string(keyframe.frame));
  if (found == all.end()) return {};
  std::vector<double> weights;
  for (const Json& weight : *found) {
    const bool fits = weight.is_number() && std::isfinite(weight.get<double>());
    if (!fits) refuse(fields.where(key), "holds something that is not a finite number");
    weights.push_back(weight.get<double>());
  }
  if (weights.size() != keyframe.ids.size()) refuse(fields.where(key), "has not one weight a token");
  return weights;
}

int keyframe(const std::string& text, int frames, const std::string& where) {
  const auto frame = frame_number(text);
  if (!frame || *frame < 0 || *frame >= frames) refuse(where, "has a keyframe outside the clip");
  return *frame;
}

// Keyframe 0 alone, or several that `blends` mix.
template <class Keyframes>
void check_keyframes(const Keyframes& frames, const std::string& where) {
  if (frames.empty() || (frames.size() == 1 && *frames.begin() != 0)) refuse(where, "has no keyframe 0");
}

// The first keyframe's text; all of them in `travel` if there are several.
std::string prompt_texts(Fields& fields, const std::string& key, int frames,
                         std::map<int, std::string>& travel) {
  const Json& json = fields.any(key);
  if (!json.is_object()) refuse(fields.where(key), "is not an object");
  std::map<int, std::string> texts;
  std::set<int> at;
  for (const auto& [frame, text] : json.items()) {
    if (!text.is_string()) refuse(fields.where(key), "holds something that is not a string");
    at.insert(keyframe(frame, frames, fields.where(key)));
    texts[keyframe(frame, frames, fields.where(key))] = text.template get<std::string>();
  }
  check_keyframes(at, fields.where(key));
  if (texts.size() > 1) travel = texts;
  return texts.begin()->second;
}

jobs::PromptBlend blend(const Json& json, const std::set<int>& keyframes, const std::string& where) {
  const bool is_row = json.is_array() && json.size() == 3 && json[0].is_number_integer() &&
                      json[1].is_number_integer() && json[2].is_number();
  if (!is_row) refuse(where, "holds something that is not [from, to, weight]");
  const auto known = [&](const Json& frame) {
    return frame.get<std::int64_t>() >= 0 && frame.get<std::int64_t>() < kMostFrames &&
           keyframes.contains(frame.get<int>());
  };
  const double weight = json[2].get<double>();
  if (!known(json[0]) || !known(json[1]) || !(weight >= 0 && weight <= 1)) {
    refuse(where, "mixes keyframes that are not there, or not by 0 to 1");
  }
  return {.from = json[0].get<int>(), .to = json[1].get<int>(), .weight = weight};
}

jobs::PromptTrack track(Fields& fields, const std::string& key, int frames) {
  const std::string ids_key = key + "_ids";
  const Json& json = fields.any(ids_key);
  if (!json.is_object()) refuse(fields.where(ids_key), "is not an object");
  jobs::PromptTrack read;
  std::set<int> at;
  for (const auto& [text, ids] : json.items()) {
    const int frame = keyframe(text, frames, fields.where(ids_key));
    at.insert(frame);
    read.keyframes.push_back({.frame = frame, .ids = token_ids(ids, fields.where(ids_key))});
    read.keyframes.back().weights = token_weights(fields, key + "_weights", read.keyframes.back());
  }
  check_keyframes(at, fields.where(ids_key));
  std::sort(read.keyframes.begin(), read.keyframes.end(),
            [](const auto& a, const auto& b) { return a.frame < b.frame; });
  if (!fields.has(key + "_blends")) return read;
  const Json& blends = fields.array(key + "_blends");
  if (blends.size() != static_cast<std::size_t>(frames)) {
    refuse(fields.where(key + "_blends"), "has not one mixture a frame");
  }
  for (const Json& row : blends) read.blends.push_back(blend(row, at, fields.where(key + "_blends")));
  read.blending = word<jobs::Blending>(fields, key + "_blending");
  return read;
}

std::vector<double> affinity(Fields& fields, int frames) {
  std::vector<double> values;
  for (const Json& json : fields.array("affinity")) {
    const bool fits = json.is_number() && json.get<double>() >= 0 && json.get<double>() <= 1;
    if (!fits) refuse(fields.where("affinity"), "holds something that is not between 0 and 1");
    values.push_back(json.get<double>());
  }
  if (values.size() != static_cast<std::size_t>(frames)) {
    refuse(fields.where("affinity"), "has not one value a frame");
  }
  return values;
}

std::uint64_t seed(Fields& fields) {
  const std::string text = fields.text("seed");
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || std::to_string(value) != text) {
    refuse(fields.where("seed"), "is not a number of 64 bits in a string");
  }
  return value;
}

jobs::Geometry geometry(Fields& fields) {
  constexpr IntegerRange kPixels = {1, kMostPixels};
  jobs::Geometry read;
  read.size = {.width = fields.small_integer("width", kPixels),
               .height = fields.small_integer("height", kPixels)};
  read.resize = word<jobs::Resize>(fields, "resize");
  const Json& first = fields.any("first_size");
  if (first.is_null()) return read;
  const bool is_size =
      first.is_array() && first.size() == 2 && std::ranges::all_of(first, [](const Json& side) {
        return side.is_number_unsigned() && side.get<std::uint64_t>() >= 1 &&
               side.get<std::uint64_t>() <= kMostPixels;
      });
  if (!is_size) refuse(fields.where("first_size"), "is neither null nor [width, height]");
  read.first = jobs::Size{.width = first[0].get<int>(), .height = first[1].get<int>()};
  return read;
}

// A video's path is under videos/ whatever the plan says.
bool is_safe_stem(const std::string& stem) {
  if (stem.empty() || stem.front() == '/' || stem.find('\0') != std::string::npos) return false;
  const std::string padded = "/" + stem + "/";
  return padded.find("/../") == std::string::npos && padded.find("/./") == std::string::npos &&
         padded.find("//") == std::string::npos;
}

void read_labels(Fields& fields, jobs::PlannedShot& planned) {
  planned.name = fields.text("name");
  planned.names = texts(fields, "names");
  if (planned.names.empty() || planned.names.front() != planned.name) {
    refuse(fields.where("names"), "does not begin with the name");
  }
  planned.grid = fields.text("grid");
  planned.tags = texts(fields, "tags");
  planned.priority = fields.small_integer("priority", {INT32_MIN, INT32_MAX});
  planned.source = fields.text("source");
  planned.video_stem = fields.text("video");
  if (!is_safe_stem(planned.video_stem)) refuse(fields.where("video"), "is not a path below videos/");
  if (fields.has("seed_drawn_as")) planned.drawn_as = digest(fields, "seed_drawn_as");
  planned.mode = word<jobs::Mode>(fields, "mode");
  planned.magnitude = word<jobs::Magnitude>(fields, "magnitude");
  planned.fps = fields.small_integer("fps", {1, 1000});
}

std::vector<jobs::LoraUse> loras(Fields& fields) {
  std::vector<jobs::LoraUse> uses;
  for (const Json& json : fields.array("loras")) {
    Fields one(json, fields.where("loras"));
    jobs::LoraUse use{.file = {.path = one.text("path"), .digest = digest(one, "digest")},
                      .weight = one.real("weight"),
                      .weight_te = one.real("weight_te")};
    one.done();
    uses.push_back(std::move(use));
  }
  return uses;
}

void read_files(Fields& fields, jobs::PlannedShot& planned) {
  jobs::Shot& shot = planned.shot;
  shot.image = file(fields.object("image"), &planned.image_id);
  shot.model = file(fields.object("model"), &planned.model_id);
  shot.motion = file(fields.object("motion"), nullptr);
  if (!fields.any("base").is_null()) shot.base = file(fields.object("base"), nullptr);
  shot.loras = loras(fields);
}

jobs::Windows windows(Fields fields, int frames) {
  jobs::Windows read;
  read.length = fields.small_integer("length", {1, frames - 1});
  read.overlap = fields.small_integer("overlap", {0, read.length - 1});
  read.schedule = word<jobs::WindowSchedule>(fields, "schedule");
  fields.done();
  return read;
}

void read_recipe(Fields& fields, jobs::Shot& shot) {
  shot.reference = word<jobs::Reference>(fields, "reference");
  shot.frames = fields.small_integer("frames", {1, kMostFrames});
  shot.condition_frame = fields.small_integer("condition_frame", {0, shot.frames - 1});
  shot.affinity = affinity(fields, shot.frames);
  shot.geometry = geometry(fields);
  shot.prompt = track(fields, "prompt", shot.frames);
  shot.negative_prompt = track(fields, "negative_prompt", shot.frames);
  shot.steps = fields.small_integer("steps", {1, 1000});
  shot.guidance_scale = fields.real("guidance_scale");
  shot.sampler = word<jobs::Sampler>(fields, "sampler");
  if (shot.sampler != jobs::Sampler::ddim) refuse(fields.where("sampler"), "can't be rendered yet");
  shot.seed = seed(fields);
  shot.clip_skip = fields.small_integer("clip_skip", {1, kMostLayers});
  if (fields.has("context")) shot.windows = windows(fields.object("context"), shot.frames);
  shot.strength = share(fields, "strength");
  shot.eta = share(fields, "eta");
  shot.dtype = word<jobs::Dtype>(fields, "dtype");
}

void read_texts(Fields& fields, jobs::PlannedShot& planned) {
  const int frames = planned.shot.frames;
  planned.prompt_text = prompt_texts(fields, "prompt", frames, planned.prompt_travel);
  planned.negative_prompt_text =
      prompt_texts(fields, "negative_prompt", frames, planned.negative_prompt_travel);
}

jobs::PlannedShot shot_from(const Json& json, const std::string& where) {
  Fields fields(json, where);
  jobs::PlannedShot planned;
  planned.id.digest = digest(fields, "id");
  read_labels(fields, planned);
  read_files(fields, planned);
  read_recipe(fields, planned.shot);
  read_texts(fields, planned);
  fields.done();
  if (jobs::shot_id(planned.shot) != planned.id) {
    refuse(fields.where("id"), "is not the hash of the shot's recipe");
  }
  return planned;
}

jobs::GalleryWishes gallery(Fields fields) {
  const auto key = [&](const char* axis) {
    return fields.has(axis) ? std::optional(word<jobs::GalleryKey>(fields, axis)) : std::nullopt;
  };
  const jobs::GalleryWishes wishes{.rows = key("rows"), .cols = key("cols"), .page = key("page")};
  fields.done();
  return wishes;
}

std::vector<jobs::Metric> metrics(Fields& fields) {
  std::vector<jobs::Metric> read;
  for (const std::string& text : texts(fields, "metrics")) {
    const auto metric = jobs::from_word<jobs::Metric>(text);
    if (!metric || std::ranges::find(read, *metric) != read.end()) {
      refuse(fields.where("metrics"), "holds an unknown word, or one twice");
    }
    read.push_back(*metric);
  }
  return read;
}

jobs::OutputWishes output(Fields fields) {
  jobs::OutputWishes wishes;
  wishes.formats.clear();
  for (const std::string& text : texts(fields, "formats")) {
    const auto format = jobs::from_word<jobs::VideoFormat>(text);
    if (!format) refuse(fields.where("formats"), "holds an unknown word");
    wishes.formats.push_back(*format);
  }
  wishes.crf = fields.small_integer("crf", {0, 51});
  wishes.keep_latents = word<jobs::KeepLatents>(fields, "keep_latents");
  wishes.metadata = fields.flag("metadata");
  if (fields.has("gallery")) wishes.gallery = gallery(fields.object("gallery"));
  if (fields.has("metrics")) wishes.metrics = metrics(fields);
  fields.done();
  return wishes;
}

jobs::PlanCounts counts(Fields fields) {
  constexpr IntegerRange kCount = {0, INT64_MAX};
  const jobs::PlanCounts read{.combinations = fields.integer("combinations", kCount),
                              .excluded = fields.integer("excluded", kCount),
                              .included = fields.integer("included", kCount),
                              .left_out = fields.has("left_out") ? fields.integer("left_out", kCount) : 0,
                              .duplicates = fields.integer("duplicates", kCount),
                              .shots = fields.integer("shots", kCount)};
  fields.done();
  return read;
}

void check_whole(const jobs::Plan& plan) {
  if (plan.counts.shots != static_cast<std::int64_t>(plan.shots.size())) {
    refuse("counts.shots", "is not the number of shots");
  }
  std::set<jobs::ShotId> ids;
  std::set<std::string> videos;
  for (const jobs::PlannedShot& shot : plan.shots) {
    if (!ids.insert(shot.id).second) refuse("shots", "holds " + jobs::to_hex(shot.id) + " twice");
    if (!videos.insert(shot.video_stem).second) refuse("shots", "name the same video twice");
  }
}

Json parsed(const std::string& text) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    refuse("the text", std::string("is not JSON: ") + error.what());
  }
}

}  // namespace

jobs::Plan plan_from_json(const std::string& text) {
  const Json json = parsed(text);
  Fields fields(json, "plan");
  fields.integer("format", {internal::kPlanFormat, internal::kPlanFormat});
  jobs::Plan plan;
  Fields job = fields.object("job");
  plan.job_name = job.text("name");
  plan.job_file = job.text("file");
  plan.out = job.text("out");
  job.done();
  plan.output = output(fields.object("output"));
  plan.counts = counts(fields.object("counts"));
  const Json& shots = fields.array("shots");
  for (std::size_t i = 0; i < shots.size(); ++i) {
    plan.shots.push_back(shot_from(shots[i], "shots[" + std::to_string(i) + "]"));
  }
  fields.done();
  check_whole(plan);
  return plan;
}

jobs::PlannedShot shot_from_json(const std::string& text) {
  return shot_from(parsed(text), "shot");
}

}  // namespace pia::dsl
