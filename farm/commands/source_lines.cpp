// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/source_lines.hpp"

#include <algorithm>
#include <tuple>

namespace pia::farm {
namespace {

constexpr std::string_view kBom = "\xef\xbb\xbf";
constexpr std::size_t kBytesAMark = 4096;

bool goes_on(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

std::size_t bytes_of_first(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  std::size_t bytes = 1;
  while (bytes < wanted && bytes < text.size() && goes_on(text[bytes])) ++bytes;
  return bytes == wanted ? bytes : 1;
}

SourceLines::SourceLines(std::string_view text) : text_(text) {
  if (text_.starts_with(kBom)) text_.remove_prefix(kBom.size());
  for (Mark mark; mark.offset < text_.size(); step(mark)) {
    if (mark.offset - marks_.back().offset >= kBytesAMark) marks_.push_back(mark);
  }
}

bool SourceLines::is_at_line_end(const Mark& mark) const {
  return mark.offset >= text_.size() || text_[mark.offset] == '\n';
}

void SourceLines::step(Mark& mark) {
  const std::size_t bytes = bytes_of_first(text_.substr(mark.offset));
  mark = text_[mark.offset] == '\n'
             ? Mark{.line = mark.line + 1, .character = 0, .offset = mark.offset + 1}
             : Mark{.line = mark.line, .character = mark.character + 1, .offset = mark.offset + bytes};
  bytes_read_ += bytes;
}

// Or the end of the line, or of the text.
SourceLines::Mark SourceLines::found(std::size_t line, std::size_t character) {
  const auto after = std::ranges::upper_bound(marks_, std::tuple(line, character), {}, [](const Mark& mark) {
    return std::tuple(mark.line, mark.character);
  });
  Mark mark = *std::prev(after);
  while (mark.line < line && mark.offset < text_.size()) step(mark);
  while (mark.line == line && mark.character < character && !is_at_line_end(mark)) step(mark);
  return mark;
}

std::optional<LinePart> SourceLines::around(int line, int column, std::size_t most) {
  const auto number = static_cast<std::size_t>(std::max(line, 1));
  const Mark at = found(number, static_cast<std::size_t>(std::max(column, 1)) - 1);
  if (at.line != number || line < 1) return std::nullopt;
  const Mark begin = found(number, at.character - std::min(at.character, most));
  Mark end = at;
  while (end.character < at.character + most && !is_at_line_end(end)) step(end);
  LinePart part{.text = text_.substr(begin.offset, end.offset - begin.offset),
                .before = at.character - begin.character,
                .begins = begin.character == 0,
                .ends = is_at_line_end(end)};
  if (part.ends && part.text.ends_with('\r')) part.text.remove_suffix(1);
  return part;
}

}  // namespace pia::farm
