// SPDX-License-Identifier: Apache-2.0
#include "dsl/tokenizer.hpp"

#include <algorithm>
#include <array>

#include "dsl/internal/merges.hpp"
#include "dsl/internal/unicode_text.hpp"

namespace pia::dsl {
namespace {

using internal::Class;
using internal::class_of;
using Ids = std::vector<std::int32_t>;

struct Special {
  std::string_view text;
  std::u32string_view pattern;
  std::int32_t id;
};
constexpr std::array<Special, 2> kSpecials = {
    {{"<|startoftext|>", U"<|startoftext|>", kBeginOfText}, {"<|endoftext|>", U"<|endoftext|>", kEndOfText}}};
constexpr std::array<std::u32string_view, 9> kWholes = {
    kSpecials[0].pattern, kSpecials[1].pattern, U"'s", U"'t", U"'re", U"'ve", U"'m", U"'ll", U"'d"};

// The pattern ignores case, and of all that is lower case only the long s has another letter's capital.
bool matches(char32_t pattern, char32_t c) {
  constexpr char32_t kLongS = 0x17F;
  return c == pattern || (pattern == U's' && c == kLongS);
}

bool starts_with(std::u32string_view text, std::u32string_view pattern) {
  return text.size() >= pattern.size() && std::equal(pattern.begin(), pattern.end(), text.begin(), matches);
}

// Length of what CLIP's pattern matches at the beginning of `word`; 0 if it skips that character.
std::size_t match_length(std::u32string_view word) {
  for (const std::u32string_view whole : kWholes) {
    if (starts_with(word, whole)) return whole.size();
  }
  const Class first = class_of(word.front());
  if (first == Class::nothing) return 0;
  if (first == Class::number) return 1;
  const auto end = std::ranges::find_if(word, [first](char32_t c) { return class_of(c) != first; });
  return static_cast<std::size_t>(end - word.begin());
}

void append(Ids& ids, const Ids& more) {
  ids.insert(ids.end(), more.begin(), more.end());
}

Ids encode_match(const internal::Merges& merges, std::u32string_view match) {
  const std::string bytes = internal::to_utf8(match);
  for (const Special& special : kSpecials) {
    if (bytes == special.text) return {special.id};
  }
  return merges.encode(bytes);
}

Ids encode_plain(const internal::Merges& merges, std::string_view text) {
  Ids ids;
  for (const std::u32string& word : internal::basic_words(text)) {
    std::u32string_view rest = word;
    while (!rest.empty()) {
      const std::size_t length = match_length(rest);
      if (length > 0) append(ids, encode_match(merges, rest.substr(0, length)));
      rest.remove_prefix(std::max<std::size_t>(length, 1));
    }
  }
  return ids;
}

}  // namespace

struct Tokenizer::Tables {
  internal::Merges merges;
};

Tokenizer::Tokenizer() : tables_(std::make_unique<const Tables>()) {}
Tokenizer::~Tokenizer() = default;

std::vector<std::int32_t> Tokenizer::encode(std::string_view text) const {
  Ids ids;
  std::array<std::size_t, 2> found{};
  for (std::size_t k = 0; k < kSpecials.size(); ++k) found[k] = text.find(kSpecials[k].text);
  std::size_t begin = 0;
  while (true) {
    const std::size_t k = found[1] < found[0] ? 1 : 0;
    append(ids, encode_plain(tables_->merges, text.substr(begin, found[k] - begin)));
    if (found[k] == std::string_view::npos) return ids;
    ids.push_back(kSpecials[k].id);
    begin = found[k] + kSpecials[k].text.size();
    found[k] = text.find(kSpecials[k].text, begin);
  }
}

std::vector<std::int32_t> Tokenizer::padded(std::vector<std::int32_t> ids) {
  constexpr std::size_t kMost = kTextPositions - 2;
  ids.resize(std::min(ids.size(), kMost));
  ids.insert(ids.begin(), kBeginOfText);
  ids.resize(kTextPositions, kEndOfText);
  return ids;
}

}  // namespace pia::dsl
