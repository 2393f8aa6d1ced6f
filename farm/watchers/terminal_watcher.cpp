// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>

#include "farm/watchers/closing.hpp"
#include "farm/watchers/watchers.hpp"
#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

constexpr std::chrono::milliseconds kRedrawPause{100};

class TerminalWatcher final : public BoardWatcher {
 public:
  TerminalWatcher(const WatchSetting& setting, const WatchStreams& streams, const TerminalParts& parts)
      : BoardWatcher(setting), streams_(streams), parts_(parts) {}
  TerminalWatcher(const TerminalWatcher&) = delete;
  TerminalWatcher& operator=(const TerminalWatcher&) = delete;
  ~TerminalWatcher() override { draw({}); }

  void notice(const std::string& sentence) override { say(Loudness::complaint, printable(sentence)); }

  void tick(scheduler::TimePoint) override { draw_if_due(); }

  void finished(const Summary& summary) override {
    draw({});
    const Closing closing = closing_words(summary, board(), this->setting());
    streams_.results.put(closing.made + closing.pages + closing.complaints);
    if (parts_.elsewhere == TerminalParts::Elsewhere::yes) streams_.diagnostics.put(closing.complaints);
  }

 protected:
  void say(Loudness loudness, const std::string& line) override {
    if (loudness == Loudness::detail) return;
    const bool red = loudness == Loudness::complaint && parts_.look().colour == Look::Colour::yes;
    // What went well fits into a row; of what went wrong every word counts.
    const auto room = static_cast<std::size_t>(std::max(1, parts_.look().columns - 1));
    const std::string shown = loudness == Loudness::result ? squeezed(line, room) : line;
    lines_.push_back(red ? "\x1b[31m" + shown + "\x1b[0m" : shown);
    if (loudness == Loudness::complaint && parts_.elsewhere == TerminalParts::Elsewhere::yes) {
      streams_.diagnostics.put(line + "\n");
    }
  }

  void board_changed() override { draw_if_due(); }

 private:
  void draw_if_due() {
    const scheduler::TimePoint now = this->setting().now();
    if (now - drawn_at_ < kRedrawPause && drawn_at_ != scheduler::TimePoint{}) return;
    // A terminal that is held (Ctrl-S) gets the newest block when it goes on, not all that it missed.
    if (!streams_.results.flush()) return;
    drawn_at_ = now;
    draw(block_lines({.board = board(), .eta = eta(), .now = now, .elapsed = seconds_since_start()},
                     parts_.look()));
  }

  void draw(const std::vector<BlockLine>& block) {
    if (block.empty() && block_.empty() && lines_.empty()) return;
    streams_.results.put(redraw(block_, lines_, block, parts_.look().columns));
    block_ = block;
    lines_.clear();
  }

  WatchStreams streams_;
  TerminalParts parts_;
  std::vector<std::string> lines_;
  std::vector<BlockLine> block_;
  scheduler::TimePoint drawn_at_{};
};

}  // namespace

std::unique_ptr<Watcher> make_terminal_watcher(const WatchSetting& setting, const WatchStreams& streams,
                                               const TerminalParts& parts) {
  return std::make_unique<TerminalWatcher>(setting, streams, parts);
}

}  // namespace pia::farm
