// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "farm/outbox.hpp"
#include "farm/readiness.hpp"
#include "farm/run_history.hpp"
#include "farm/silence_watch.hpp"
#include "farm/transport.hpp"
#include "farm/unproven_results.hpp"
#include "farm/video_queue.hpp"
#include "farm/watcher.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/staging_turns.hpp"
#include "storage/journal.hpp"
#include "storage/shot_store.hpp"

namespace pia::farm {

/// What a coordinator works with; all of it outlives it.
struct CoordinatorParts {
  const jobs::Plan& plan;
  CoordinatorEnd& workers;
  storage::Journal& journal;  ///< it is the only writer
  const storage::ShotStore& store;
  Watcher& watcher;
  std::uint64_t epoch = 0;  ///< of the lease it runs under
  int worker_count = 1;
  /// Workers in other processes that say nothing for so long are lost; nothing: all live in this process.
  std::optional<std::chrono::duration<double>> silence = {};
  int losses_tolerated = std::numeric_limits<int>::max();  ///< with more, the run stops to be started again
  double wall_at_zero = 0;  ///< seconds on the wall's clock when the monotonic one shows 0; 0: not known
};

/// Carries the scheduler's decisions out and its events in, and keeps the journal: nothing is handed out
/// before the journal says so, and a shot is done only when its file is in the store. One thread, never
/// blocks but for the disk.
class Coordinator {
 public:
  Coordinator(const CoordinatorParts& parts, const scheduler::Policy& policy);

  /// What is known at the start: shots found done, videos that are missing, and what an earlier generation of
  /// the same command has spent.
  struct Spent {
    jobs::ShotId shot;
    int failed_attempts = 0;
    bool gave_up = false;
    std::string reason;  ///< of the last failure
    bool out_of_memory = false;
  };
  struct Found {
    std::vector<jobs::ShotId> done;
    std::vector<jobs::ShotId> without_videos;
    std::vector<Spent> spent = {};
    std::map<GpuPlace, GpuHistory> gpus = {};
  };
  void begin(const Found& found, scheduler::TimePoint now);

  /// Handles every message that is there; `now` is of a monotonic clock.
  void pump(scheduler::TimePoint now);

  /// Stops at the next step of every shot.
  void drain(scheduler::TimePoint now);

  /// All is done or given up, and the videos are made; or a drain is over; or no worker is left.
  bool finished() const;

  /// Tells the workers to end.
  void dismiss_workers();

  const Summary& summary() const { return summary_; }

  /// Workers that were given up because they said nothing.
  const std::set<scheduler::WorkerId>& silent_workers() const { return silent_; }

 private:
  void take(scheduler::WorkerId worker, const Message& message);
  void take_videos_back(scheduler::WorkerId worker);
  void take_ready(scheduler::WorkerId worker, const Ready& ready);
  void take_commit(scheduler::WorkerId worker, const ShotCommitted& committed);
  void count_as_done(scheduler::WorkerId worker, const ShotCommitted& committed);
  void record(const ShotCommitted& committed);
  bool take_unsaid_commit(scheduler::WorkerId worker, const ShotFailed& failed);
  void look_for_unproven();
  void take_failure(scheduler::WorkerId worker, const ShotFailed& failed);
  void fail(scheduler::WorkerId worker, const ShotFailed& failed);
  void take_videos(const VideosMade& videos);
  void take_step(scheduler::WorkerId worker, const StepReached& step);
  void take_stop(scheduler::WorkerId worker, const ShotStopped& stopped);
  void take_loss(scheduler::WorkerId worker, const WorkerTrouble& trouble);
  void take_place(scheduler::WorkerId worker, const Alive& alive);
  void look_around();
  void look_for_lost_workers();
  void stop_if_too_few();
  void note(storage::RecordType type, const std::string& payload);
  void note_failure(scheduler::WorkerId worker, const ShotFailed& failed);
  StepsDone steps_on(scheduler::WorkerId worker) const;
  std::string name_of(scheduler::WorkerId worker) const;
  void let_go(scheduler::WorkerId worker);
  void look_for_silent_workers();
  void end_silent(scheduler::WorkerId worker, jobs::ShotId shot);
  void apply(const scheduler::Event& event);
  void carry_out(const scheduler::Assign& assign);
  void carry_out(const scheduler::StopShot& stop);
  void carry_out(const scheduler::KillRenderer& kill);
  void carry_out(const scheduler::RestWorker& rest);
  void carry_out(const scheduler::GiveUp& give_up);
  void carry_out(const scheduler::Dismiss&);
  void hand_out_videos();
  void take_spent(const std::vector<Spent>& spent);
  void begin_patience(scheduler::WorkerId worker, const Message& message);
  void send_out();
  void take_back_held();
  void begin_staging();
  bool is_running(const jobs::ShotId& shot) const;
  const jobs::PlannedShot* planned(const jobs::ShotId& shot) const;
  bool is_current(scheduler::WorkerId worker, const jobs::ShotId& shot, int attempt) const;

  CoordinatorParts parts_;
  scheduler::Scheduler scheduler_;
  int max_attempts_;
  scheduler::TimePoint now_{};
  std::optional<scheduler::TimePoint> looked_around_;
  ListeningClock clock_;  ///< of all patience with workers
  std::unordered_map<jobs::Digest, const jobs::PlannedShot*> planned_;
  struct Current {
    jobs::ShotId shot;
    int attempt = 0;
    std::optional<StepsDone> steps = {};  ///< nothing before the first word of it
  };
  std::map<scheduler::WorkerId, Current> running_;
  UnprovenResults unproven_;
  Outbox outbox_;
  VideoQueue videos_;
  std::map<jobs::ShotId, std::string> reasons_before_;  ///< of failures in earlier generations
  Readiness readiness_;
  std::set<scheduler::WorkerId> lost_;
  std::set<scheduler::WorkerId> silent_;  ///< of the lost
  SilenceWatch watch_;
  std::map<scheduler::WorkerId, Alive> places_;
  std::map<GpuPlace, GpuHistory> gpus_before_;  ///< in earlier generations
  scheduler::StagingTurns staging_;
  Summary summary_;
};

}  // namespace pia::farm
