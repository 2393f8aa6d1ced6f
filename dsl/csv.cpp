// SPDX-License-Identifier: Apache-2.0
#include "dsl/csv.hpp"

#include <algorithm>
#include <string_view>

#include "dsl/import/foreign_words.hpp"

namespace pia::dsl {
namespace {

using internal::trimmed;

char separator_of(std::string_view line) {
  char best = ',';
  for (const char candidate : {';', '\t'}) {
    if (std::ranges::count(line, candidate) > std::ranges::count(line, best)) best = candidate;
  }
  return best;
}

class Reader {
 public:
  explicit Reader(std::string_view text)
      : text_(text), separator_(separator_of(text.substr(0, text.find('\n')))) {}

  void for_each(const std::function<void(CsvRow&&)>& take) {
    while (at_ < text_.size()) {
      CsvRow row = next_row();
      const bool is_empty =
          row.cells.size() == 1 && trimmed(row.cells[0].text).empty() && row.trouble.empty();
      if (!is_empty) take(std::move(row));
    }
  }

 private:
  bool ends_cell(std::size_t at) const {
    return at >= text_.size() || text_[at] == separator_ || text_[at] == '\n';
  }

  CsvRow next_row() {
    CsvRow row;
    while (true) {
      CsvCell cell{.text = "", .line = line_, .column = static_cast<int>(at_ - line_start_) + 1};
      const std::size_t first = text_.find_first_not_of(' ', at_);
      if (first != std::string_view::npos && text_[first] == '"') {
        at_ = first;
        read_quoted(cell, row);
      } else {
        std::size_t end = at_;
        while (!ends_cell(end)) ++end;
        cell.text = trimmed(text_.substr(at_, end - at_));
        at_ = end;
      }
      row.cells.push_back(std::move(cell));
      if (at_ >= text_.size() || text_[at_] == '\n') break;
      ++at_;
    }
    if (at_ < text_.size()) end_line();
    return row;
  }

  void end_line() {
    ++at_;
    ++line_;
    line_start_ = at_;
  }

  void read_quoted(CsvCell& cell, CsvRow& row) {
    const std::size_t end = closing_quote(at_ + 1);
    if (end == std::string_view::npos) {
      row.trouble = "a quote opens here and does not close";
      at_ = std::min(text_.find('\n', at_), text_.size());
      return;
    }
    for (std::size_t i = at_ + 1; i < end; ++i) {
      if (text_[i] == '"') ++i;
      if (text_[i] != '\r') cell.text += text_[i];
      if (text_[i] != '\n') continue;
      ++line_;
      line_start_ = i + 1;
    }
    at_ = end + 1;
    const std::size_t rest = at_;
    while (!ends_cell(at_)) ++at_;
    if (!trimmed(text_.substr(rest, at_ - rest)).empty()) {
      row.trouble = "there is text behind a closing quote; double the quotes that belong to the cell";
    }
  }

  // Once no quote closes, none behind it does: the rest of the text is searched once.
  std::size_t closing_quote(std::size_t at) {
    if (is_open_) return std::string_view::npos;
    for (; at < text_.size(); ++at) {
      if (text_[at] != '"') continue;
      if (at + 1 >= text_.size() || text_[at + 1] != '"') return at;
      ++at;
    }
    is_open_ = true;
    return std::string_view::npos;
  }

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
  bool is_open_ = false;
};

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text) {
  std::vector<CsvRow> rows;
  for_each_csv_row(text, [&](CsvRow&& row) { rows.push_back(std::move(row)); });
  return rows;
}

void for_each_csv_row(std::string_view text, const std::function<void(CsvRow&&)>& take) {
  Reader(text).for_each(take);
}

}  // namespace pia::dsl
