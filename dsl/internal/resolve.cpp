// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/resolve.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "dsl/affinity.hpp"
#include "dsl/internal/geometry.hpp"
#include "dsl/internal/job_seed.hpp"
#include "dsl/internal/resolve_prompt.hpp"
#include "dsl/internal/resolve_task.hpp"
#include "dsl/internal/windows.hpp"
#include "jobs/core/number.hpp"
#include "jobs/core/recipe.hpp"

namespace pia::dsl::internal {
namespace {

constexpr int kDraftSteps = 8;
constexpr const char* kToDraw = "-1";
constexpr std::string_view kAuto = "auto";
constexpr int kDraftPixels = 256;

bool is_draft(const Task& task) {
  return task.with.draft == JobSource::Draft::yes;
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

void set_condition_frame(Task& task) {
  const int frames = task.read.whole("frames");
  const int condition = task.read.whole("condition_frame");
  if (condition >= frames || condition < -frames) {
    task.refuse(task.read.place("condition_frame"),
                "condition_frame = " + std::to_string(condition) + " is outside the " +
                    std::to_string(frames) + " frames; it counts from 0 to " + std::to_string(frames - 1) +
                    ", or from -1 backwards");
  }
  task.planned.shot.condition_frame = condition < 0 ? condition + frames : condition;
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
  set_condition_frame(task);
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
  const ModelFile* from = task.files.vae;
  if (from == nullptr)
    from = task.files.model->facts.has_vae || task.files.base == nullptr ? task.files.model : task.files.base;
  wish.factor = from->facts.vae_factor;
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
  const std::string& text = task.read.at<std::string>("seed");
  if (text == kToDraw) return *task.with.drawn;
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

void note_guidance(Task& task) {
  const Value& given = *task.flat.values.at("negative_prompt");
  const auto* text = get<std::string>(given);
  if (given.place == kBuiltIn || (text != nullptr && text->empty())) return;
  const double scale = task.planned.shot.guidance_scale;
  double& highest = task.with.guided.try_emplace(given.place, scale).first->second;
  highest = std::max(highest, scale);
}

void set_prompts(Task& task) {
  jobs::PlannedShot& planned = task.planned;
  const PromptSetting setting{
      .frames = planned.shot.frames,
      .window = planned.shot.windows ? planned.shot.windows->length : 0,
      .mode = planned.mode,
      .image = task.files.image != nullptr ? task.files.image->facts.digest : jobs::Digest{},
      .seed = planned.shot.seed,
      .loras = task.loras};
  task.loras.add_list(task.read);
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
  task.good = task.good && task.loras.is_good();
  planned.shot.loras = task.loras.uses();
  if (task.good && is_short_enough(task)) pad_chunks(planned.shot);
}

void check_clip_skip(Task& task) {
  const FoundFiles& files = task.files;
  const bool is_own = files.base == nullptr || files.model->facts.has_text_encoder;
  const int layers = (is_own ? files.model : files.base)->facts.text_layers;
  const int skip = task.planned.shot.clip_skip;
  if (layers < 1 || skip <= layers) return;
  task.refuse(task.read.place("clip_skip"), "clip_skip = " + std::to_string(skip) + " is more than the " +
                                                std::to_string(layers) + " layers of the text encoder of " +
                                                (is_own ? files.model : files.base)->path);
}

void set_sampler(Task& task) {
  jobs::Shot& shot = task.planned.shot;
  shot.sampler = task.read.word<jobs::Sampler>("sampler");
  if (shot.sampler == jobs::Sampler::ddim) return;
  const Place place = task.read.place("sampler");
  const std::string written = task.with.complaints.spelling(place);
  task.with.complaints.not_yet(
      place, "sampler = " + in_quotes(written.empty() ? jobs::to_word(shot.sampler) : written) +
                 " can't be rendered yet; write \"ddim\"");
}

void set_steps(Task& task) {
  jobs::Shot& shot = task.planned.shot;
  shot.steps = task.read.whole("steps");
  if (is_draft(task)) shot.steps = std::min(shot.steps, kDraftSteps);
  shot.strength = task.read.at<double>("strength");
  while (is_draft(task) && static_cast<int>(shot.steps * shot.strength) < 1 &&
         shot.steps < task.read.whole("steps")) {
    ++shot.steps;
  }
  if (static_cast<int>(shot.steps * shot.strength) < 1) {
    task.refuse(task.read.place("strength"), "strength = " + jobs::number_text(shot.strength) + " of " +
                                                 std::to_string(shot.steps) +
                                                 " steps is not one whole step; raise strength or steps");
  }
}

void set_sampling(Task& task) {
  jobs::Shot& shot = task.planned.shot;
  set_sampler(task);
  set_steps(task);
  shot.guidance_scale = task.read.at<double>("guidance_scale");
  shot.seed = seed(task);
  shot.eta = task.read.at<double>("eta");
  shot.dtype = task.with.dtype;
  shot.clip_skip = task.read.whole("clip_skip");
  check_clip_skip(task);
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

std::string list_text(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "[" : ", ") + jobs::number_text(value);
  return text + "]";
}

std::string windows_text(const jobs::Windows& windows) {
  return "{ length = " + std::to_string(windows.length) + ", overlap = " + std::to_string(windows.overlap) +
         ", schedule = \"" + std::string(jobs::to_word(windows.schedule)) + "\" }";
}

std::string loras_text(const std::vector<jobs::LoraUse>& loras) {
  std::string text;
  for (const jobs::LoraUse& use : loras) {
    text += (text.empty() ? "" : ", ") + use.file.path + " at " + jobs::number_text(use.weight);
    if (use.weight_te != use.weight) text += " (text encoder " + jobs::number_text(use.weight_te) + ")";
  }
  return text;
}

void explain_additions(Task& task, Resolved& resolved) {
  const jobs::Shot& shot = task.planned.shot;
  const auto add = [&](const std::string& key, const std::string& text) {
    resolved.values[key] = text;
    resolved.origins.emplace(key, "built in");
  };
  resolved.values["prompt tokens"] = tokens_text(shot.prompt);
  resolved.values["negative tokens"] = tokens_text(shot.negative_prompt);
  if (shot.vae) add("vae", shot.vae->path);
  if (!shot.loras.empty()) add("loras", loras_text(shot.loras));
  const bool are_tags = !shot.loras.empty() && !task.read.is_given("loras");
  if (are_tags) resolved.origins["loras"] = resolved.origins.at("prompt");
  if (shot.ip_adapter) add("ip_adapter_image", shot.ip_adapter->image.path);
  for (const jobs::EmbeddingUse& use : shot.embeddings) add("embedding " + use.word, use.file.path);
}

// Where the number came from that "auto" and -1 became.
std::string seed_origin(const Task& task) {
  const Value& seed = *task.flat.values.at("seed");
  const std::string& text = *get<std::string>(seed);
  const std::string where = task.with.complaints.origin(seed.place);
  if (text == kToDraw) return "drawn once, " + where;
  if (!text.starts_with(kAuto)) return where;
  const Settings& job = task.with.document.job;
  const auto root = job.find("seed");
  const std::string from = root == job.end() ? "from the picture, as there is no [job] seed"
                                             : "from the picture and [job] seed, " +
                                                   task.with.complaints.origin(root->second.place);
  return seed.place == kBuiltIn ? from : "\"auto\", " + where + ": " + from;
}

// Where width or height came from that the shot doesn't give.
std::string side_origin(const Task& task) {
  const std::string picture = "from the picture's size";
  const auto with = [&](std::string_view key) {
    const Place& place = task.flat.values.at(key)->place;
    return picture + " and " + std::string(key) +
           (place == kBuiltIn ? "" : ", " + task.with.complaints.origin(place));
  };
  for (const std::string_view side : {"width", "height"}) {
    if (task.flat.values.contains(side)) return with(side);
  }
  const jobs::Size size = task.files.image->facts.size;
  const auto most = *get<std::int64_t>(*task.flat.values.at("max_size"));
  return std::max(size.width, size.height) > most ? with("max_size") : picture;
}

// What each key came to, and where from; keys that were worked out show the result.
Resolved explained(Task& task) {
  Resolved resolved{.flat = &task.flat};
  const auto is_told = [&](std::string_view key) {
    return task.with.told == nullptr || task.with.told->contains(key);
  };
  for (const auto& [key, value] : task.flat.values) {
    if (!is_told(key)) continue;
    resolved.origins.emplace(key, task.with.complaints.origin(value->place));
    resolved.values.emplace(key, to_text(*value));
  }
  const jobs::Shot& shot = task.planned.shot;
  const auto result = [&](const std::string& key, const auto& text_of, const std::string& from = "built in") {
    if (!is_told(key)) return;
    resolved.values[key] = text_of();
    resolved.origins.emplace(key, from);
  };
  result("image", [&] { return shot.image.path; });
  result("model", [&] { return shot.model.path; });
  result("motion", [&] { return shot.motion.path; });
  result("seed", [&] { return std::to_string(shot.seed); });
  if (is_told("seed")) resolved.origins["seed"] = seed_origin(task);
  result(
      "affinity", [&] { return list_text(shot.affinity); }, "from mode and magnitude");
  result("condition_frame", [&] { return std::to_string(shot.condition_frame); });
  const std::string of_sides = is_told("width") || is_told("height") ? side_origin(task) : "";
  result(
      "width", [&] { return std::to_string(shot.geometry.size.width); }, of_sides);
  result(
      "height", [&] { return std::to_string(shot.geometry.size.height); }, of_sides);
  if (shot.windows) result("context", [&] { return windows_text(*shot.windows); });
  if (task.planned.prompt_travel.empty() && is_told("prompt")) {
    resolved.values["prompt"] = to_text({.data = task.planned.prompt_text, .place = {}});
  }
  if (task.with.told == nullptr) explain_additions(task, resolved);
  if (is_draft(task)) {
    resolved.values["steps"] = std::to_string(shot.steps);
    for (const char* key : {"steps", "width", "height"}) resolved.origins[key] = "--draft";
  }
  resolved.prompt_words = std::move(task.prompt_words);
  resolved.planned = std::move(task.planned);
  return resolved;
}

bool is_sound(const FlatShot& flat, std::string_view key) {
  const auto found = flat.values.find(key);
  return found == flat.values.end() || !is_broken(*found->second);
}

// Whether everything that is wrong so far is no prompt's business.
bool are_prompts_sound(const FlatShot& flat) {
  constexpr std::array<std::string_view, 18> kOthers = {
      "image",    "model",   "base",      "motion",    "width",    "height",
      "max_size", "resize",  "reference", "magnitude", "affinity", "condition_frame",
      "steps",    "sampler", "strength",  "eta",       "fps",      "clip_skip"};
  return std::ranges::all_of(flat.values, [&](const auto& item) {
    return !is_broken(*item.second) || std::ranges::find(kOthers, item.first) != kOthers.end();
  });
}

// Where files are missing or values are wrong: what else is, so that all of it can be mended at once.
void look_further(Task& task) {
  const FlatShot& flat = task.flat;
  if (is_sound(flat, "frames") && is_sound(flat, "condition_frame")) set_condition_frame(task);
  if (is_sound(flat, "sampler")) set_sampler(task);
  if (is_sound(flat, "steps") && is_sound(flat, "strength")) set_steps(task);
  if (!are_prompts_sound(flat)) return;
  task.planned.shot.frames = task.read.whole("frames");
  task.planned.mode = *jobs::from_word<jobs::Mode>(*get<std::string>(*flat.values.at("mode")));
  set_prompts(task);
  find_additions(task);
}

std::optional<Resolved> resolved(const FlatShot& flat, Resolving& with) {
  Task task{.flat = flat, .with = with, .read = FlatReader(flat, with.used)};
  find_files(task);
  const bool broken =
      std::ranges::any_of(flat.values, [](const auto& item) { return is_broken(*item.second); });
  if (!task.good || broken) {
    look_further(task);
    return std::nullopt;
  }
  set_frames(task);
  const bool are_frames_good = task.good;
  set_geometry(task);
  if (are_frames_good) set_affinity(task);
  set_sampling(task);
  note_guidance(task);
  set_prompts(task);
  find_additions(task);
  set_labels(task);
  set_files(task);
  if (!task.good) return std::nullopt;
  return explained(task);
}

bool is_to_be_drawn(const FlatShot& flat) {
  const auto* seed = get<std::string>(*flat.values.at("seed"));
  return seed != nullptr && *seed == kToDraw;
}

// What the shot is apart from its seed, and whatever device and size it is rendered with this time: a draft
// shows what the whole will be.
std::optional<jobs::Digest> apart_from_seed(const FlatShot& flat, const Resolving& with) {
  Resolving apart = with;
  apart.draft = JobSource::Draft::no;
  apart.dtype = jobs::Dtype::fp32;
  apart.drawn = 0;
  const auto shot = resolved(flat, apart);
  return shot ? std::optional(jobs::sha256(jobs::recipe_json(shot->planned.shot))) : std::nullopt;
}

}  // namespace

std::optional<Resolved> resolve(const FlatShot& flat, Resolving& with) {
  if (!is_to_be_drawn(flat)) return resolved(flat, with);
  const auto apart = apart_from_seed(flat, with);
  if (!apart) return std::nullopt;
  Resolving drawing = with;
  drawing.drawn = with.draws.next(*apart);
  auto shot = resolved(flat, drawing);
  if (shot) shot->planned.drawn_as = *apart;
  return shot;
}

}  // namespace pia::dsl::internal
