// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/diagnostics.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
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

// As much as fits into `room` columns around the cell `at`, two thirds of it behind.
Window window_around(const std::vector<Cell>& cells, std::size_t at, std::size_t room) {
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

std::string snippet(const LinePart& part, int line_number, const DiagnosticLook& look) {
  const std::vector<Cell> cells = cells_of(part.text);
  const std::string number = std::to_string(line_number);
  const std::string gutter(std::max(kNumberColumns, number.size()), ' ');
  const std::size_t at = std::min(part.before, cells.size());
  const std::size_t beside = gutter.size() + kBar.size() + 1;
  const std::size_t room = std::max(look.columns, kNarrowest + beside) - beside;
  const bool is_whole = part.begins && part.ends && width(cells, 0, cells.size()) <= room;
  const Window window =
      is_whole ? Window{.first = 0, .end = cells.size()} : window_around(cells, at, room - 2);
  std::string line;
  for (std::size_t i = window.first; i < window.end; ++i) line += cells[i].text;
  const bool is_cut = window.first > 0 || !part.begins;
  if (is_cut) line = "…" + line;
  if (window.end < cells.size() || !part.ends) line += "…";
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

std::string shown_on_terminal(const dsl::Diagnostic& diagnostic, SourceLines& source,
                              const DiagnosticLook& look) {
  const auto part = source.around(diagnostic.line, diagnostic.column, look.columns + kNarrowest);
  const bool has_line = part && !part->text.empty();
  return headline(diagnostic, look) + (has_line ? snippet(*part, diagnostic.line, look) : "");
}

void Told::leave_out_of(dsl::Diagnostics& complaints) {
  std::erase_if(complaints, [&](const auto& one) { return std::ranges::find(told_, one) != told_.end(); });
  told_.insert(told_.end(), complaints.begin(), complaints.end());
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
  std::map<std::string, SourceLines> lines;
  for (dsl::Diagnostic diagnostic : diagnostics) {
    const auto source = sources.find(diagnostic.file);
    const std::string_view text =
        is_terminal && source != sources.end() ? std::string_view(source->second) : std::string_view();
    SourceLines& known = lines.try_emplace(diagnostic.file, text).first->second;
    diagnostic.file = shortened_path(diagnostic.file, surroundings.working_directory);
    std::fputs(shown_on_terminal(diagnostic, known, look).c_str(), stderr);
  }
}

}  // namespace pia::farm
