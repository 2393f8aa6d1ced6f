// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <variant>

#include "dsl/catalog.hpp"
#include "dsl/internal/value.hpp"
#include "jobs/core/shot.hpp"

namespace pia::dsl::internal {

/// What decides about the windows of a clip.
struct WindowWish {
  const Value* context = nullptr;  ///< checked: false or a table; nullptr if it was not written
  int frames = 0;                  ///< of the clip
  int known = 0;                   ///< frames of the motion module's position table
  bool is_loop = false;
};

/// Windows of 16 frames, or what the position table has if that is fewer, that overlap by a quarter, unless
/// `context` says otherwise; a loop's go round unless they are "static". None where a window would hold the
/// whole clip, or with `context = false`.
std::variant<std::optional<jobs::Windows>, Trouble> windows_of(const WindowWish& wish);

}  // namespace pia::dsl::internal
