// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace pia::dsl::internal {

/// ASCII capitals as small letters.
std::string in_small_letters(std::string text);

/// Whether `word` stands in one of `texts` as a word of its own, in whatever case: what is before and behind
/// it is no letter, digit, '_' or '-'.
bool holds_word(const std::vector<std::string>& texts, const std::string& word);

}  // namespace pia::dsl::internal
