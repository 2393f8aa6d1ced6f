// SPDX-License-Identifier: Apache-2.0
#include "farm/rank/coordinating.hpp"

#include <unistd.h>

#include <chrono>
#include <memory>

#include "farm/clocks.hpp"
#include "farm/rank/pulse.hpp"
#include "farm/rank/rank_transport.hpp"
#include "farm/run_directory.hpp"
#include "farm/run_loop.hpp"
#include "farm/run_rules.hpp"
#include "farm/tenure.hpp"
#include "farm/videos.hpp"
#include "jobs/core/error.hpp"
#include "storage/shot_store.hpp"

namespace pia::farm {
namespace {

constexpr std::chrono::seconds kFarewellPatience{30};

jobs::Plan kept_plan(storage::FileOps& files, const std::string& run_directory) {
  auto plan = read_plan(files, run_directory);
  if (!plan) {
    throw jobs::Error(jobs::ExitCode::unavailable,
                      run_directory +
                          " holds no plan.json, or is not shared by all nodes; put the run directory on a "
                          "shared file system with --out");
  }
  plan->out = run_directory;
  return std::move(*plan);
}

RunHistory read_history(storage::FileOps& files, const std::string& run_directory) {
  std::vector<std::string> complaints;  // the launcher has told them
  return fold(storage::replay(files, run_directory).records, complaints);
}

/// By the journal and the files' sizes alone.
Coordinator::Found find_by_journal(storage::FileOps& files, const jobs::Plan& plan,
                                   const RunHistory& history) {
  const storage::ShotStore store(files, plan.out);
  Coordinator::Found found;
  found.gpus = history.gpus;
  for (const jobs::PlannedShot& shot : plan.shots) {
    const auto recorded = history.committed.find(shot.id);
    if (recorded == history.committed.end() || store.size(shot.id) != recorded->second) continue;
    found.done.push_back(shot.id);
    if (!lacking_formats(shot, plan.output, plan.out).empty()) found.without_videos.push_back(shot.id);
  }
  for (const auto& [shot, story] : history.shots) {
    const bool spent = story.failed_attempts > 0 || story.gave_up;
    if (spent)
      found.spent.push_back({shot, story.failed_attempts, story.gave_up, story.reason, story.out_of_memory});
  }
  return found;
}

/// Signs of life in the time that makes a rank a silent one: one may be late, or five.
constexpr double kSignsInSilence = 6;

/// Before anything that may wait for a disk.
std::unique_ptr<Pulse> pulse_for(const RankOptions& options) {
  if (options.epoch == 0) return nullptr;
  return std::make_unique<Pulse>(STDERR_FILENO,
                                 std::chrono::duration<double>(options.silence / kSignsInSilence));
}

/// With more than a quarter of the workers lost a launcher begins again without them; nobody else could.
int losses_tolerated(const RankOptions& options, int workers) {
  return options.epoch == 0 ? workers : workers / 4;
}

/// Whose epoch rank 0 works under: the launcher's, or its own.
class Standing {
 public:
  Standing(storage::FileOps& files, const RankOptions& options, Watcher& watcher)
      : files_(files), options_(options), watcher_(watcher) {
    if (options.epoch == 0) {
      own_.emplace(files, options.run_directory,
                   Claimant{.nonce = options.nonce,
                            .job = slurm::job_run_from(options.slurm_job).value_or(slurm::JobRun{})},
                   watcher);
    }
  }
  std::uint64_t epoch() const { return own_ ? own_->epoch() : options_.epoch; }

  /// Shows or asks that nobody took over. A disk that is away proves nothing.
  void beat() {
    if (own_) return own_->beat(watcher_);
    try {
      storage::check_epoch(files_, options_.run_directory, options_.epoch);
    } catch (const jobs::StorageError& error) {
      watcher_.notice(error.what());
    }
  }

  void give_back() {
    if (!own_) return;
    own_->check();
    sweep_leftovers(files_, options_.run_directory, epoch() + 1);
    own_->release();
  }

 private:
  storage::FileOps& files_;
  const RankOptions& options_;
  Watcher& watcher_;
  std::optional<Tenure> own_;
};

struct RankZeroParts {
  MpiWorld& world;
  const RankOptions& options;
  const RankPlace& here;
  Watcher& watcher;
  const Reports& reports;
  storage::FileOps& files;
};

class RankZero {
 public:
  explicit RankZero(const RankZeroParts& parts)
      : parts_(parts),
        pulse_(pulse_for(parts.options)),
        whole_(kept_plan(parts.files, parts.options.run_directory)),
        standing_(parts.files, parts.options, parts.watcher),
        reporter_(parts.options.epoch == 0 ? std::make_unique<Reporter>(parts.reports, standing_.epoch())
                                           : nullptr),
        history_(read_history(parts.files, whole_.out)),
        plan_(limited(whole_, history_.only)),
        journal_(parts.files, plan_.out, standing_.epoch(), history_.next_sequence),
        store_(parts.files, plan_.out),
        end_(parts.world, own_transport_),
        coordinator_({.plan = plan_,
                      .workers = end_,
                      .journal = journal_,
                      .store = store_,
                      .watcher = parts.watcher,
                      .epoch = standing_.epoch(),
                      .worker_count = parts.world.size(),
                      .silence = std::chrono::duration<double>(parts.options.silence),
                      .losses_tolerated = losses_tolerated(parts.options, parts.world.size()),
                      .wall_at_zero = wall_at_zero()},
                     policy_of(parts.options.attempts, parts.options.device)) {}

  Summary live() {
    const Coordinator::Found found = find_by_journal(parts_.files, plan_, history_);
    give_orders();
    announce(found);
    const Summary summary = run_to_end({.coordinator = coordinator_,
                                        .journal = journal_,
                                        .watcher = parts_.watcher,
                                        .signals = signals_,
                                        .supervisors = supervisors_,
                                        .beat = [this] { standing_.beat(); },
                                        .wait =
                                            [this](const std::vector<pollfd>& watched) {
                                              signs_.give(own_transport_.worker({0}), parts_.here);
                                              pause_.wait(parts_.world, watched);
                                              show_life();
                                            },
                                        .second_signal = SecondSignal::says_the_same},
                                       found);
    for (const scheduler::WorkerId worker : coordinator_.silent_workers()) {
      parts_.world.leave_behind(worker.value);
    }
    SlowBeat beat([this] { standing_.beat(); });
    part_with(parts_.world, kFarewellPatience, [&] {
      beat.time_goes_by();
      show_life();
    });
    return summary;
  }

  void give_back() {
    if (reporter_) reporter_->finish(parts_.watcher);
    standing_.give_back();
  }

 private:
  void show_life() {
    if (!pulse_) return;
    pulse_->turn();
    const std::size_t lost = coordinator_.silent_workers().size();
    if (lost == losses_told_ || journal_.dirty()) return;
    losses_told_ = lost;
    pulse_->tell_of_a_loss();
  }

  void give_orders() {
    const Orders orders{.run_directory = plan_.out,
                        .renderer = parts_.options.renderer,
                        .device = parts_.options.device,
                        .threads = parts_.options.threads,
                        .checkpoint_every = parts_.options.checkpoint_every,
                        .fake_step_seconds = parts_.options.fake_step_seconds,
                        .sign_every = parts_.options.silence / kSignsInSilence,
                        .digest_file = parts_.options.digest_file,
                        .scratch = parts_.options.scratch};
    for (int rank = 1; rank < parts_.world.size(); ++rank) {
      parts_.world.send(rank, Tag::orders, to_text(orders));
    }
    if (const auto reason = idle_reason(orders, parts_.here)) {
      own_transport_.worker({0}).send(WorkerLost{*reason});
      return;
    }
    supervisors_.push_back(
        std::make_unique<Supervisor>(own_transport_.worker({0}), renderer_command(orders, parts_.here), 0));
  }

  void announce(const Coordinator::Found& found) {
    parts_.watcher.started({.plan = plan_,
                            .workers = parts_.world.size(),
                            .threads = parts_.options.threads,
                            .done_before = static_cast<int>(found.done.size()),
                            .done = {found.done.begin(), found.done.end()},
                            .device = device_kind(parts_.options.renderer, parts_.options.device)});
  }

  RankZeroParts parts_;
  std::unique_ptr<Pulse> pulse_;  ///< where there is a launcher to hear it
  StopSignals signals_;
  jobs::Plan whole_;
  Standing standing_;
  std::unique_ptr<Reporter> reporter_;  ///< where there is no launcher to write reports
  RunHistory history_;
  jobs::Plan plan_;  ///< what the command chose
  storage::Journal journal_;
  storage::ShotStore store_;
  InProcessTransport own_transport_{1};
  CoordinatorRankEnd end_;
  Coordinator coordinator_;
  std::vector<std::unique_ptr<Supervisor>> supervisors_;  ///< one, or none if this rank stands idle
  std::size_t losses_told_ = 0;
  SignsOfLife signs_{parts_.options.silence / kSignsInSilence};
  Pause pause_;
};

}  // namespace

int coordinate(MpiWorld& world, const RankOptions& options, const RankPlace& here, const RunVoice& voice) {
  const auto files = storage::make_posix_file_ops();
  RankZero zero({.world = world,
                 .options = options,
                 .here = here,
                 .watcher = voice.watcher,
                 .reports = voice.reports,
                 .files = *files});
  const Summary summary = zero.live();
  zero.give_back();
  voice.watcher.finished(summary);
  return static_cast<int>(exit_code(summary));
}

}  // namespace pia::farm
