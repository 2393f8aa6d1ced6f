// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "farm/message.hpp"

namespace pia::farm {

/// How a run ended, for people and for the exit code.
struct Summary {
  struct Failure {
    std::string name;
    jobs::ShotId shot;
    std::string reason;
  };
  int shots = 0;
  int done_before = 0;  ///< found in the store at the start
  int done_now = 0;
  std::vector<Failure> failures;  ///< shots given up
  std::vector<std::string> video_troubles;
  bool drained = false;  ///< stopped on request before the end
  std::string trouble;   ///< why nothing more can be done; empty normally
  double seconds = 0;
  int left() const { return shots - done_before - done_now - static_cast<int>(failures.size()); }
};

/// Follows a run: progress on a terminal, plain lines, JSON, or nothing. Called from the coordinator's
/// thread; must return quickly. Every function does nothing by default.
class Watcher {
 public:
  virtual ~Watcher() = default;
  struct Start {
    const jobs::Plan& plan;
    int workers = 1;
    int threads = 1;
    int done_before = 0;
    std::set<jobs::ShotId> done;  ///< which ones; as many as done_before
    std::string device;           ///< "cpu", "cuda", or "fake" in a rehearsal
  };
  virtual void started(const Start&) {}
  virtual void assigned(scheduler::WorkerId, const jobs::PlannedShot&, int /*attempt*/) {}
  virtual void progressed(scheduler::WorkerId, const jobs::PlannedShot&, const renderer::Progress&) {}
  struct Made {
    jobs::Timings timings = {};
    jobs::Measures measures = {};
  };
  virtual void committed(scheduler::WorkerId, const jobs::PlannedShot&, const Made&) {}
  virtual void stopped(scheduler::WorkerId, const jobs::PlannedShot&, int /*step*/) {}
  virtual void attempt_failed(scheduler::WorkerId, const jobs::PlannedShot&, int /*attempt*/,
                              const std::string& /*reason*/) {}
  virtual void gave_up(const jobs::PlannedShot&, const std::string& /*reason*/) {}
  virtual void videos_made(const jobs::PlannedShot&, const VideosMade&) {}
  virtual void notice(const std::string& /*sentence*/) {}
  /// Before anything else happens: somebody has the run directory, and is waited for.
  virtual void waiting(const std::string& /*run_directory*/, const std::string& sentence) {
    notice(sentence);
  }
  virtual void draining() {}
  virtual void tick(scheduler::TimePoint /*now*/) {}
  virtual void finished(const Summary&) {}
};

}  // namespace pia::farm
