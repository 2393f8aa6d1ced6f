// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "dsl/internal/key_table.hpp"

namespace pia::dsl::internal {

/// How prompts over time are written, for who tried otherwise.
inline constexpr std::string_view kPromptsOverTime =
    "prompts over time are written prompt = { 0 = \"...\", 8 = \"...\" }";

/// How this language says what `word` says in another program, where that is more than a key by another name
/// (those are in the key table); empty if nothing is known of it. Capitals, spaces and hyphens make no
/// difference.
std::string_view said_otherwise(const std::string& word);

/// What to add to "unknown key": the key that is meant, how it is said here, where it belongs, or else where
/// all keys are listed. Begins with "; ".
std::string way_out(Section section, const std::string& word);

}  // namespace pia::dsl::internal
