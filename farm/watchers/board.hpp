// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "farm/watcher.hpp"
#include "farm/watchers/eta.hpp"

namespace pia::farm {

/// What a display of a run needs to know of the place it is in.
struct WatchSetting {
  std::function<scheduler::TimePoint()> now;  ///< a monotonic clock
  std::string working_directory;              ///< paths under it are shown relative to it
  std::string program = "pia-farm";           ///< as the user would type it
  std::string render_flags = {};  ///< what run and render need to do the same again: "--renderer fake "
  std::string run_flags = {};     ///< what run needs besides: "--workers 3 "
  std::optional<jobs::ShotId> only = {};  ///< the shot that `render --shot` names
  std::string job_words;  ///< what follows a verb to name the same job: "--set steps=4 jobs/a.toml"
};

/// What a worker is at.
struct WorkerView {
  std::string shot;  ///< name; empty while it has none
  jobs::ShotId id;
  int attempt = 1;
  renderer::Progress progress;
};

/// A run as a display sees it.
struct Board {
  std::string job;
  std::string out;
  std::string device;
  int shots = 0;
  int done_before = 0;
  int done_now = 0;
  int failed = 0;
  int threads = 1;
  bool draining = false;
  bool rule_made = false;  ///< a model of the plan is the tiny rule-made one
  std::vector<WorkerView> workers;
  int done() const { return done_before + done_now; }
  int left() const { return shots - done() - failed; }
};

/// Keeps a Board and an Eta up to date; what is shown of them is up to the classes made from it, which get
/// the event after the board has.
class BoardWatcher : public Watcher {
 public:
  explicit BoardWatcher(WatchSetting setting) : setting_(std::move(setting)), eta_(1) {}

  void started(const Start& start) final;
  void assigned(scheduler::WorkerId worker, const jobs::PlannedShot& shot, int attempt) final;
  void progressed(scheduler::WorkerId worker, const jobs::PlannedShot& shot,
                  const renderer::Progress& progress) final;
  void committed(scheduler::WorkerId worker, const jobs::PlannedShot& shot, const Made& made) final;
  void stopped(scheduler::WorkerId worker, const jobs::PlannedShot& shot, int step) final;
  void attempt_failed(scheduler::WorkerId worker, const jobs::PlannedShot& shot, int attempt,
                      const std::string& reason) final;
  void gave_up(const jobs::PlannedShot& shot, const std::string& reason) final;
  void videos_made(const jobs::PlannedShot& shot, const VideosMade& videos) final;
  void draining() final;

 protected:
  /// A detail is for logs; where a live block shows it anyway it is left out.
  enum class Loudness { detail, result, complaint };
  /// A line for people about something that happened, without a line end. The only thing most displays add.
  virtual void say(Loudness loudness, const std::string& line) = 0;
  virtual void board_changed() {}

  const Board& board() const { return board_; }
  const Eta& eta() const { return eta_; }
  const WatchSetting& setting() const { return setting_; }
  double seconds_since_start() const;
  std::string shown_path(const std::string& under_run_directory) const;

 private:
  WorkerView& view(scheduler::WorkerId worker);
  double wall_of(scheduler::WorkerId worker) const;
  std::string newest_log(const jobs::ShotId& shot, int attempt) const;

  WatchSetting setting_;
  Board board_;
  Eta eta_;
  scheduler::TimePoint start_{setting_.now()};
  std::map<int, scheduler::TimePoint> assigned_at_;
  std::set<jobs::ShotId> unheard_of_;  ///< handed out, and no step of them told yet
  std::set<jobs::ShotId> rendered_;    ///< in this run: where their videos are is no news
};

/// The command that renders one shot again.
std::string repeat_command(const WatchSetting& setting, const jobs::ShotId& shot);

/// "12 of 161 done, 1 failed, 148 left".
std::string counts_words(const Board& board);

}  // namespace pia::farm
