// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/diagnostics.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

constexpr std::size_t kTab = 4;
constexpr std::size_t kNumberColumns = 5;
constexpr std::string_view kBar = " | ";
constexpr std::size_t kNarrowest = 20;

constexpr const char* kBold = "\x1b[1m";
constexpr const char* kRed = "\x1b[1;31m";
constexpr const char* kMagenta = "\x1b[1;35m";
constexpr const char* kGreen = "\x1b[1;32m";
constexpr const char* kPlain = "\x1b[0m";

// A character of a source line as the terminal gets it.
struct Cell {
  std::string text;
  std::size_t columns = 1;
  char plain = '\0';  ///< if it is one byte
};

std::string_view line_of(std::string_view text, int number) {
  for (int i = 1; i < number; ++i) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (number == 1 && text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return text;
}

bool goes_on(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::size_t bytes_of_first(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  std::size_t bytes = 1;
  while (bytes < wanted && bytes < text.size() && goes_on(text[bytes])) ++bytes;
  return bytes == wanted ? bytes : 1;
}

std::vector<Cell> cells_of(std::string_view line) {
  std::vector<Cell> cells;
  std::size_t column = 0;
  while (!line.empty()) {
    const std::string_view character = line.substr(0, bytes_of_first(line));
    line.remove_prefix(character.size());
    Cell cell{.text = printable(character), .columns = columns_of(character)};
    if (character.size() == 1) cell.plain = character.front();
    if (static_cast<unsigned char>(cell.plain) >= 0x80) cell.text = "?";
    if (cell.text == "?") cell.columns = 1;
    if (cell.plain == '\t') {
      cell.columns = kTab - column % kTab;
      cell.text = std::string(cell.columns, ' ');
    }
    column += cell.columns;
    cells.push_back(std::move(cell));
  }
  return cells;
}

bool is_of_a_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != '\0' && std::string_view("_-+.:").find(c) != std::string_view::npos);
}

// How many cells the word or the string that begins at `at` has.
std::size_t extent(const std::vector<Cell>& cells, std::size_t at) {
  std::size_t end = at;
  if (at < cells.size() && (cells[at].plain == '"' || cells[at].plain == '\'')) {
    for (++end; end < cells.size() && cells[end].plain != cells[at].plain; ++end) {
      if (cells[end].plain == '\\' && cells[at].plain == '"') ++end;
    }
    return std::min(end + 1, cells.size()) - at;
  }
  while (end < cells.size() && is_of_a_word(cells[end].plain)) ++end;
  return std::max<std::size_t>(end - at, 1);
}

std::size_t width(const std::vector<Cell>& cells, std::size_t from, std::size_t to) {
  std::size_t columns = 0;
  for (std::size_t i = from; i < std::min(to, cells.size()); ++i) columns += cells[i].columns;
  return columns;
}

// The cells that are shown, from `first` on.
struct Window {
  std::size_t first = 0;
  std::size_t end = 0;
};

// As much as fits around the cell `at`, two thirds of it behind.
Window window_around(const std::vector<Cell>& cells, std::size_t at, std::size_t columns) {
  if (width(cells, 0, cells.size()) <= columns) return {.first = 0, .end = cells.size()};
  const std::size_t room = columns - 2;
  Window window{.first = at, .end = at};
  std::size_t used = 0;
  while (window.first > 0 && used + cells[window.first - 1].columns <= room / 3)
    used += cells[--window.first].columns;
  while (window.end < cells.size() && used + cells[window.end].columns <= room)
    used += cells[window.end++].columns;
  while (window.first > 0 && used + cells[window.first - 1].columns <= room)
    used += cells[--window.first].columns;
  return window;
}

std::string painted(const DiagnosticLook& look, const char* colour, const std::string& text) {
  return look.colour == Surroundings::Colour::yes ? colour + text + kPlain : text;
}

std::string headline(const dsl::Diagnostic& diagnostic, const DiagnosticLook& look) {
  const bool is_error = diagnostic.severity == dsl::Severity::error;
  const std::string text = printable(to_string(diagnostic));
  const std::string word = is_error ? "error:" : "warning:";
  const std::size_t at = text.size() - printable(diagnostic.sentence).size() - word.size() - 1;
  return painted(look, kBold, text.substr(0, at)) + painted(look, is_error ? kRed : kMagenta, word) +
         text.substr(at + word.size()) + "\n";
}

std::string snippet(const std::vector<Cell>& cells, const dsl::Diagnostic& diagnostic,
                    const DiagnosticLook& look) {
  const std::string number = std::to_string(diagnostic.line);
  const std::string gutter(std::max(kNumberColumns, number.size()), ' ');
  const std::size_t at = std::min(static_cast<std::size_t>(std::max(diagnostic.column, 1)) - 1, cells.size());
  const std::size_t room = std::max(look.columns, kNarrowest + gutter.size() + kBar.size() + 1);
  const Window window = window_around(cells, at, room - gutter.size() - kBar.size() - 1);
  std::string line;
  for (std::size_t i = window.first; i < window.end; ++i) line += cells[i].text;
  const bool is_cut = window.first > 0;
  if (is_cut) line = "…" + line;
  if (window.end < cells.size()) line += "…";
  const std::size_t end = std::min(at + extent(cells, at), std::max(window.end, at + 1));
  const std::string caret = "^" + std::string(std::max<std::size_t>(width(cells, at, end), 1) - 1, '~');
  return gutter.substr(number.size()) + number + std::string(kBar) + line + "\n" + gutter +
         std::string(kBar) + std::string(width(cells, window.first, at) + (is_cut ? 1 : 0), ' ') +
         painted(look, kGreen, caret) + "\n";
}

DiagnosticLook look_of_stderr(const Surroundings& surroundings) {
  DiagnosticLook look{.colour = surroundings.colour};
  if (surroundings.terminal == Surroundings::Terminal::dumb) look.colour = Surroundings::Colour::no;
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) look.columns = size.ws_col;
  return look;
}

}  // namespace

std::string shown_on_terminal(const dsl::Diagnostic& diagnostic, std::string_view source,
                              const DiagnosticLook& look) {
  const std::vector<Cell> cells =
      diagnostic.line > 0 ? cells_of(line_of(source, diagnostic.line)) : std::vector<Cell>();
  return headline(diagnostic, look) + (cells.empty() ? "" : snippet(cells, diagnostic, look));
}

std::string diagnostic_json(const dsl::Diagnostic& diagnostic) {
  nlohmann::ordered_json json = {
      {"file", diagnostic.file},
      {"line", diagnostic.line},
      {"column", diagnostic.column},
      {"severity", diagnostic.severity == dsl::Severity::error ? "error" : "warning"},
      {"message", diagnostic.sentence}};
  if (const std::string word = suggestion(diagnostic); !word.empty()) json["suggestion"] = word;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void print_diagnostics(const dsl::Diagnostics& diagnostics, const dsl::Sources& sources,
                       const Surroundings& surroundings) {
  const bool is_terminal = isatty(STDERR_FILENO) == 1;
  const DiagnosticLook look = is_terminal ? look_of_stderr(surroundings) : DiagnosticLook{};
  for (dsl::Diagnostic diagnostic : diagnostics) {
    const auto source = sources.find(diagnostic.file);
    const std::string_view text =
        is_terminal && source != sources.end() ? std::string_view(source->second) : std::string_view();
    diagnostic.file = shortened_path(diagnostic.file, surroundings.working_directory);
    std::fputs(shown_on_terminal(diagnostic, text, look).c_str(), stderr);
  }
}

}  // namespace pia::farm
