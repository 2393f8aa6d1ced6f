// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace pia::farm {

/// A line of a text around one of its characters.
struct LinePart {
  std::string_view text;
  std::size_t before = 0;  ///< characters of `text` before the one that was asked for
  bool begins = false;     ///< `text` begins where the line does
  bool ends = false;       ///< and ends where it does
};

/// How many bytes the character at the beginning of `text` has, which must not be empty; 1 if it is not
/// UTF-8.
std::size_t bytes_of_first(std::string_view text);

/// Places in a text by line and column, found without reading it again from its beginning, so that a
/// thousand complaints about one line of megabytes cost no more than as many about short ones. Memory is
/// 1/170 of the text. Lines end in "\n" or "\r\n"; a BOM before the first is not part of it.
class SourceLines {
 public:
  /// Reads `text` once, which must outlive this.
  explicit SourceLines(std::string_view text);

  /// The character at `line` and `column`, both from 1, the line's end if it is shorter, with up to `most`
  /// characters on either side. Nothing if there is no such line.
  std::optional<LinePart> around(int line, int column, std::size_t most);

  /// Bytes looked at so far: the text's once, and at most a few thousand for each call of `around`.
  std::size_t bytes_read() const { return bytes_read_; }

 private:
  struct Mark {
    std::size_t line = 1;
    std::size_t character = 0;  ///< of the line, from 0
    std::size_t offset = 0;     ///< in the text
  };
  bool is_at_line_end(const Mark& mark) const;
  void step(Mark& mark);
  Mark found(std::size_t line, std::size_t character);

  std::string_view text_;
  std::vector<Mark> marks_ = {{}};
  std::size_t bytes_read_ = 0;
};

}  // namespace pia::farm
