// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pia::dsl::internal {

/// Bytes that are not UTF-8 (overlong forms and surrogates included) become U+FFFD.
std::u32string from_utf8(std::string_view bytes);
std::string to_utf8(std::u32string_view text);

/// Offset of the first byte that does not belong to valid UTF-8; npos if there is none.
std::size_t first_bad_utf8(std::string_view bytes);

/// The words that transformers' BasicTokenizer(strip_accents=False, do_split_on_punc=False) gives: U+0000,
/// U+FFFD and all of category C dropped, CJK ideographs set apart, NFC, split at white space, lower case as
/// Python's str.lower has it (final sigma, dotted I). Linear in the text's length but for sorting the
/// combining marks of one character. Unicode 15.0, so characters assigned later are dropped.
std::vector<std::u32string> basic_words(std::string_view text);

/// `text` such that what a disk that knows no capitals takes for one name becomes equal: each character's
/// small letter, NFC. Bytes that are not UTF-8 become U+FFFD.
std::string case_folded(std::string_view text);

/// How CLIP's pattern sees a character of a word. `nothing`: U+0345, which no alternative of the
/// case-insensitive pattern matches.
enum class Class { letter, number, other, nothing };
Class class_of(char32_t character);

}  // namespace pia::dsl::internal
