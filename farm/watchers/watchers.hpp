// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "farm/watchers/block.hpp"
#include "farm/watchers/board.hpp"
#include "farm/watchers/stream.hpp"

namespace pia::farm {

/// Where a display writes: results and diagnostics. Both outlive it.
struct WatchStreams {
  Stream& results;
  Stream& diagnostics;
};

/// A live block redrawn in place at most ten times a second, with what happened as lines above it, shortened
/// in the middle to fit. `look` is asked at every redraw, so a window may change its size. Lines of complaint
/// go whole to the terminal too, and to `diagnostics` as well if `elsewhere` says that it is not the same
/// terminal.
struct TerminalParts {
  std::function<Look()> look;
  enum class Elsewhere { no, yes } elsewhere = Elsewhere::no;
};
std::unique_ptr<Watcher> make_terminal_watcher(const WatchSetting& setting, const WatchStreams& streams,
                                               const TerminalParts& parts);

/// A line an event, each with the time since the start before it; when nothing happened for 30 s, one line
/// with where the whole stands.
std::unique_ptr<Watcher> make_plain_watcher(const WatchSetting& setting, const WatchStreams& streams);

/// Failures, and the end.
std::unique_ptr<Watcher> make_quiet_watcher(const WatchSetting& setting, const WatchStreams& streams);

/// One JSON object a line on `results`: PROTOCOL.md, "run --json".
std::unique_ptr<Watcher> make_json_watcher(const WatchSetting& setting, const WatchStreams& streams);

}  // namespace pia::farm
