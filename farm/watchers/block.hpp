// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "farm/watchers/board.hpp"

namespace pia::farm {

/// What a terminal can show.
struct Look {
  int columns = 80;
  int rows = 24;
  enum class Colour { no, yes } colour = Colour::no;
};

/// A line of the live block: its text, and how many columns that takes (colours take none).
struct BlockLine {
  std::string text;
  int columns = 0;
  bool operator==(const BlockLine&) const = default;
};

/// The live block: a line a worker, as many as fit, and one for the whole. No line is as wide as the
/// terminal, so none wraps.
struct BlockFacts {
  const Board& board;
  const Eta& eta;
  scheduler::TimePoint now{};
  double elapsed = 0;  ///< seconds
};
std::vector<BlockLine> block_lines(const BlockFacts& facts, const Look& look);

/// The bytes that replace a block of `before` by scrolling `lines` and the block `after`, for one write: no
/// flicker. The cursor ends at the end of the block's last line; with an empty `after`, at the start of a
/// line.
std::string redraw(const std::vector<BlockLine>& before, const std::vector<std::string>& lines,
                   const std::vector<BlockLine>& after, int columns);

}  // namespace pia::farm
