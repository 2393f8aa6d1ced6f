// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/shot_list.hpp"

#include <algorithm>

#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

constexpr std::size_t kStateColumns = 9;
constexpr std::size_t kSizeColumns = 11;
constexpr std::size_t kFramesColumns = 12;
constexpr std::size_t kWidestName = 70;
constexpr std::size_t kShortId = 12;

std::string other_names(const jobs::PlannedShot& shot) {
  std::string text;
  for (const std::string& name : shot.names) {
    if (name != shot.name) text += (text.empty() ? "  also " : ", ") + printable(name);
  }
  return text;
}

}  // namespace

std::string shot_list(const jobs::Plan& plan, const RunState& state, Held held) {
  std::size_t widest = 0;
  for (const jobs::PlannedShot& shot : plan.shots) {
    widest = std::max(widest, columns_of(printable(shot.name)));
  }
  std::string text;
  for (const jobs::PlannedShot& planned : plan.shots) {
    const jobs::Shot& shot = planned.shot;
    const ShotStatus found = shot_status(planned, state, held);
    const jobs::Size size = shot.geometry.size;
    text += padded(word_of(found.state), kStateColumns) +
            padded(printable(planned.name), std::min(widest, kWidestName)) + "  " +
            to_hex(planned.id).substr(0, kShortId) + "  " +
            padded(std::to_string(size.width) + "x" + std::to_string(size.height), kSizeColumns) +
            padded(counted(shot.frames, "frame"), kFramesColumns) + counted(found.steps, "step") +
            other_names(planned) + "\n";
  }
  return text.empty() ? "no shot\n" : text;
}

}  // namespace pia::farm
