// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/select.hpp"

#include <algorithm>
#include <set>

#include "dsl/internal/match.hpp"

namespace pia::dsl::internal {
namespace {

constexpr const char* kWhereNamed = "; plan --list names all shots";

bool fits_shot(const Condition& condition, const Resolved& shot) {
  if (condition.key == "id") return fits_label(condition, jobs::to_hex(shot.planned.id));
  if (condition.key == "name") return fits_label(condition, shot.planned.name);
  const auto value = shot.flat->values.find(condition.key);
  if (value != shot.flat->values.end() && fits(condition, *value->second)) return true;
  const auto text = shot.values.find(condition.key);
  return text != shot.values.end() && fits_label(condition, text->second);
}

// A word that some shot has for the condition's key and that is near to what was asked for; else where all
// are named.
std::string where_to_look(const Condition& condition, const std::vector<Resolved>& shots) {
  const auto* asked = condition.wanted.empty() ? nullptr : get<std::string>(condition.wanted.front());
  if (asked == nullptr) return kWhereNamed;
  std::vector<std::string> words;
  for (const Resolved& shot : shots) {
    if (condition.key == "name") words.push_back(shot.planned.name);
    if (condition.key == "image") words.push_back(shot.planned.image_id);
    if (condition.key == "model") words.push_back(shot.planned.model_id);
    const auto value = shot.flat->values.find(condition.key);
    const auto* text = value == shot.flat->values.end() ? nullptr : get<std::string>(*value->second);
    if (text != nullptr) words.push_back(*text);
  }
  const std::string near = hint(*asked, words);
  return near.empty() ? kWhereNamed : near;
}

}  // namespace

std::vector<jobs::ShotId> selected(const std::vector<Match>& only, const std::vector<Resolved>& shots,
                                   Complaints& complaints) {
  std::vector<jobs::ShotId> ids;
  if (only.empty() || shots.empty()) return ids;
  std::set<jobs::ShotId> known;
  for (const Resolved& shot : shots) {
    const bool fits_all = std::ranges::all_of(
        only, [&](const Match& match) { return fits_shot(match.conditions.front(), shot); });
    if (fits_all && known.insert(shot.planned.id).second) ids.push_back(shot.planned.id);
  }
  if (!ids.empty()) return ids;
  for (const Match& match : only) {
    const Condition& condition = match.conditions.front();
    const bool fits_one =
        std::ranges::any_of(shots, [&](const Resolved& s) { return fits_shot(condition, s); });
    if (!fits_one && !is_doubted(match, complaints))
      complaints.error(match.place, "no shot matches this" + where_to_look(condition, shots));
  }
  if (!complaints.any_error())
    complaints.error(only.front().place, "no shot matches this and the other --only");
  return ids;
}

}  // namespace pia::dsl::internal
