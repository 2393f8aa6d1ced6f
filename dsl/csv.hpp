// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pia::dsl {

struct CsvCell {
  std::string text;
  int line = 1;
  int column = 1;  ///< from 1, in bytes
};
struct CsvRow {
  std::vector<CsvCell> cells;
  std::string trouble = {};  ///< why the row can't be read; empty if it can
};

/// Rows as RFC 4180 has them, the separator (comma, semicolon or tab) being the one that the first line has
/// most of. Quoted cells may hold separators, line ends and "" for a quote; empty lines are no rows. A quote
/// that does not close takes its line only, so that what is behind it stays. Linear in the text's length.
std::vector<CsvRow> parse_csv(std::string_view text);

/// The same, row by row: for tables of millions of rows.
void for_each_csv_row(std::string_view text, const std::function<void(CsvRow&&)>& take);

}  // namespace pia::dsl
