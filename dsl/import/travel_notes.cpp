// SPDX-License-Identifier: Apache-2.0
#include "dsl/import/travel_notes.hpp"

#include <algorithm>

#include "dsl/import/foreign_words.hpp"

namespace pia::dsl::internal {
namespace {

bool is_enabled(const Value& given) {
  const auto* table = get<Table>(given);
  const Value* flag = table == nullptr ? nullptr : find(*table, "enable");
  return flag == nullptr || get<bool>(*flag) == nullptr || *get<bool>(*flag);
}

void note_controls(const Table& map, Complaints& notes) {
  for (const Entry& entry : map) {
    if (!entry.key.starts_with("controlnet_") || !is_enabled(entry.value)) continue;
    notes.warning(entry.place, in_quotes(entry.key) + " is left out: there is no ControlNet here");
  }
}

void note_ip_adapter(const Entry& entry, TomlBlock& defaults, Complaints& notes) {
  const auto* map = get<Table>(entry.value);
  const auto scale = map == nullptr ? std::nullopt : real_of(find(*map, "scale"));
  defaults.lines.push_back({.key = "ip_adapter_scale",
                            .value = {.data = scale.value_or(0.5), .place = {}},
                            .state = TomlLine::State::off});
  notes.warning(entry.place, "the IP-Adapter is not rendered yet; its line of the job is a comment");
}

void note(const Entry& entry, TomlBlock& defaults, Complaints& notes) {
  static constexpr std::pair<std::string_view, std::string_view> kWhy[] = {
      {"motion_lora_map", "LoRAs of motion modules are not rendered"},
      {"img2img_map", "there is no img2img here; the picture is `image`"},
      {"region_map", "there are no regions here"},
      {"lcm_map", "there is no LCM here"},
      {"gradual_latent_hires_fix_map", "there is no such thing here"},
      {"upscale_config", "it belongs to another command"},
      {"stylize_config", "it belongs to another command"}};
  const auto* table = get<Table>(entry.value);
  const bool says_nothing = table != nullptr && (table->empty() || !is_enabled(entry.value));
  if (says_nothing) return;
  if (entry.key == "controlnet_map" && table != nullptr) return note_controls(*table, notes);
  if (entry.key == "ip_adapter_map") return note_ip_adapter(entry, defaults, notes);
  const auto* const row =
      std::ranges::find(kWhy, entry.key, &std::pair<std::string_view, std::string_view>::first);
  const std::string why = row == std::end(kWhy) ? "nothing is known of it" : std::string(row->second);
  notes.warning(entry.place, in_quotes(entry.key) + " is left out: " + why);
}

}  // namespace

void note_left_out(const Table& config, TomlBlock& defaults, Complaints& notes) {
  static constexpr std::string_view kKnown[] = {"name",
                                                "path",
                                                "vae_path",
                                                "motion_module",
                                                "compile",
                                                "seed",
                                                "scheduler",
                                                "steps",
                                                "guidance_scale",
                                                "unet_batch_size",
                                                "clip_skip",
                                                "prompt_fixed_ratio",
                                                "head_prompt",
                                                "prompt_map",
                                                "tail_prompt",
                                                "n_prompt",
                                                "is_single_prompt_mode",
                                                "lora_map",
                                                "output",
                                                "result",
                                                "base",
                                                "prompt",
                                                "tensor_interpolation_slerp"};
  for (const Entry& entry : config) {
    if (is_broken(entry.value)) continue;
    if (entry.key == "context_schedule") {
      const std::string schedule = text_of(&entry.value).value_or("");
      if (schedule == "uniform") continue;
      notes.warning(entry.place, "the context_schedule " + in_quotes(schedule) +
                                     " is not known here; \"looped\", which is its \"uniform\", is taken");
    } else if (std::ranges::find(kKnown, entry.key) == std::end(kKnown)) {
      note(entry, defaults, notes);
    }
  }
}

}  // namespace pia::dsl::internal
