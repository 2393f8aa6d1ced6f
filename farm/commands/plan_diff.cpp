// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/plan_diff.hpp"

#include <algorithm>

#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

constexpr std::size_t kHeadColumns = 12;
constexpr std::size_t kMostNames = 4;
/// Of one key.
constexpr std::size_t kMostWays = 4;
constexpr std::size_t kMostReasons = 8;

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNames); ++i) {
    text += (i > 0 ? ", " : "") + printable(names[i]);
  }
  if (names.size() > kMostNames) text += " and " + std::to_string(names.size() - kMostNames) + " more";
  return text;
}

std::string shots_text(std::size_t count) {
  return counted(static_cast<std::int64_t>(count), "shot");
}

std::string line(const std::string& head, std::size_t count, const std::string& more) {
  return padded(head, kHeadColumns) + shots_text(count) + (more.empty() ? "" : ": " + more) + "\n";
}

std::vector<Replaced> counted_ways(const std::vector<Replacement>& replacements) {
  std::vector<Replaced> ways;
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  std::map<std::string, std::size_t> key_places;
  for (const Replacement& one : replacements) {
    const std::string how = changes_of(*one.before, *one.now);
    const auto [place, is_new] = places.try_emplace({one.key, how}, ways.size());
    if (is_new) ways.push_back({.key = one.key, .how = how});
    ++ways[place->second].shots;
    key_places.try_emplace(one.key, key_places.size());
  }
  std::ranges::stable_sort(ways, {}, [&](const Replaced& way) { return key_places.at(way.key); });
  return ways;
}

/// Of one key.
std::string ways_text(std::vector<Replaced> ways) {
  std::ranges::stable_sort(ways, std::ranges::greater{}, &Replaced::shots);
  std::string text;
  std::size_t more = 0;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    if (i < kMostWays) {
      text += "  " + ways[i].how + ": " + shots_text(ways[i].shots) + "\n";
    } else {
      more += ways[i].shots;
    }
  }
  if (more == 0) return text;
  return text + "  " + ways.front().key + " changed: " + std::to_string(more) + " more " +
         (more == 1 ? "shot" : "shots") + "\n";
}

std::string replaced_text(const std::vector<Replaced>& replaced) {
  std::string text;
  for (auto first = replaced.begin(); first != replaced.end();) {
    const auto last =
        std::find_if(first, replaced.end(), [&](const Replaced& one) { return one.key != first->key; });
    text += ways_text({first, last});
    first = last;
  }
  return text;
}

/// Of shots that kept their names: what many share first.
std::string again_text(const std::map<std::string, std::vector<std::string>>& changed) {
  std::vector<std::pair<std::string, std::vector<std::string>>> ways(changed.begin(), changed.end());
  std::ranges::stable_sort(ways, std::ranges::greater{}, [](const auto& way) { return way.second.size(); });
  std::size_t all = 0;
  std::size_t more = 0;
  std::string text;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const auto& [reason, names] = ways[i];
    all += names.size();
    if (i < kMostReasons) {
      text += "  " + names_text(names) + ": " + reason + "\n";
    } else {
      more += names.size();
    }
  }
  if (all == 0) return "";
  if (more > 0) {
    text += "  " + counted(static_cast<std::int64_t>(more), "more shot") + ", in " +
            counted(static_cast<std::int64_t>(ways.size() - kMostReasons), "other way") + "\n";
  }
  return line("again", all, "") + text;
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
  std::vector<const jobs::PlannedShot*> added;
  std::vector<const jobs::PlannedShot*> gone;
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
      added.push_back(&shot);
    } else {
      diff.changed[changes_of(*by_name.at(*name), shot)].push_back(*name);
    }
  }
  for (const jobs::PlannedShot& shot : before.shots) {
    const bool is_met = std::ranges::any_of(shot.names, [&](const auto& n) { return met.contains(n); });
    if (kept.contains(shot.id) || is_met) continue;
    diff.gone.push_back(shot.name);
    gone.push_back(&shot);
  }
  diff.replaced = counted_ways(replacements(gone, added));
  return diff;
}

std::map<std::string, std::size_t> new_videos(const jobs::Plan& before, const jobs::Plan& now,
                                              const std::map<jobs::ShotId, LackingVideos>& lacking) {
  std::map<jobs::ShotId, const jobs::PlannedShot*> by_id;
  for (const jobs::PlannedShot& shot : before.shots) by_id[shot.id] = &shot;
  std::map<std::string, std::size_t> videos;
  for (const jobs::PlannedShot& shot : now.shots) {
    const auto known = by_id.find(shot.id);
    const auto lacks = lacking.find(shot.id);
    if (known == by_id.end() || lacks == lacking.end()) continue;
    ++videos[video_changes({before.output, *known->second}, {now.output, shot}, lacks->second)];
  }
  return videos;
}

std::string diff_words(const PlanDiff& diff, const std::set<jobs::ShotId>& done) {
  std::string text = again_text(diff.changed);
  if (!diff.added.empty()) text += line("new", diff.added.size(), names_text(diff.added));
  text += replaced_text(diff.replaced);
  if (!diff.gone.empty()) text += line("gone", diff.gone.size(), names_text(diff.gone));
  const auto left = static_cast<std::size_t>(
      std::ranges::count_if(diff.same, [&](const jobs::ShotId& id) { return !done.contains(id); }));
  text += line(
      "unchanged", diff.same.size(),
      left == 0 ? "" : std::to_string(left) + " of which " + (left == 1 ? "is" : "are") + " not done yet");
  for (const auto& [reason, count] : diff.videos) {
    text += "  new videos of " + shots_text(count) + ", without rendering: " + reason + "\n";
  }
  return text;
}

}  // namespace pia::farm
