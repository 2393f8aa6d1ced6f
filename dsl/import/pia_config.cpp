// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "dsl/import/foreign_words.hpp"
#include "dsl/import/importers.hpp"
#include "dsl/import/pia_base.hpp"
#include "dsl/import/tree.hpp"
#include "dsl/internal/find_file.hpp"
#include "dsl/internal/key_table.hpp"

namespace pia::dsl::internal {
namespace {

bool flag_at(const Table& config, std::string_view key, bool otherwise) {
  const Value* value = value_at(config, "generate", key);
  const auto* flag = value == nullptr ? nullptr : get<bool>(*value);
  return flag == nullptr ? otherwise : *flag;
}

void add_files(const PiaConfig& config, const Importing& importing, ImportedJob& job) {
  const auto path = [&](const std::string& name) {
    return text_value(path_from(importing.options.job_folder, joined_path(config.root, name)));
  };
  auto& lines = job.defaults.lines;
  const std::string folder = text_of(find(config.merged, "pretrained_model_path")).value_or("");
  const std::string personal =
      flag_at(config.merged, "use_db", true) ? text_at(config.merged, "generate", "db_path") : "";
  if (personal.empty() && folder.empty()) {
    throw NotImported{{.line = 1, .column = 1}, "neither db_path nor pretrained_model_path names a model"};
  }
  lines.push_back({.key = "model", .value = path(personal.empty() ? folder : personal)});
  if (!personal.empty() && !folder.empty()) {
    lines.push_back({.key = "base", .value = path(folder), .comment = "for what the model lacks"});
  }
  const std::string motion = text_at(config.merged, "generate", "model_path");
  if (motion.empty() && !importing.options.motion.empty())
    return add_motion(job.defaults, importing.options, importing.notes);
  lines.push_back({.key = "motion", .value = path(motion.empty() ? "models/PIA/pia.ckpt" : motion)});
}

// PIA tries .jpg, then .png.
void add_picture(const PiaConfig& config, const Importing& importing, ImportedJob& job) {
  const std::string name = text_at(config.merged, "validation_data", "input_name");
  if (name.empty()) return add_image(job.defaults, importing.options, importing.notes);
  const std::string folder = text_at(config.merged, "validation_data", "validation_input_path");
  std::string path = joined_path(config.root, folder.empty() ? name : folder + "/" + name);
  for (const char* extension : {".jpg", ".png"}) {
    if (importing.catalog.kind(path + extension) == Catalog::Kind::file) {
      path += extension;
      break;
    }
  }
  job.defaults.lines.push_back(
      {.key = "image", .value = text_value(path_from(importing.options.job_folder, path))});
}

void add_lora(const PiaConfig& config, const Importing& importing, ImportedJob& job) {
  const std::string path = text_at(config.merged, "generate", "lora_path");
  if (path.empty() || !flag_at(config.merged, "use_lora", false)) return;
  const double weight = real_of(value_at(config.merged, "generate", "lora_alpha")).value_or(0.8);
  const std::string shown = path_from(importing.options.job_folder, joined_path(config.root, path));
  importing.notes.warning(
      value_at(config.merged, "generate", "lora_path")->place,
      "PIA's own code takes no notice of a LoRA's alpha; where that is not its rank, lora_alpha "
      "acts in another strength here, as it does everywhere else");
  add_loras(job.defaults, {lora_value(shown, weight)});
}

void add_number_at(const PiaConfig& config, const NumberName& name, const Importing& importing,
                   ImportedJob& job) {
  const std::size_t dot = name.theirs.find('.');
  const Value* value = value_at(config.merged, name.theirs.substr(0, dot), name.theirs.substr(dot + 1));
  if (value != nullptr) add_number(job.defaults, name, *value, importing.notes);
}

void add_length(const PiaConfig& config, const Importing& importing, ImportedJob& job) {
  add_number_at(config, {.theirs = "generate.video_length", .ours = "frames"}, importing, job);
  const Value* value = value_at(config.merged, "generate", "video_length");
  const auto frames = whole_of(value).value_or(16);
  if (frames <= 16) return;
  if (frames > 32) {
    importing.notes.warning(value->place,
                            "PIA's weights know 32 frames at once; windows of 16 are rendered instead");
    return;
  }
  job.defaults.lines.push_back({.key = "context",
                                .value = {.data = false, .place = {}},
                                .comment = "all frames at once, as PIA does"});
}

std::vector<Motion> motions(const PiaConfig& config, const Importing& importing) {
  const Value* range = value_at(config.merged, "validation_data", "mask_sim_range");
  if (range == nullptr) return {{.mode = "animate", .magnitude = "small"}};
  const auto* list = get<List>(*range);
  std::vector<Motion> found;
  for (const Value& value : list != nullptr ? *list : List{*range}) {
    const auto index = whole_of(&value);
    const auto motion = index ? motion_of(*index, RangeList::pia) : std::nullopt;
    if (!motion) {
      importing.notes.error(value.place, "mask_sim_range " + described(value) +
                                             " is no row of PIA's list (-9 to 8); it is left out");
    } else if (std::ranges::find(found, *motion) == found.end()) {
      found.push_back(*motion);
    }
  }
  if (found.empty()) throw NotImported{range->place, "mask_sim_range names no motion"};
  return found;
}

/// What stands in the place of an item that is no text: nothing, or an empty one where places count.
enum class Gaps { closed, empty };

List strings(const Value& value, const Importing& importing, const std::string& what,
             Gaps gaps = Gaps::closed) {
  const auto* list = get<List>(value);
  List out;
  for (const Value& item : list != nullptr ? *list : List{value}) {
    const auto text = text_of(&item);
    if (text) {
      out.push_back({.data = *text, .place = item.place});
    } else {
      importing.notes.error(item.place,
                            what + " holds " + described(item) + " where a text is; it is left out");
      if (gaps == Gaps::empty) out.push_back({.data = std::string(), .place = item.place});
    }
  }
  return out;
}

void add_motions(const std::vector<Motion>& motions, TomlBlock& block) {
  const bool is_one_mode =
      std::ranges::all_of(motions, [&](const Motion& motion) { return motion.mode == motions[0].mode; });
  if (!is_one_mode) {
    List pairs;
    for (const Motion& motion : motions) {
      Table pair;
      pair.push_back({.key = "mode", .place = {}, .value = text_value(motion.mode)});
      pair.push_back({.key = "magnitude", .place = {}, .value = text_value(motion.magnitude)});
      pairs.push_back({.data = std::move(pair), .place = {}});
    }
    block.lines.push_back({.key = "pairs", .value = {.data = std::move(pairs), .place = {}}});
    return;
  }
  if (motions[0].mode != "animate")
    block.lines.push_back({.key = "mode", .value = text_value(motions[0].mode)});
  if (motions.size() == 1) {
    block.lines.push_back({.key = "magnitude", .value = text_value(motions[0].magnitude)});
    return;
  }
  List magnitudes;
  for (const Motion& motion : motions) magnitudes.push_back(text_value(motion.magnitude));
  block.lines.push_back({.key = "axes.magnitude", .value = {.data = std::move(magnitudes), .place = {}}});
}

TomlBlock block_of(const List& prompts, const Value* negative, const std::vector<Motion>& motions) {
  const bool is_shot = prompts.size() == 1 && motions.size() == 1;
  TomlBlock block{.header = is_shot ? "[[shot]]" : "[[grid]]"};
  if (prompts.size() == 1) {
    block.lines.push_back({.key = "prompt", .value = prompts[0]});
  } else {
    block.lines.push_back({.key = "axes.prompt", .value = {.data = prompts, .place = {}}});
  }
  const bool is_usual =
      negative == nullptr || to_text(*negative) == find_key(Section::shot, "negative_prompt")->initial;
  if (!is_usual) block.lines.push_back({.key = "negative_prompt", .value = *negative});
  add_motions(motions, block);
  return block;
}

// prompts[i] goes with n_prompt[i], as far as there are both.
void add_clips(const PiaConfig& config, const Importing& importing, ImportedJob& job) {
  const Value* prompts = find(config.merged, "prompts");
  const auto* lists = prompts == nullptr ? nullptr : get<List>(*prompts);
  if (lists == nullptr || lists->empty()) {
    throw NotImported{
        prompts == nullptr ? Place{.line = 1, .column = 1} : prompts->place,
        "there are no prompts; is this the base that other configs build on? Import one of those"};
  }
  const Value* negative = find(config.merged, "n_prompt");
  const List negatives =
      negative == nullptr ? List{} : strings(*negative, importing, "n_prompt", Gaps::empty);
  const std::vector<Motion> ways = motions(config, importing);
  std::size_t clips = 0;
  for (std::size_t i = 0; i < lists->size(); ++i) {
    const Value& list = (*lists)[i];
    if (!negatives.empty() && i >= negatives.size()) {
      importing.notes.warning(list.place,
                              "this list of prompts has no n_prompt to it, so PIA drops it; it is "
                              "left out here as well");
      continue;
    }
    const List texts = strings(list, importing, "prompts");
    if (texts.empty()) continue;
    clips += texts.size() * ways.size();
    job.shots.push_back(block_of(texts, negatives.empty() ? nullptr : &negatives[i], ways));
  }
  if (job.shots.empty()) throw NotImported{prompts->place, "there are no prompts"};
  const Value* seed = value_at(config.merged, "generate", "global_seed");
  if (clips > 1 && seed != nullptr && seed_value(*seed)) {
    importing.notes.warning(seed->place,
                            "PIA seeds once and draws on from clip to clip, so only its first clip "
                            "comes out of this seed; here every clip begins with it");
  }
}

void add_seed(const PiaConfig& config, const Importing& importing, ImportedJob& job) {
  const Value* value = value_at(config.merged, "generate", "global_seed");
  if (value == nullptr) return;
  const auto seed = seed_value(*value);
  if (seed) {
    job.defaults.lines.push_back({.key = "seed", .value = *seed});
  } else {
    importing.notes.warning(value->place, "global_seed " + described(*value) +
                                              " is no seed from 0 to 2^64-1; seeds are \"auto\" instead");
  }
}

}  // namespace

bool is_pia(const Table& config) {
  const auto has = [&](std::string_view key) { return find(config, key) != nullptr; };
  return has("validation_data") || has("generate") || has("train_data") ||
         (has("prompts") && (has("n_prompt") || has("base")));
}

ImportedJob import_pia(const Table& own, const Importing& importing) {
  for (const char* key : {"train_data", "trainable_modules", "max_train_steps", "train_batch_size"}) {
    const auto found = std::ranges::find(own, key, &Entry::key);
    if (found == own.end()) continue;
    throw NotImported{found->place,
                      "this is a training config (" + found->key +
                          "); import reads configs that render, such as PIA's example/config/labrador.yaml"};
  }
  const PiaConfig config = read_pia(own, importing);
  ImportedJob job;
  job.title = {"PIA's " + file_name(importing.source) + ", as a job of pia-farm."};
  job.name = text_at(config.merged, "validation_data", "input_name");
  add_files(config, importing, job);
  add_picture(config, importing, job);
  job.defaults.lines.push_back(
      {.key = "prompt_syntax", .value = text_value("plain"), .comment = "PIA reads prompts literally"});
  add_number_at(config, {.theirs = "validation_data.num_inference_steps", .ours = "steps"}, importing, job);
  add_number_at(config, {.theirs = "validation_data.cond_frame", .ours = "condition_frame"}, importing, job);
  add_length(config, importing, job);
  add_seed(config, importing, job);
  add_lora(config, importing, job);
  add_clips(config, importing, job);
  note_left_out(own, config, importing.notes);
  return job;
}

}  // namespace pia::dsl::internal
