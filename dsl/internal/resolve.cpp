// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/resolve.hpp"

#include <algorithm>
#include <charconv>

#include "dsl/affinity.hpp"
#include "dsl/internal/flat_reader.hpp"
#include "dsl/internal/geometry.hpp"

namespace pia::dsl::internal {
namespace {

constexpr int kMostFramesWithoutContext = 16;

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
  bool good = true;

  void refuse(const Place& place, const std::string& sentence) {
    with.complaints.error(place, sentence);
    good = false;
  }
};

std::string title(const Block& block) {
  return std::string(section_title(block.section));
}

// A string value that is there and unbroken; complains if the key is missing.
const Value* required(Task& task, const std::string& key) {
  const Value* value = task.read.find(key);
  if (value == nullptr) {
    task.refuse(task.flat.block->place, "this " + title(*task.flat.block) + " has no " + key + "; write " +
                                            key + " = \"...\" in it or in [defaults]");
  }
  return value == nullptr || is_broken(*value) ? nullptr : value;
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

void set_frames(Task& task) {
  const int frames = task.read.whole("frames");
  const int known = task.files.motion->facts.motion_frames;
  const Place place = task.read.place("frames");
  const bool at_once = task.read.find("context") != nullptr;
  if (frames > kMostFramesWithoutContext && !at_once) {
    task.refuse(place,
                "frames = " + std::to_string(frames) +
                    " needs windows of 16 frames, which are not yet built; write context = false for up to " +
                    std::to_string(known) + " frames at once");
  } else if (frames > known) {
    task.refuse(place, "frames = " + std::to_string(frames) + " is more than the " + std::to_string(known) +
                           " frames of the motion module's position table");
  }
  const int condition = task.read.whole("condition_frame");
  if (condition >= frames || condition < -frames) {
    task.refuse(task.read.place("condition_frame"), "condition_frame = " + std::to_string(condition) +
                                                        " is outside the " + std::to_string(frames) +
                                                        " frames; it counts from 0, or from -1 backwards");
  }
  task.planned.shot.frames = frames;
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
  const auto answer = fit_size(wish, task.files.image->facts.size);
  const Place place = task.read.place(wish.width ? "width" : wish.height ? "height" : "image");
  if (const auto* trouble = std::get_if<Trouble>(&answer)) return task.refuse(place, trouble->sentence);
  const auto& fitted = std::get<SizeAnswer>(answer);
  for (const std::string& note : fitted.notes) task.with.complaints.warning(place, note);
  task.planned.shot.geometry = fitted.geometry;
  task.planned.shot.reference = wish.reference;
}

jobs::PromptTrack tokens(Task& task, const char* key, std::string& text) {
  constexpr std::size_t kMostTokens = kTextPositions - 2;
  text = task.read.at<std::string>(key);
  const PromptFacts& facts = task.with.prompts.of(text);
  if (task.read.is_given(key)) {
    const Place place = task.read.place(key);
    if (facts.tokens > kMostTokens) {
      task.with.complaints.warning(place, std::string(key) + " has " + std::to_string(facts.tokens) +
                                              " tokens; only the first 75 are seen, as in the original");
    }
    if (!facts.markup.empty() && !task.read.is_given("prompt_syntax")) {
      task.with.complaints.warning(place, in_quotes(facts.markup) +
                                              " is taken literally, since the a1111 syntax is not yet " +
                                              "built; prompt_syntax = \"plain\" says that this is meant");
    }
  }
  task.read.find("prompt_syntax");
  return {.keyframes = {{.frame = 0, .ids = facts.ids}}};
}

std::uint64_t number(const std::string& digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// "auto": the first 64 bits of a hash of job.seed, the picture and 0, so that every model, prompt and
// magnitude of one picture starts from the same noise.
std::uint64_t seed(Task& task) {
  const std::string& text = task.read.at<std::string>("seed");
  if (text != "auto") return number(text);
  const auto root = task.with.document.job.find("seed");
  const bool has_root = root != task.with.document.job.end() && get<std::string>(root->second) != nullptr;
  const std::string recipe = (has_root ? *get<std::string>(root->second) : "0") + ":" +
                             jobs::to_hex(task.files.image->facts.digest) + ":0";
  const jobs::Digest digest = jobs::sha256(recipe);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8U | std::to_integer<std::uint64_t>(digest.bytes[i]);
  return value;
}

void set_sampling(Task& task) {
  jobs::Shot& shot = task.planned.shot;
  shot.steps = task.read.whole("steps");
  shot.guidance_scale = task.read.at<double>("guidance_scale");
  shot.sampler = task.read.word<jobs::Sampler>("sampler");
  shot.seed = seed(task);
  shot.strength = task.read.at<double>("strength");
  shot.eta = task.read.at<double>("eta");
  shot.dtype = task.with.dtype;
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

// What each key came to, and where from; keys that were worked out show the result.
Resolved explained(Task& task) {
  Resolved resolved{.flat = &task.flat, .planned = task.planned};
  for (const auto& [key, value] : task.flat.values) {
    resolved.origins.emplace(key, task.with.complaints.origin(value->place));
    resolved.values.emplace(key, to_text(*value));
  }
  const jobs::Shot& shot = task.planned.shot;
  const std::map<std::string, std::string> results = {
      {"image", shot.image.path},
      {"model", shot.model.path},
      {"motion", shot.motion.path},
      {"seed", std::to_string(shot.seed)},
      {"affinity", list_text(shot.affinity)},
      {"condition_frame", std::to_string(shot.condition_frame)},
      {"width", std::to_string(shot.geometry.size.width)},
      {"height", std::to_string(shot.geometry.size.height)}};
  for (const auto& [key, text] : results) {
    resolved.values[key] = text;
    resolved.origins.emplace(key, "built in");
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
  task.planned.shot.prompt = tokens(task, "prompt", task.planned.prompt_text);
  task.planned.shot.negative_prompt = tokens(task, "negative_prompt", task.planned.negative_prompt_text);
  set_sampling(task);
  set_labels(task);
  set_files(task);
  if (!task.good) return std::nullopt;
  return explained(task);
}

}  // namespace pia::dsl::internal
