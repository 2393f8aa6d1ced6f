// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "farm/watchers/closing.hpp"
#include "farm/watchers/watchers.hpp"
#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

constexpr std::chrono::seconds kHeartbeat{30};

class PlainWatcher : public BoardWatcher {
 public:
  PlainWatcher(const WatchSetting& setting, const WatchStreams& streams)
      : BoardWatcher(setting), streams_(streams) {}

  void notice(const std::string& sentence) override { say(Loudness::complaint, printable(sentence)); }

  void tick(scheduler::TimePoint) override {
    streams_.results.flush();
    streams_.diagnostics.flush();
    if (this->setting().now() - last_line_ < kHeartbeat) return;
    const auto left = eta().seconds_left(this->setting().now());
    say(Loudness::result,
        counts_words(board()) + (left && *left >= 1 ? "; about " + duration_words(*left) + " to go" : ""));
  }

  void finished(const Summary& summary) override {
    end_with(closing_words(summary, board(), this->setting()));
  }

 protected:
  void end_with(const Closing& closing) {
    streams_.results.put(closing.made + closing.pages);
    streams_.diagnostics.put(closing.complaints);
  }

  void say(Loudness loudness, const std::string& line) override {
    last_line_ = this->setting().now();
    Stream& stream = loudness == Loudness::complaint ? streams_.diagnostics : streams_.results;
    stream.put(elapsed_stamp(seconds_since_start()) + " " + line + "\n");
  }

 private:
  WatchStreams streams_;
  scheduler::TimePoint last_line_{};
};

class QuietWatcher final : public PlainWatcher {
 public:
  using PlainWatcher::PlainWatcher;
  void tick(scheduler::TimePoint) override {}
  void finished(const Summary& summary) override {
    Closing closing = closing_words(summary, board(), this->setting());
    closing.pages.clear();
    end_with(closing);
  }

 protected:
  void say(Loudness loudness, const std::string& line) override {
    if (loudness == Loudness::complaint) PlainWatcher::say(loudness, line);
  }
};

}  // namespace

std::unique_ptr<Watcher> make_plain_watcher(const WatchSetting& setting, const WatchStreams& streams) {
  return std::make_unique<PlainWatcher>(setting, streams);
}

std::unique_ptr<Watcher> make_quiet_watcher(const WatchSetting& setting, const WatchStreams& streams) {
  return std::make_unique<QuietWatcher>(setting, streams);
}

}  // namespace pia::farm
