// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/shot_changes.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "dsl/plan_json.hpp"
#include "farm/videos.hpp"
#include "farm/watchers/words.hpp"
#include "jobs/core/words.hpp"

namespace pia::farm {
namespace {

using Json = nlohmann::json;

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

using Hash = std::uint64_t;

// "auto" seeds and sizes that nobody gave are the picture's.
constexpr std::array<const char*, 3> kOfThePicture = {"seed", "width", "height"};

// A shot by what each of its keys is, so that it can be known again but for one of them.
struct Print {
  const jobs::PlannedShot* shot = nullptr;
  std::map<std::string, Hash> keys;
  Hash all = 0;  ///< the sum of the keys'

  // What it is without `key` and all that follows from it.
  Hash without(const std::string& key) const {
    Hash rest = all - hash_of(key);
    for (const Consequence& one : kConsequences) {
      if (std::ranges::find(one.causes, key) != one.causes.end()) rest -= hash_of(std::string(one.key));
    }
    if (key != "image") return rest;
    for (const char* follows : kOfThePicture) rest -= hash_of(follows);
    return rest;
  }

  Hash hash_of(const std::string& key) const {
    const auto found = keys.find(key);
    return found == keys.end() ? 0 : found->second;
  }
};

Print print_of(const jobs::PlannedShot& shot) {
  Print print{.shot = &shot, .keys = {}};
  const Json json = Json::parse(dsl::shot_to_json(shot));
  for (const auto& [key, value] : json.items()) {
    if (is_label(key)) continue;
    const Json& told = is_file(value) ? value["digest"] : value;
    const Hash hash = std::hash<std::string>{}(key + "=" + told.dump());
    print.keys[key] = hash;
    print.all += hash;
  }
  print.all += std::hash<std::string>{}("grid=" + shot.grid);
  return print;
}

// Of shots of grids, whose names the values of axes make.
std::vector<Print> prints_of(const std::vector<const jobs::PlannedShot*>& shots) {
  std::vector<Print> prints;
  for (const jobs::PlannedShot* shot : shots) {
    if (!shot->grid.empty()) prints.push_back(print_of(*shot));
  }
  return prints;
}

// How many of both are alike but for `key`.
std::size_t count_of(const std::string& key, const std::vector<Print>& gone,
                     const std::vector<Print>& added) {
  std::map<Hash, std::size_t> left;
  for (const Print& one : gone) ++left[one.without(key)];
  std::size_t count = 0;
  for (const Print& one : added) {
    const auto found = left.find(one.without(key));
    if (found == left.end() || found->second == 0) continue;
    --found->second;
    ++count;
  }
  return count;
}

// In which key two differ that are alike but for `key` and what it brings.
std::string key_of(const std::string& key, const Print& before, const Print& now) {
  if (key != "image" || before.hash_of(key) != now.hash_of(key)) return key;
  const auto differs = [&](const char* one) { return before.hash_of(one) != now.hash_of(one); };
  const auto found = std::ranges::find_if(kOfThePicture, differs);
  return found == kOfThePicture.end() ? key : *found;
}

// Takes those out of both that are alike but for `key`.
std::vector<Replacement> taken(const std::string& key, std::vector<Print>& gone, std::vector<Print>& added) {
  std::map<Hash, std::vector<Print*>> by_rest;
  for (Print& one : gone) by_rest[one.without(key)].push_back(&one);
  for (auto& [rest, prints] : by_rest) std::ranges::reverse(prints);
  std::vector<Replacement> pairs;
  for (Print& one : added) {
    const auto found = by_rest.find(one.without(key));
    if (found == by_rest.end() || found->second.empty()) continue;
    Print& before = *found->second.back();
    found->second.pop_back();
    pairs.push_back({.key = key_of(key, before, one), .before = before.shot, .now = one.shot});
    before.shot = one.shot = nullptr;
  }
  const auto is_taken = [](const Print& print) { return print.shot == nullptr; };
  std::erase_if(gone, is_taken);
  std::erase_if(added, is_taken);
  return pairs;
}

// The names of the labels that changed: in how many ways they did has no limit.
std::string other_labels(const jobs::PlannedShot& before, const jobs::PlannedShot& now) {
  const Json old_labels = Json::parse(labels_json(before));
  const Json new_labels = Json::parse(labels_json(now));
  std::string names;
  for (const auto& [name, value] : new_labels.items()) {
    if (value_at(old_labels, name) != value) names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

}  // namespace

std::string changes_of(const jobs::PlannedShot& before, const jobs::PlannedShot& now) {
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

std::vector<Replacement> replacements(const std::vector<const jobs::PlannedShot*>& gone,
                                      const std::vector<const jobs::PlannedShot*>& added) {
  std::vector<Print> before = prints_of(gone);
  std::vector<Print> now = prints_of(added);
  std::set<std::string> keys;
  for (const Print& print : now) {
    for (const auto& [key, hash] : print.keys) keys.insert(key);
  }
  for (const Consequence& one : kConsequences) keys.erase(std::string(one.key));
  std::vector<std::pair<std::size_t, std::string>> by_count;
  for (const std::string& key : keys) by_count.emplace_back(count_of(key, before, now), key);
  // The key that explains most explains it best.
  std::ranges::stable_sort(by_count, [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Replacement> all;
  for (const auto& [count, key] : by_count) {
    if (count == 0) break;
    for (const Replacement& one : taken(key, before, now)) all.push_back(one);
  }
  return all;
}

std::string video_changes(const ShotOutput& before, const ShotOutput& now, LackingVideos lacking) {
  std::string text;
  const auto add = [&](const std::string& change) { text += (text.empty() ? "" : "; ") + change; };
  const auto formats = [](const jobs::OutputWishes& output) {
    std::string words;
    for (const auto format : output.formats) {
      words += (words.empty() ? "" : ", ") + std::string(jobs::to_word(format));
    }
    return words;
  };
  const auto number = [&](const std::string& key, int from, int to) {
    if (from != to) add(key + " " + std::to_string(from) + " -> " + std::to_string(to));
  };
  number("fps", before.shot.fps, now.shot.fps);
  if (formats(before.output) != formats(now.output)) {
    add("formats " + formats(before.output) + " -> " + formats(now.output));
  }
  number("crf", before.output.crf, now.output.crf);
  if (before.output.metadata != now.output.metadata) {
    add(now.output.metadata ? "with metadata now" : "without metadata now");
  }
  if (before.shot.video_stem != now.shot.video_stem) add("under another path");
  // Without metadata no video carries any.
  const std::string labels = now.output.metadata ? other_labels(before.shot, now.shot) : "";
  if (!labels.empty()) add("other labels: " + labels);
  if (!text.empty()) return text;
  return lacking == LackingVideos::are_missing ? "they are missing"
                                               : "those that are there were made by an earlier version";
}

}  // namespace pia::farm
