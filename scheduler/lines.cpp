// SPDX-License-Identifier: Apache-2.0
#include "scheduler/lines.hpp"

#include "jobs/core/error.hpp"

namespace pia::scheduler {

void enter(Lines& lines, const Place& place) {
  Level& level = lines[place.priority];
  const auto [at, fresh] = level.lines.try_emplace(place.model);
  Line& line = at->second;
  if (fresh) {
    line.served = level.handed_out;
    level.by_age.insert({line.served, place.model});
  }
  const bool entered = line.groups[place.failed_on].insert(place.ticket).second;
  PIA_ASSERT(entered);
  line.work += place.ticket.cost;
  line.shots += 1;
}

void leave(Lines& lines, const Place& place) {
  const auto level = lines.find(place.priority);
  PIA_ASSERT(level != lines.end());
  const auto line = level->second.lines.find(place.model);
  PIA_ASSERT(line != level->second.lines.end());
  const auto group = line->second.groups.find(place.failed_on);
  PIA_ASSERT(group != line->second.groups.end());
  const auto removed = group->second.erase(place.ticket);
  PIA_ASSERT(removed == 1);
  line->second.work -= place.ticket.cost;
  line->second.shots -= 1;
  if (!group->second.empty()) return;
  line->second.groups.erase(group);
  if (!line->second.groups.empty()) return;
  level->second.by_age.erase({line->second.served, place.model});
  level->second.lines.erase(line);
  if (level->second.lines.empty()) lines.erase(level);
}

void hand_out(Lines& lines, const Place& place) {
  const auto at = lines.find(place.priority);
  PIA_ASSERT(at != lines.end());
  Level& level = at->second;
  const auto line = level.lines.find(place.model);
  PIA_ASSERT(line != level.lines.end());
  level.handed_out += 1;
  level.by_age.erase({line->second.served, place.model});
  line->second.served = level.handed_out;
  level.by_age.insert({line->second.served, place.model});
  leave(lines, place);
}

}  // namespace pia::scheduler
