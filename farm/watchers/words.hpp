// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pia::farm {

/// "0.4 s", "12 s", "3 min 20 s", "2 h 05 min", "3 days 4 h": two figures, for people.
std::string duration_words(double seconds);

/// "0:00:12", "27:03:00": hours, minutes and seconds since a start, of one width, for logs.
std::string elapsed_stamp(double seconds);

/// "820 bytes", "4.1 MB", "12 GB": decimal units.
std::string size_words(double bytes);

/// "1 shot", "3 shots".
std::string counted(std::int64_t count, std::string_view noun);

/// Columns that `text` takes on a terminal, by Unicode's East Asian widths: wide characters (CJK, emoji) two,
/// combining and control characters none. Bytes that are not UTF-8 count one each.
std::size_t columns_of(std::string_view text);

/// The beginning of `text` that takes at most `columns`, with ".." at the end if something was cut; padded
/// with spaces by `padded`.
std::string clipped(std::string_view text, std::size_t columns);
std::string padded(std::string_view text, std::size_t columns);

/// Beginning and end of `text`, with ".." for what is too much in its middle: names of a grid differ at the
/// end.
std::string squeezed(std::string_view text, std::size_t columns);

/// Control characters as '?': names and reasons come from files, and must not steer a terminal.
std::string printable(std::string_view text);

/// What is said of frames that are no pictures.
inline constexpr std::string_view kRehearsalSentence =
    "This was a rehearsal (--renderer=fake): test patterns, not pictures.";
inline constexpr std::string_view kRuleMadeSentence =
    "The model is the tiny rule-made one: its frames are abstract, not pictures.";

/// `path` from `folder` on if it lies under it, else as it is.
std::string shortened_path(const std::string& path, const std::string& folder);

}  // namespace pia::farm
