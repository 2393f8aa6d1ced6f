// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/words_in.hpp"

#include <algorithm>

namespace pia::dsl::internal {
namespace {

bool is_of_a_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool holds(const std::string& text, const std::string& word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_of_a_word(text[at - 1]);
    if (begins && (end == text.size() || !is_of_a_word(text[end]))) return true;
  }
  return false;
}

}  // namespace

std::string in_small_letters(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

bool holds_word(const std::vector<std::string>& texts, const std::string& word) {
  const std::string small = in_small_letters(word);
  return std::ranges::any_of(texts,
                             [&](const std::string& text) { return holds(in_small_letters(text), small); });
}

}  // namespace pia::dsl::internal
