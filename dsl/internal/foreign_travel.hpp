// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {

/// A travel over the frames as users of other programs write it, in this language's words:
/// `prompt = { 0 = "spring", 8 = "summer" }`. Long ones are cut after a few keyframes.
struct ForeignTravel {
  std::string first;    ///< its first keyframe, as it is written there
  std::string written;  ///< how it is written here
};

/// Of a text with at least two lines such as `8: summer`, `50%: summer` (AnimateDiff's prompt travel) or
/// `"8": "summer",` (FizzNodes' schedules). Lines above the first keyframe are its head, other lines its
/// tail. Nothing if it has no two, or if they don't rise within a clip of `frames`, as other texts with
/// colons don't.
std::optional<ForeignTravel> travel_in_lines(const std::string& key, const std::string& text, int frames);

/// Of a list such as `[[0, "spring"], [8, "summer"]]` or `["0: spring", "8: summer"]`; nothing if an entry is
/// anything else, or two have one name.
std::optional<ForeignTravel> travel_in_list(const std::string& key, const List& list);

}  // namespace pia::dsl::internal
