// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/plan_diff.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "dsl/plan_json.hpp"
#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kHeadColumns = 12;
constexpr std::size_t kMostNames = 4;
constexpr std::size_t kTextColumns = 40;

// Keys of a planned shot that decide no pixel.
bool is_label(const std::string& key) {
  static constexpr std::array<std::string_view, 10> kLabels = {
      "id", "name", "names", "grid", "tags", "priority", "source", "video", "fps", "seed_drawn_as"};
  return std::ranges::find(kLabels, key) != kLabels.end();
}

// Keys that only follow from others, by those.
struct Consequence {
  std::string_view key;
  std::array<std::string_view, 4> causes;
};
constexpr std::array<Consequence, 11> kConsequences = {
    {{"prompt_ids", {"prompt", "prompt_syntax", "embeddings", ""}},
     {"prompt_weights", {"prompt", "prompt_syntax", "", ""}},
     {"prompt_blends", {"prompt", "frames", "mode", ""}},
     {"prompt_blending", {"prompt", "", "", ""}},
     {"negative_prompt_ids", {"negative_prompt", "prompt", "guidance_scale", ""}},
     {"negative_prompt_weights", {"negative_prompt", "prompt", "guidance_scale", ""}},
     {"negative_prompt_blends", {"negative_prompt", "frames", "mode", ""}},
     {"negative_prompt_blending", {"negative_prompt", "", "", ""}},
     {"affinity", {"mode", "magnitude", "frames", "condition_frame"}},
     {"context", {"frames", "mode", "", ""}},
     {"first_size", {"width", "height", "image", "reference"}}}};

std::string value_text(const Json& value) {
  if (value.is_string()) return "\"" + squeezed(printable(value.get<std::string>()), kTextColumns) + "\"";
  if (value.is_object() && value.size() == 1 && value.contains("0")) return value_text(value["0"]);
  return value.is_number() || value.is_boolean() ? value.dump() : "";
}

bool is_file(const Json& value) {
  return value.is_object() && value.contains("digest") && value.contains("path");
}

std::string change_of(const std::string& key, const Json& before, const Json& now) {
  if (is_file(before) && is_file(now)) {
    if (before["path"] == now["path"]) return key + ": what is in its file changed";
    return key + " " + value_text(before["path"]) + " -> " + value_text(now["path"]);
  }
  const std::string from = value_text(before);
  const std::string to = value_text(now);
  return from.empty() || to.empty() ? key + " changed" : key + " " + from + " -> " + to;
}

// A file elsewhere with the same content is the same.
bool is_same(const Json& before, const Json& now) {
  return before == now || (is_file(before) && is_file(now) && before["digest"] == now["digest"]);
}

Json value_at(const Json& shot, const std::string& key) {
  return shot.contains(key) ? shot[key] : Json();
}

std::string why(const jobs::PlannedShot& before, const jobs::PlannedShot& now) {
  const Json old_shot = Json::parse(dsl::shot_to_json(before));
  const Json new_shot = Json::parse(dsl::shot_to_json(now));
  std::set<std::string> keys;
  for (const Json* shot : {&old_shot, &new_shot}) {
    for (const auto& [key, value] : shot->items()) {
      if (!is_label(key) && !is_same(value_at(old_shot, key), value_at(new_shot, key))) keys.insert(key);
    }
  }
  const auto follows = [&](const std::string& key) {
    const auto found = std::ranges::find(kConsequences, key, &Consequence::key);
    return found != kConsequences.end() && std::ranges::any_of(found->causes, [&](std::string_view cause) {
             return keys.contains(std::string(cause));
           });
  };
  std::string text;
  for (const std::string& key : keys) {
    if (follows(key)) continue;
    text += (text.empty() ? "" : "; ") + change_of(key, value_at(old_shot, key), value_at(new_shot, key));
  }
  return text.empty() ? "it is rendered in another way now" : text;
}

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNames); ++i) {
    text += (i > 0 ? ", " : "") + printable(names[i]);
  }
  if (names.size() > kMostNames) text += " and " + std::to_string(names.size() - kMostNames) + " more";
  return text;
}

std::string line(const std::string& head, std::size_t count, const std::string& more) {
  return padded(head, kHeadColumns) + counted(static_cast<std::int64_t>(count), "shot") +
         (more.empty() ? "" : ": " + more) + "\n";
}

}  // namespace

PlanDiff plan_diff(const jobs::Plan& before, const jobs::Plan& now) {
  std::map<jobs::ShotId, const jobs::PlannedShot*> by_id;
  std::map<std::string, const jobs::PlannedShot*> by_name;
  for (const jobs::PlannedShot& shot : before.shots) {
    by_id[shot.id] = &shot;
    for (const std::string& name : shot.names) by_name[name] = &shot;
  }
  PlanDiff diff;
  std::set<std::string> met;
  std::set<jobs::ShotId> kept;
  for (const jobs::PlannedShot& shot : now.shots) {
    met.insert(shot.names.begin(), shot.names.end());
    if (by_id.contains(shot.id)) {
      kept.insert(shot.id);
      diff.same.push_back(shot.id);
      continue;
    }
    const auto name = std::ranges::find_if(shot.names, [&](const auto& n) { return by_name.contains(n); });
    if (name == shot.names.end()) {
      diff.added.push_back(shot.name);
    } else {
      diff.changed[why(*by_name.at(*name), shot)].push_back(*name);
    }
  }
  for (const jobs::PlannedShot& shot : before.shots) {
    const bool is_met = std::ranges::any_of(shot.names, [&](const auto& n) { return met.contains(n); });
    if (!kept.contains(shot.id) && !is_met) diff.gone.push_back(shot.name);
  }
  return diff;
}

std::string diff_words(const PlanDiff& diff, const std::set<jobs::ShotId>& done) {
  std::string text;
  std::size_t changed = 0;
  for (const auto& [reason, names] : diff.changed) changed += names.size();
  if (changed > 0) text += line("again", changed, "");
  for (const auto& [reason, names] : diff.changed) {
    text += "  " + names_text(names) + ": " + reason + "\n";
  }
  if (!diff.added.empty()) text += line("new", diff.added.size(), names_text(diff.added));
  if (!diff.gone.empty()) text += line("gone", diff.gone.size(), names_text(diff.gone));
  const auto left = static_cast<std::size_t>(
      std::ranges::count_if(diff.same, [&](const jobs::ShotId& id) { return !done.contains(id); }));
  text += line(
      "unchanged", diff.same.size(),
      left == 0 ? "" : std::to_string(left) + " of which " + (left == 1 ? "is" : "are") + " not done yet");
  return text;
}

}  // namespace pia::farm
