// SPDX-License-Identifier: Apache-2.0
#include "farm/run_loop.hpp"

#include <poll.h>
#include <signal.h>

#include <algorithm>

#include "farm/clocks.hpp"
#include "farm/run_rules.hpp"

namespace pia::farm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kBeat{5};
// All is done by then: the journal gets its last record, a renderer need only end.
constexpr std::chrono::seconds kEndPatience{10};

class RunLoop {
 public:
  explicit RunLoop(const RunLoopParts& parts) : parts_(parts), beat_(parts.beat) {}

  Summary live(const Coordinator::Found& found) {
    const auto start = Clock::now();
    parts_.coordinator.begin(found, steady_now());
    while (!parts_.coordinator.finished() && !stop_now_) turn();
    if (!stop_now_) finish();
    for (const auto& supervisor : parts_.supervisors) supervisor->kill_now();
    Summary summary = parts_.coordinator.summary();
    summary.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return summary;
  }

 private:
  void turn() {
    pump_supervisors();
    parts_.coordinator.pump(steady_now());
    // What it has just said need not wait for the next turn.
    pump_supervisors();
    parts_.watcher.tick(steady_now());
    beat_.time_goes_by();
    if (!parts_.coordinator.finished()) wait();
  }

  void finish() {
    parts_.journal.append(storage::RecordType::run_finished,
                          stamped(payload_of(end_of(parts_.coordinator.summary())), wall_seconds()));
    const auto deadline = Clock::now() + kEndPatience;
    do {
      parts_.coordinator.pump(steady_now());
    } while (!parts_.coordinator.finished() && patient(deadline));
    parts_.coordinator.dismiss_workers();
    while (!supervisors_finished() && patient(deadline)) {
      pump_supervisors();
      parts_.coordinator.pump(steady_now());
    }
  }

  bool patient(Clock::time_point deadline) {
    beat_.time_goes_by();
    wait();
    return Clock::now() < deadline && !stop_now_;
  }

  void pump_supervisors() {
    for (const auto& supervisor : parts_.supervisors) supervisor->pump();
  }

  bool supervisors_finished() const {
    return std::all_of(parts_.supervisors.begin(), parts_.supervisors.end(),
                       [](const auto& supervisor) { return supervisor->finished(); });
  }

  void wait() {
    std::vector<pollfd> watched = {{.fd = parts_.signals.descriptor(), .events = POLLIN, .revents = 0}};
    for (const auto& supervisor : parts_.supervisors) watched.push_back(supervisor->watched());
    parts_.wait(watched);
    const std::vector<int> came = parts_.signals.take_each();
    if (came.empty()) return;
    // One that comes with the first, or a terminal that goes away, is nobody's second wish.
    const bool wished =
        std::any_of(came.begin(), came.end(), [](int s) { return s == SIGINT || s == SIGTERM; });
    stop_now_ = stops_asked_ && wished && parts_.second_signal == SecondSignal::ends_at_once;
    stops_asked_ = true;
    parts_.coordinator.drain(steady_now());
  }

  RunLoopParts parts_;
  SlowBeat beat_;
  bool stops_asked_ = false;
  bool stop_now_ = false;
};

}  // namespace

Summary run_to_end(const RunLoopParts& parts, const Coordinator::Found& found) {
  return RunLoop(parts).live(found);
}

void SlowBeat::time_goes_by() {
  if (Clock::now() < next_) return;
  next_ = Clock::now() + kBeat;
  beat_();
}

bool ready_within(std::chrono::milliseconds time, std::vector<pollfd> watched) {
  return poll(watched.data(), watched.size(), static_cast<int>(time.count())) > 0;
}

}  // namespace pia::farm
