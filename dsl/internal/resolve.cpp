// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/resolve.hpp"

#include <algorithm>
#include <charconv>

#include "dsl/affinity.hpp"
#include "dsl/internal/flat_reader.hpp"
#include "dsl/internal/geometry.hpp"
#include "dsl/internal/job_seed.hpp"
#include "dsl/internal/resolve_prompt.hpp"
#include "dsl/internal/windows.hpp"

namespace pia::dsl::internal {
namespace {

constexpr int kDraftSteps = 8;
constexpr int kDraftPixels = 256;

struct FoundFiles {
  const ImageFile* image = nullptr;
  const ModelFile* model = nullptr;
  const ModelFile* base = nullptr;  ///< only if the model lacks something
  const ModelFile* motion = nullptr;
};

// One shot on its way.
struct Task {
  const FlatShot& flat;
  Resolving& with;
  FlatReader read;
  FoundFiles files = {};
  jobs::PlannedShot planned = {};
  std::string prompt_words = {};
  bool good = true;

  void refuse(const Place& place, const std::string& sentence) {
    with.complaints.error(place, sentence);
    good = false;
  }
};

std::string title(const FlatShot& flat) {
  if (flat.added != nullptr) return "include agrees with no combination, so it is a shot of its own, and it";
  return "this " + std::string(section_title(flat.block->section));
}

// A string value that is there and unbroken; complains if the key is missing.
const Value* required(Task& task, const std::string& key) {
  const Value* value = task.read.find(key);
  if (value == nullptr) {
    task.refuse(task.flat.place(),
                title(task.flat) + " has no " + key + "; write " + key + " = \"...\" in it or in [defaults]");
  }
  return value == nullptr || is_broken(*value) ? nullptr : value;
}

bool is_draft(const Task& task) {
  return task.with.draft == JobSource::Draft::yes;
}

void find_image(Task& task) {
  if (const Value* name = required(task, "image")) task.files.image = task.with.files.image(*name);
  task.good = task.good && task.files.image != nullptr;
}

void find_motion(Task& task) {
  const Value* name = required(task, "motion");
  if (name != nullptr) task.files.motion = task.with.files.model(FileKind::motion, *name);
  task.good = task.good && task.files.motion != nullptr;
  if (task.files.motion == nullptr || task.files.motion->facts.has_motion) return;
  task.refuse(name->place, "motion " + in_quotes(*get<std::string>(*name)) +
                               " holds no PIA weights (motion modules and a conv_in of 9 channels): " +
                               task.files.motion->path);
}

std::string lacks(const ModelFacts& facts) {
  std::string text;
  if (!facts.has_text_encoder) text = "text encoder";
  if (!facts.has_vae) text += std::string(text.empty() ? "" : " and no ") + "VAE";
  return text;
}

void find_base(Task& task, const Value& model_name) {
  const ModelFacts& facts = task.files.model->facts;
  const std::string called = in_quotes(*get<std::string>(model_name));
  if (lacks(facts).empty()) return;
  const Value* base = task.read.find("base");
  if (base == nullptr) {
    return task.refuse(model_name.place,
                       "model " + called + " has no " + lacks(facts) +
                           "; write base = \"...\", a Stable Diffusion 1.5 folder or checkpoint that has");
  }
  if (!is_broken(*base)) task.files.base = task.with.files.model(FileKind::model, *base);
  if (task.files.base == nullptr) {
    task.good = false;
    return;
  }
  ModelFacts both = task.files.base->facts;
  both.has_text_encoder = both.has_text_encoder || facts.has_text_encoder;
  both.has_vae = both.has_vae || facts.has_vae;
  if (lacks(both).empty()) return;
  task.refuse(base->place, "neither model " + called + " nor base " + in_quotes(*get<std::string>(*base)) +
                               " has a " + lacks(both));
}

void find_model(Task& task) {
  const Value* name = required(task, "model");
  if (name != nullptr) task.files.model = task.with.files.model(FileKind::model, *name);
  if (task.files.model == nullptr) {
    task.good = false;
    return;
  }
  if (!task.files.model->facts.has_unet) {
    const bool is_motion = task.files.model->facts.has_motion;
    return task.refuse(name->place, "model " + in_quotes(*get<std::string>(*name)) +
                                        " holds no Stable Diffusion U-Net: " + task.files.model->path +
                                        (is_motion ? "; it holds PIA's weights, so write it as motion" : ""));
  }
  find_base(task, *name);
}

void set_windows(Task& task, int known) {
  const Place place = task.read.place("context");
  const bool is_loop = *get<std::string>(*task.flat.values.at("mode")) == "loop";
  const auto answer = windows_of({.context = task.read.find("context"),
                                  .frames = task.planned.shot.frames,
                                  .known = known,
                                  .is_loop = is_loop});
  if (const auto* trouble = std::get_if<Trouble>(&answer)) return task.refuse(place, trouble->sentence);
  task.planned.shot.windows = std::get<0>(answer);
  const auto& windows = task.planned.shot.windows;
  // The mode says whether windows go round, also where an affinity overrides its movement.
  if (windows) task.read.find("mode");
  if (is_loop && windows && windows->schedule == jobs::WindowSchedule::fixed) {
    task.with.complaints.warning(place,
                                 "context.schedule = \"static\" does not go round, so that the loop may jump "
                                 "where it closes; write \"looped\"");
  }
}

void set_frames(Task& task) {
  const int frames = task.read.whole("frames");
  const int known = task.files.motion->facts.motion_frames;
  const Place place = task.read.place("frames");
  task.planned.shot.frames = frames;
  set_windows(task, known);
  if (task.good && !task.planned.shot.windows && frames > known) {
    task.refuse(place,
                "frames = " + std::to_string(frames) + " is more than the " + std::to_string(known) +
                    " frames of the motion module's position table; leave context = false out, and they "
                    "are rendered in windows");
  }
  const int condition = task.read.whole("condition_frame");
  if (condition >= frames || condition < -frames) {
    task.refuse(task.read.place("condition_frame"), "condition_frame = " + std::to_string(condition) +
                                                        " is outside the " + std::to_string(frames) +
                                                        " frames; it counts from 0, or from -1 backwards");
  }
  task.planned.shot.condition_frame = condition < 0 ? condition + frames : condition;
}

std::vector<double> given_affinity(const Value& value, int frames, int condition_frame) {
  if (const auto* table = get<Table>(value)) {
    return linear_affinity(*get<double>(*find(*table, "from")), *get<double>(*find(*table, "to")), frames,
                           condition_frame);
  }
  std::vector<double> values;
  for (const Value& item : *get<List>(value)) values.push_back(*get<double>(item));
  return listed_affinity(values, frames, condition_frame);
}

void set_affinity(Task& task) {
  jobs::PlannedShot& planned = task.planned;
  const auto word = [&](std::string_view key) { return *get<std::string>(*task.flat.values.at(key)); };
  planned.mode = *jobs::from_word<jobs::Mode>(word("mode"));
  planned.magnitude = *jobs::from_word<jobs::Magnitude>(word("magnitude"));
  if (const Value* value = task.read.find("affinity")) {
    planned.shot.affinity = given_affinity(*value, planned.shot.frames, planned.shot.condition_frame);
    return;
  }
  task.read.find("mode");
  task.read.find("magnitude");
  planned.shot.affinity =
      preset_affinity(planned.mode, planned.magnitude, planned.shot.frames, planned.shot.condition_frame);
}

std::optional<int> pixels(Task& task, const char* key) {
  return task.read.find(key) == nullptr ? std::nullopt : std::optional<int>(task.read.whole(key));
}

// The same clip within kDraftPixels.
std::variant<SizeAnswer, Trouble> drafted(SizeWish wish, jobs::Size input,
                                          const std::variant<SizeAnswer, Trouble>& whole) {
  const auto* answer = std::get_if<SizeAnswer>(&whole);
  if (answer == nullptr) return whole;
  const jobs::Size size = answer->geometry.size;
  const int longest = std::max(size.width, size.height);
  if (longest <= kDraftPixels) return whole;
  if (!wish.width && !wish.height) {
    wish.max_size = kDraftPixels;
    return fit_size(wish, input);
  }
  const int least = (kLeastPixels + wish.factor - 1) / wish.factor * wish.factor;
  const auto side = [&](int pixels) {
    return std::max(pixels * kDraftPixels / longest / wish.factor * wish.factor, least);
  };
  SizeAnswer small = *answer;
  small.geometry = {.size = {.width = side(size.width), .height = side(size.height)}, .resize = wish.resize};
  return small;
}

void set_geometry(Task& task) {
  SizeWish wish{.width = pixels(task, "width"), .height = pixels(task, "height")};
  if (!wish.width && !wish.height) wish.max_size = task.read.whole("max_size");
  wish.resize = task.read.word<jobs::Resize>("resize");
  wish.reference = task.read.word<jobs::Reference>("reference");
  wish.factor = task.files.base != nullptr && !task.files.model->facts.has_vae
                    ? task.files.base->facts.vae_factor
                    : task.files.model->facts.vae_factor;
  if (wish.factor < 1)
    return task.refuse(task.read.place("model"), "the model's VAE has no known size factor");
  auto answer = fit_size(wish, task.files.image->facts.size);
  if (is_draft(task)) answer = drafted(wish, task.files.image->facts.size, answer);
  const Place place = task.read.place(wish.width ? "width" : wish.height ? "height" : "image");
  if (const auto* trouble = std::get_if<Trouble>(&answer)) return task.refuse(place, trouble->sentence);
  const auto& fitted = std::get<SizeAnswer>(answer);
  for (const std::string& note : fitted.notes) task.with.complaints.warning(place, note);
  task.planned.shot.geometry = fitted.geometry;
  task.planned.shot.reference = wish.reference;
}

std::uint64_t number(const std::string& digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// "auto" and "auto+k": the first 64 bits of a hash of job.seed, the picture and k, so that every model,
// prompt and magnitude of one picture starts from the same noise.
std::uint64_t seed(Task& task) {
  constexpr std::string_view kAuto = "auto";
  const std::string& text = task.read.at<std::string>("seed");
  if (!text.starts_with(kAuto)) return number(text);
  const std::string k = text == kAuto ? "0" : std::to_string(number(text.substr(kAuto.size() + 1)));
  return first_64_bits(jobs::sha256(job_seed(task.with.document) + ":" +
                                    jobs::to_hex(task.files.image->facts.digest) + ":" + k));
}

std::size_t longest_prompt(const jobs::Shot& shot) {
  const std::size_t negative = most_tokens(shot.negative_prompt);
  return shot.guidance_scale > 1 ? std::max(most_tokens(shot.prompt), negative) : most_tokens(shot.prompt);
}

// What the shot comes to as JSON; a renderer is told at most 4 MiB at once.
std::size_t rough_bytes(const jobs::Shot& shot) {
  constexpr std::size_t kToken = 7;
  constexpr std::size_t kWeight = 20;
  constexpr std::size_t kBlend = 50;
  constexpr std::size_t kAffinity = 20;
  const std::size_t tokens = longest_prompt(shot);
  std::size_t bytes = kAffinity * static_cast<std::size_t>(shot.frames);
  for (const jobs::PromptTrack* track : {&shot.prompt, &shot.negative_prompt}) {
    for (const jobs::PromptKeyframe& keyframe : track->keyframes) {
      bytes += tokens * (keyframe.weights.empty() ? kToken : kToken + kWeight);
    }
    bytes += kBlend * track->blends.size();
  }
  return bytes;
}

bool is_short_enough(Task& task) {
  constexpr std::size_t kMost = std::size_t{3} << 20U;
  const std::size_t bytes = rough_bytes(task.planned.shot);
  if (bytes <= kMost) return true;
  task.refuse(task.read.place("frames"), "frames, keyframes and words of this shot come to " +
                                             std::to_string(bytes >> 20U) +
                                             " MB, more than the 3 MB that a renderer is told at once; make "
                                             "several shots of it");
  return false;
}

// Appends chunks of nothing until all prompts that are read together have as many.
void pad_chunks(jobs::Shot& shot) {
  const std::size_t longest = longest_prompt(shot);
  pad_track(shot.prompt, longest);
  if (shot.guidance_scale > 1) pad_track(shot.negative_prompt, longest);
  pad_track(shot.negative_prompt, most_tokens(shot.negative_prompt));
}

void set_prompts(Task& task) {
  jobs::PlannedShot& planned = task.planned;
  const PromptSetting setting{
      .frames = planned.shot.frames,
      .at_once = planned.shot.windows ? planned.shot.windows->length : planned.shot.frames,
      .mode = planned.mode,
      .image = task.files.image->facts.digest,
      .seed = planned.shot.seed};
  const auto set = [&](const char* key, jobs::PromptTrack& track, std::string& text,
                       std::map<int, std::string>& travel) {
    auto answer = resolve_prompt(key, task.read, setting, task.with);
    task.good = task.good && answer.has_value();
    if (!answer) return;
    track = std::move(answer->track);
    text = answer->texts.begin()->second;
    if (std::string_view(key) == "prompt") task.prompt_words = answer->own;
    if (answer->texts.size() > 1) travel = std::move(answer->texts);
  };
  set("prompt", planned.shot.prompt, planned.prompt_text, planned.prompt_travel);
  set("negative_prompt", planned.shot.negative_prompt, planned.negative_prompt_text,
      planned.negative_prompt_travel);
  if (task.good && is_short_enough(task)) pad_chunks(planned.shot);
}

void set_sampling(Task& task) {
  jobs::Shot& shot = task.planned.shot;
  shot.steps = task.read.whole("steps");
  if (is_draft(task)) shot.steps = std::min(shot.steps, kDraftSteps);
  shot.guidance_scale = task.read.at<double>("guidance_scale");
  shot.sampler = task.read.word<jobs::Sampler>("sampler");
  shot.seed = seed(task);
  shot.strength = task.read.at<double>("strength");
  shot.eta = task.read.at<double>("eta");
  shot.dtype = task.with.dtype;
  shot.clip_skip = task.read.whole("clip_skip");
  while (is_draft(task) && static_cast<int>(shot.steps * shot.strength) < 1 &&
         shot.steps < task.read.whole("steps")) {
    ++shot.steps;
  }
  if (static_cast<int>(shot.steps * shot.strength) < 1) {
    task.refuse(task.read.place("strength"), "strength = " + number_text(shot.strength) + " of " +
                                                 std::to_string(shot.steps) +
                                                 " steps is not one whole step; raise strength or steps");
  }
}

void set_labels(Task& task) {
  jobs::PlannedShot& planned = task.planned;
  planned.fps = task.read.whole("fps");
  planned.priority = task.read.whole("priority");
  for (const Value& tag : task.read.at<List>("tags")) planned.tags.push_back(*get<std::string>(tag));
  planned.grid = task.flat.block->grid;
  planned.image_id = task.files.image->label;
  planned.model_id = task.files.model->label;
  if (const Value* name = task.read.find("name")) planned.name = *get<std::string>(*name);
}

template <class File>
jobs::FileRef ref(const File& file) {
  return {.path = file.path, .digest = file.facts.digest};
}

void set_files(Task& task) {
  jobs::Shot& shot = task.planned.shot;
  shot.image = ref(*task.files.image);
  shot.model = ref(*task.files.model);
  shot.motion = ref(*task.files.motion);
  if (task.files.base != nullptr) shot.base = ref(*task.files.base);
}

std::string list_text(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "[" : ", ") + number_text(value);
  return text + "]";
}

std::string windows_text(const jobs::Windows& windows) {
  return "{ length = " + std::to_string(windows.length) + ", overlap = " + std::to_string(windows.overlap) +
         ", schedule = \"" + std::string(jobs::to_word(windows.schedule)) + "\" }";
}

// What each key came to, and where from; keys that were worked out show the result.
Resolved explained(Task& task) {
  Resolved resolved{.flat = &task.flat, .planned = task.planned, .prompt_words = task.prompt_words};
  for (const auto& [key, value] : task.flat.values) {
    resolved.origins.emplace(key, task.with.complaints.origin(value->place));
    resolved.values.emplace(key, to_text(*value));
  }
  const jobs::Shot& shot = task.planned.shot;
  std::map<std::string, std::string> results = {{"image", shot.image.path},
                                                {"model", shot.model.path},
                                                {"motion", shot.motion.path},
                                                {"seed", std::to_string(shot.seed)},
                                                {"affinity", list_text(shot.affinity)},
                                                {"condition_frame", std::to_string(shot.condition_frame)},
                                                {"width", std::to_string(shot.geometry.size.width)},
                                                {"height", std::to_string(shot.geometry.size.height)}};
  resolved.values["prompt tokens"] = tokens_text(shot.prompt);
  resolved.values["negative tokens"] = tokens_text(shot.negative_prompt);
  if (shot.windows) results.emplace("context", windows_text(*shot.windows));
  if (task.planned.prompt_travel.empty()) {
    resolved.values["prompt"] = to_text({.data = task.planned.prompt_text, .place = {}});
  }
  for (const auto& [key, text] : results) {
    resolved.values[key] = text;
    resolved.origins.emplace(key, "built in");
  }
  if (is_draft(task)) {
    resolved.values["steps"] = std::to_string(shot.steps);
    for (const char* key : {"steps", "width", "height"}) resolved.origins[key] = "--draft";
  }
  return resolved;
}

}  // namespace

std::optional<Resolved> resolve(const FlatShot& flat, Resolving& with) {
  Task task{.flat = flat, .with = with, .read = FlatReader(flat, with.used)};
  find_image(task);
  find_model(task);
  find_motion(task);
  const bool broken =
      std::ranges::any_of(flat.values, [](const auto& item) { return is_broken(*item.second); });
  if (!task.good || broken) return std::nullopt;
  set_frames(task);
  set_geometry(task);
  if (task.good) set_affinity(task);
  set_sampling(task);
  if (task.good) set_prompts(task);
  set_labels(task);
  set_files(task);
  if (!task.good) return std::nullopt;
  return explained(task);
}

}  // namespace pia::dsl::internal
