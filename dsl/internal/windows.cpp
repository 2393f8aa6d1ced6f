// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/windows.hpp"

#include <algorithm>

namespace pia::dsl::internal {
namespace {

template <class T>
T part(const Value* context, const char* key, T otherwise) {
  const auto* table = context == nullptr ? nullptr : get<Table>(*context);
  const Value* value = table == nullptr ? nullptr : find(*table, key);
  return value == nullptr ? otherwise : *get<T>(*value);
}

}  // namespace

std::variant<std::optional<jobs::Windows>, Trouble> windows_of(const WindowWish& wish) {
  if (wish.context != nullptr && get<bool>(*wish.context) != nullptr) return std::nullopt;
  jobs::Windows windows;
  const std::int64_t usual = std::min(windows.length, wish.known);
  windows.length = static_cast<int>(part<std::int64_t>(wish.context, "length", usual));
  windows.overlap = static_cast<int>(part<std::int64_t>(wish.context, "overlap", windows.length / 4));
  const auto word = part<std::string>(wish.context, "schedule", "uniform");
  windows.schedule = *jobs::from_word<jobs::WindowSchedule>(word);
  const bool goes_round = wish.is_loop && windows.schedule == jobs::WindowSchedule::uniform;
  if (goes_round) windows.schedule = jobs::WindowSchedule::looped;
  if (windows.length > wish.known) {
    return Trouble{"context.length = " + std::to_string(windows.length) + " is more than the " +
                   std::to_string(wish.known) + " frames of the motion module's position table"};
  }
  if (windows.overlap >= windows.length) {
    return Trouble{"context.overlap = " + std::to_string(windows.overlap) +
                   " must be less than context.length = " + std::to_string(windows.length)};
  }
  if (wish.frames <= windows.length) return std::nullopt;
  return windows;
}

}  // namespace pia::dsl::internal
