// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "farm/watchers/board.hpp"

namespace pia::farm {

/// The last words of a run; lines with line ends, each may be empty.
struct Closing {
  std::string made;        ///< what there is now, where, how long it took: a result
  std::string pages;       ///< where to look at it: the gallery and the report, as far as they are written
  std::string complaints;  ///< what failed and why, what is left, and the command for each: diagnostics
};
Closing closing_words(const Summary& summary, const Board& board, const WatchSetting& setting);

}  // namespace pia::farm
