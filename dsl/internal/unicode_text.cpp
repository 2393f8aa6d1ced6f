// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/unicode_text.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <utility>

#include "jobs/core/error.hpp"

namespace pia::dsl::internal {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr char32_t kCapitalSigma = 0x3A3;
constexpr char32_t kSmallSigma = 0x3C3;
constexpr char32_t kFinalSigma = 0x3C2;
constexpr char32_t kDottedCapitalI = 0x130;
constexpr char32_t kDotAbove = 0x307;
constexpr char32_t kYpogegrammeni = 0x345;

using Range = std::pair<char32_t, char32_t>;

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](const Range& r) { return r.first <= c && c <= r.second; });
}

utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

bool is_space(char32_t c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || category(c) == UTF8PROC_CATEGORY_ZS;
}

bool is_control(char32_t c) {
  switch (category(c)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
      return true;
    default:
      return false;
  }
}

// BERT's idea of a Chinese character: what Unicode calls CJK ideographs.
bool is_ideograph(char32_t c) {
  static constexpr std::array<Range, 8> kIdeographs = {{{0x4E00, 0x9FFF},
                                                        {0x3400, 0x4DBF},
                                                        {0x20000, 0x2A6DF},
                                                        {0x2A700, 0x2B73F},
                                                        {0x2B740, 0x2B81F},
                                                        {0x2B820, 0x2CEAF},
                                                        {0xF900, 0xFAFF},
                                                        {0x2F800, 0x2FA1F}}};
  return within(kIdeographs, c);
}

// Unicode's Case_Ignorable.
bool is_case_ignorable(char32_t c) {
  static constexpr std::array<Range, 16> kWordMiddles = {{{0x27, 0x27},
                                                          {0x2E, 0x2E},
                                                          {0x3A, 0x3A},
                                                          {0xB7, 0xB7},
                                                          {0x387, 0x387},
                                                          {0x55F, 0x55F},
                                                          {0x5F4, 0x5F4},
                                                          {0x2018, 0x2019},
                                                          {0x2024, 0x2024},
                                                          {0x2027, 0x2027},
                                                          {0xFE13, 0xFE13},
                                                          {0xFE52, 0xFE52},
                                                          {0xFE55, 0xFE55},
                                                          {0xFF07, 0xFF07},
                                                          {0xFF0E, 0xFF0E},
                                                          {0xFF1A, 0xFF1A}}};
  switch (category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return within(kWordMiddles, c);
  }
}

// Unicode's Cased, for characters that are not Case_Ignorable.
bool is_cased(char32_t c) {
  static constexpr std::array<Range, 7> kOthers = {{{0xAA, 0xAA},
                                                    {0xBA, 0xBA},
                                                    {0x2160, 0x217F},
                                                    {0x24B6, 0x24E9},
                                                    {0x1F130, 0x1F149},
                                                    {0x1F150, 0x1F169},
                                                    {0x1F170, 0x1F189}}};
  switch (category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
      return true;
    default:
      return within(kOthers, c);
  }
}

std::u32string cleaned(std::u32string_view text) {
  std::u32string clean;
  clean.reserve(text.size());
  for (const char32_t c : text) {
    if (is_space(c)) {
      clean += U' ';
    } else if (c == kReplacement || is_control(c)) {
      continue;
    } else if (is_ideograph(c)) {
      clean += {U' ', c, U' '};
    } else {
      clean += c;
    }
  }
  return clean;
}

utf8proc_propval_t combining_class(char32_t c) {
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
}

// utf8proc's own decomposition sorts marks by exchange, which is quadratic in a row of marks.
std::vector<utf8proc_int32_t> decomposed(std::u32string_view text) {
  std::vector<utf8proc_int32_t> out;
  out.reserve(text.size());
  int boundary = 0;
  for (const char32_t c : text) {
    std::array<utf8proc_int32_t, 32> parts{};
    const auto count =
        utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(),
                                static_cast<utf8proc_ssize_t>(parts.size()), UTF8PROC_DECOMPOSE, &boundary);
    PIA_ASSERT(count >= 0 && count <= static_cast<utf8proc_ssize_t>(parts.size()));
    out.insert(out.end(), parts.begin(), parts.begin() + count);
  }
  const auto is_starter = [](utf8proc_int32_t c) { return combining_class(static_cast<char32_t>(c)) == 0; };
  for (auto at = out.begin(); at != out.end();) {
    const auto marks = std::find_if_not(at, out.end(), is_starter);
    const auto end = std::find_if(marks, out.end(), is_starter);
    std::stable_sort(marks, end, [](utf8proc_int32_t a, utf8proc_int32_t b) {
      return combining_class(static_cast<char32_t>(a)) < combining_class(static_cast<char32_t>(b));
    });
    at = end;
  }
  return out;
}

std::u32string nfc(std::u32string_view text) {
  std::vector<utf8proc_int32_t> parts = decomposed(text);
  const auto length =
      utf8proc_normalize_utf32(parts.data(), static_cast<utf8proc_ssize_t>(parts.size()),
                               static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  PIA_ASSERT(length >= 0);
  return std::u32string(parts.begin(), parts.begin() + length);
}

// Whether a cased character stands before `word`[at] or, with step 1, behind it; ignorable ones between them
// don't count.
bool meets_cased(std::u32string_view word, std::size_t at, std::ptrdiff_t step) {
  for (std::size_t i = at + static_cast<std::size_t>(step); i < word.size();
       i += static_cast<std::size_t>(step)) {
    if (!is_case_ignorable(word[i])) return is_cased(word[i]);
  }
  return false;
}

std::u32string lower(std::u32string_view word) {
  std::u32string out;
  out.reserve(word.size());
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == kDottedCapitalI) {
      out += {U'i', kDotAbove};
    } else if (word[i] == kCapitalSigma) {
      out += meets_cased(word, i, -1) && !meets_cased(word, i, 1) ? kFinalSigma : kSmallSigma;
    } else {
      out += static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(word[i])));
    }
  }
  return out;
}

// What is still white space to Python's str.split after cleaning.
bool splits(char32_t c) {
  return c == U' ' || c == 0x2028 || c == 0x2029;
}

}  // namespace

std::size_t first_bad_utf8(std::string_view bytes) {
  const auto* const data = reinterpret_cast<const utf8proc_uint8_t*>(bytes.data());
  for (std::size_t at = 0; at < bytes.size();) {
    utf8proc_int32_t c = 0;
    const auto step = utf8proc_iterate(data + at, static_cast<utf8proc_ssize_t>(bytes.size() - at), &c);
    if (step <= 0) return at;
    at += static_cast<std::size_t>(step);
  }
  return std::string_view::npos;
}

std::u32string from_utf8(std::string_view bytes) {
  std::u32string text;
  text.reserve(bytes.size());
  const auto* const data = reinterpret_cast<const utf8proc_uint8_t*>(bytes.data());
  for (std::size_t at = 0; at < bytes.size();) {
    utf8proc_int32_t c = 0;
    const auto step = utf8proc_iterate(data + at, static_cast<utf8proc_ssize_t>(bytes.size() - at), &c);
    text += step > 0 ? static_cast<char32_t>(c) : kReplacement;
    at += step > 0 ? static_cast<std::size_t>(step) : 1;
  }
  return text;
}

std::string to_utf8(std::u32string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (const char32_t c : text) {
    std::array<utf8proc_uint8_t, 4> encoded{};
    const auto count = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), encoded.data());
    bytes.append(encoded.begin(), encoded.begin() + count);
  }
  return bytes;
}

std::string case_folded(std::string_view text) {
  std::u32string folded = from_utf8(text);
  // By way of the capital: final sigma is a sigma.
  for (char32_t& c : folded) {
    c = static_cast<char32_t>(utf8proc_tolower(utf8proc_toupper(static_cast<utf8proc_int32_t>(c))));
  }
  return to_utf8(nfc(folded));
}

std::vector<std::u32string> basic_words(std::string_view text) {
  const std::u32string normal = nfc(cleaned(from_utf8(text)));
  std::vector<std::u32string> words;
  for (auto at = normal.begin(); at != normal.end();) {
    const auto begin = std::find_if_not(at, normal.end(), splits);
    const auto end = std::find_if(begin, normal.end(), splits);
    if (begin != end) words.push_back(lower(std::u32string_view(begin, end)));
    at = end;
  }
  return words;
}

Class class_of(char32_t character) {
  if (character == kYpogegrammeni) return Class::nothing;
  switch (category(character)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return Class::letter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return Class::number;
    default:
      return Class::other;
  }
}

}  // namespace pia::dsl::internal
