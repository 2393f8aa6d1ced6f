// SPDX-License-Identifier: Apache-2.0
#include "dsl/import/pia_base.hpp"

#include <algorithm>
#include <filesystem>

#include "dsl/import/foreign_words.hpp"
#include "dsl/import/tree.hpp"
#include "dsl/internal/find_file.hpp"

namespace pia::dsl::internal {
namespace {

// Tables merge, all else replaces: OmegaConf's rule.
void merge(Table& below, const Table& above) {
  for (const Entry& entry : above) {
    const auto there = std::ranges::find(below, entry.key, &Entry::key);
    if (there == below.end()) {
      below.push_back(entry);
      continue;
    }
    auto* table = std::get_if<Table>(&there->value.data);
    const auto* over = get<Table>(entry.value);
    if (table != nullptr && over != nullptr) {
      merge(*table, *over);
    } else {
      *there = entry;
    }
  }
}

std::string base_path(const Importing& importing, const std::string& root, const std::string& base) {
  const std::string beside = std::filesystem::path(importing.source.path).parent_path().string();
  for (const std::string& path :
       {joined_path(root, base), joined_path(beside, std::filesystem::path(base).filename().string())}) {
    if (importing.catalog.kind(path) == Catalog::Kind::file) return path;
  }
  return "";
}

bool is_any(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

void note_schedule(const Value& value, Complaints& notes) {
  static constexpr std::pair<std::string_view, std::string_view> kReleased[] = {
      {"num_train_timesteps", "1000"}, {"beta_start", "0.00085"}, {"beta_end", "0.012"},
      {"beta_schedule", "\"linear\""}, {"steps_offset", "1"},     {"clip_sample", "false"}};
  const auto* table = get<Table>(value);
  if (table == nullptr) return;
  for (const Entry& entry : *table) {
    const auto* const row =
        std::ranges::find(kReleased, entry.key, &std::pair<std::string_view, std::string_view>::first);
    if (row != std::end(kReleased) && to_text(entry.value) == row->second) continue;
    notes.warning(entry.place, "the noise schedule is that of the released weights; " + in_quotes(entry.key) +
                                   " = " + to_text(entry.value) + " is left out");
  }
}

}  // namespace

const Value* value_at(const Table& config, std::string_view section, std::string_view key) {
  const Value* value = find(config, section);
  const auto* table = value == nullptr ? nullptr : get<Table>(*value);
  const Value* inner = table == nullptr ? nullptr : find(*table, key);
  return inner == nullptr || is_broken(*inner) ? nullptr : inner;
}

std::string text_at(const Table& config, std::string_view section, std::string_view key) {
  return text_of(value_at(config, section, key)).value_or("");
}

PiaConfig read_pia(const Table& own, const Importing& importing) {
  const Value* base = find(own, "base");
  const std::string name = text_of(base).value_or("");
  const std::string root =
      root_of(importing, {name, text_at(own, "validation_data", "validation_input_path"),
                          text_at(own, "generate", "db_path"), text_at(own, "generate", "model_path"),
                          text_of(find(own, "pretrained_model_path")).value_or("")});
  if (name.empty()) return {.merged = own, .root = root};
  const std::string path = base_path(importing, root, name);
  if (path.empty()) {
    importing.notes.warning(base->place, "the base " + in_quotes(name) +
                                             " is not found; what it says is left out, and PIA's weights are "
                                             "taken to be models/PIA/pia.ckpt");
    return {.merged = own, .root = root};
  }
  const int file = importing.notes.add_file(shown_path(path, importing.options.working_directory));
  const auto text = importing.catalog.text(path);
  if (const auto* trouble = std::get_if<Trouble>(&text)) throw NotImported{base->place, trouble->sentence};
  Value below = read_yaml(std::get<std::string>(text), file);
  auto* table = std::get_if<Table>(&below.data);
  if (table == nullptr) throw NotImported{base->place, "the base " + in_quotes(name) + " holds no keys"};
  merge(*table, own);
  return {.merged = std::move(*table), .root = root};
}

void note_left_out(const Table& own, const PiaConfig& config, Complaints& notes) {
  for (const Entry& entry : own) {
    const bool is_known =
        is_any(entry.key, {"base", "prompts", "n_prompt", "pretrained_model_path", "unet_additional_kwargs"});
    const auto* table = get<Table>(entry.value);
    if (is_known || entry.key == "noise_scheduler_kwargs") continue;
    if (!is_any(entry.key, {"validation_data", "generate"}) || table == nullptr) {
      notes.warning(entry.place, "nothing is known of " + in_quotes(entry.key) + "; it is left out");
      continue;
    }
    for (const Entry& inner : *table) {
      if (is_any(inner.key,
                 {"input_name", "validation_input_path", "mask_sim_range", "cond_frame",
                  "num_inference_steps", "img_mask", "use_image", "use_video", "use_lora", "use_db",
                  "global_seed", "lora_path", "db_path", "lora_alpha", "model_path", "video_length"})) {
        continue;
      }
      std::string why = "nothing is known of it";
      if (is_any(inner.key, {"sample_width", "sample_height"})) why = "PIA takes the picture's size instead";
      if (inner.key == "save_path") why = "results go to renders/<job name>";
      notes.warning(inner.place, in_quotes(inner.key) + " is left out: " + why);
    }
  }
  if (const Value* schedule = find(config.merged, "noise_scheduler_kwargs")) note_schedule(*schedule, notes);
}

}  // namespace pia::dsl::internal
