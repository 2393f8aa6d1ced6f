// SPDX-License-Identifier: Apache-2.0
#include "farm/launcher/launcher.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>

#include "farm/launcher/prepare.hpp"
#include "farm/launcher/programs.hpp"
#include "farm/launcher/pulse_watch.hpp"
#include "farm/launcher/slurm_client.hpp"
#include "farm/run_files.hpp"
#include "farm/run_loop.hpp"
#include "farm/run_rules.hpp"
#include "farm/watchers/stream.hpp"
#include "farm/worker_command.hpp"
#include "jobs/core/error.hpp"
#include "slurm/drain.hpp"
#include "slurm/generation.hpp"

namespace pia::farm {
namespace {

using Clock = std::chrono::steady_clock;
using jobs::ExitCode;
using slurm::DrainCause;

// Where the silence allowed is a test's.
constexpr double kShortestEnd = 2;
// What a stuck reader may cost of the moments before a requeue.
constexpr std::chrono::seconds kLastWords{1};
/// How long srun may take from where nothing more is to be expected of its ranks.
class LastMinutes {
 public:
  LastMinutes(const RunningProgram& srun, double seconds) : srun_(srun), seconds_(seconds) {}

  /// True the first time.
  bool begin() {
    if (end_ != Clock::time_point::max()) return false;
    end_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(seconds_);
    return true;
  }
  void time_goes_by() const {
    if (Clock::now() > end_) srun_.signal(SIGKILL);
  }

 private:
  const RunningProgram& srun_;
  std::chrono::duration<double> seconds_;
  Clock::time_point end_ = Clock::time_point::max();
};

class Launcher {
 public:
  Launcher(const jobs::Plan& plan, const jobs::Site& site, const LaunchOptions& options, Watcher& watcher)
      : plan_(plan),
        site_(site),
        options_(options),
        watcher_(watcher),
        stops_(options.stops),
        facts_(ask_about_job(options.place.job.id)),
        run_(plan, watcher,
             {.job = options.place.job,
              .job_runs = ask_whether_it_runs,
              .stop_asked = [this] { return stops_.asked(); },
              .turn = options.turn}) {}

  ExitCode live() {
    const ExitCode code = live_through_generations();
    // Slurm gives no time for it before a requeue, and the next start writes one at once.
    const bool may_begin_again = code == ExitCode::run_again && stops_.cause() != DrainCause::none;
    if (may_begin_again) {
      output_.break_off(kLastWords);
      errors_.break_off(kLastWords);
    }
    if (!may_begin_again || stops_.cause() == DrainCause::person)
      write_last_report(options_.reports, run_.epoch(), watcher_);
    return code;
  }

 private:
  ExitCode live_through_generations() {
    refuse_to_mix(run_.history().device, plan_.out, options_.told.renderer);
    const bool is_kept = run_.files().exists(plan_file(plan_.out));
    if (command_ == RunStarted::Command::anew || !is_kept) run_.adopt(plan_);
    only_ = command_ == RunStarted::Command::anew ? options_.only : run_.history().only;
    chosen_ = limited(plan_, only_);
    Measured measured = measure(run_, chosen_, options_.told.renderer, watcher_);
    generations_.kept = measured.kept;
    while (true) {
      if (measured.all_done) return nothing_to_do(measured);
      if (stops_.asked()) return ExitCode::run_again;
      const std::string how = run_generation();
      const std::optional<Measured> stock = try_to_take_stock();
      if (stock) measured = *stock;
      leave_out_silent_nodes();
      const slurm::Verdict verdict = judge(generations_, end_of_generation(how, measured));
      if (!verdict.sentence.empty()) watcher_.notice(verdict.sentence);
      if (verdict.next == slurm::Verdict::Next::stop) return verdict.code;
      if (!stock) measured = take_stock(run_, chosen_, options_.told.renderer, watcher_);
      command_ = RunStarted::Command::goes_on;
      if (is_stopped_within(verdict.pause)) return ExitCode::run_again;
    }
  }

  bool is_stopped_within(std::chrono::seconds pause) {
    const auto end = Clock::now() + pause;
    while (!stops_.asked() && Clock::now() < end) {
      pollfd watched{.fd = stops_.descriptor(), .events = POLLIN, .revents = 0};
      poll(&watched, 1, 1000);
      beat_.time_goes_by();
    }
    return stops_.asked();
  }

  /// A drain needs no disk that takes something: the next start looks for itself what is done.
  std::optional<Measured> try_to_take_stock() {
    try {
      return take_stock(run_, chosen_, options_.told.renderer, watcher_);
    } catch (const jobs::StorageError& error) {
      watcher_.notice(error.what());
      run_.read_again(watcher_);
      return std::nullopt;
    }
  }

  ExitCode nothing_to_do(const Measured& measured) {
    const std::string device = device_kind(options_.told.renderer, options_.told.device);
    watcher_.started({.plan = chosen_,
                      .workers = 1,
                      .threads = run_.history().threads.value_or(1),
                      .done_before = static_cast<int>(measured.found.done.size()),
                      .done = {measured.found.done.begin(), measured.found.done.end()},
                      .device = device});
    Summary summary;
    summary.shots = summary.done_before = static_cast<int>(chosen_.shots.size());
    watcher_.finished(summary);
    return ExitCode::all_done;
  }

  std::vector<slurm::NodeRanks> ranks() {
    // The nodes may have become fewer since the last generation.
    if (generations_.number > 1) {
      if (auto now = ask_about_job(options_.place.job.id)) facts_ = std::move(now);
    }
    if (!facts_) {
      throw jobs::Error(ExitCode::unavailable,
                        "scontrol says nothing of job " + options_.place.job.id +
                            ", so its nodes are unknown; submit it again when Slurm answers");
    }
    auto nodes = slurm::ranks_of(slurm::without(facts_->nodes, silent_nodes_), options_.ranks);
    if (nodes.empty()) {
      throw jobs::Error(ExitCode::unavailable,
                        "job " + options_.place.job.id + " has no node; submit it again");
    }
    return nodes;
  }

  int cores_a_worker(const std::vector<slurm::NodeRanks>& ranks) const {
    int fewest = 0;
    for (const slurm::NodeRanks& node : ranks) {
      for (const slurm::NodeShare& share : facts_->nodes) {
        if (share.name != node.node) continue;
        const int cores = share.cpus / node.ranks;
        fewest = fewest == 0 ? cores : std::min(fewest, cores);
      }
    }
    return fewest;
  }

  slurm::Step step(const std::vector<slurm::NodeRanks>& ranks, int threads) const {
    slurm::Step step{.ranks = ranks,
                     .name = "pia-farm-" + std::to_string(generations_.number),
                     .command = {beside_this_program("pia-farm-rank")}};
    RankOptions told = options_.told;
    told.epoch = run_.epoch();
    told.threads = threads;
    const std::vector<std::string> words = rank_arguments(told);
    step.command.insert(step.command.end(), words.begin(), words.end());
    return step;
  }

  /// Returns how srun ended, in words.
  std::string run_generation() {
    const auto nodes = ranks();
    int workers = 0;
    for (const slurm::NodeRanks& node : nodes) workers += node.ranks;
    const int threads = prepare(run_,
                                {.plan = chosen_,
                                 .site = site_,
                                 .renderer = options_.told.renderer,
                                 .fake_step_seconds = options_.told.fake_step_seconds,
                                 .device = options_.told.device,
                                 .workers = workers,
                                 .cores_a_worker = cores_a_worker(nodes),
                                 .command = command_,
                                 .only = only_,
                                 .slurm_job = options_.place.job.id},
                                watcher_);
    const slurm::Step wanted = step(nodes, threads);
    // A step that waits for a lost node to end keeps its share of the other nodes.
    std::vector<std::string> environment = {"SLURM_OVERLAP=1"};
    if (const std::string hosts = slurm::host_file(wanted); !hosts.empty()) {
      const std::string file = worker_log_folder(plan_.out) + "/ranks-" + std::to_string(run_.epoch());
      storage::replace_file(run_.files(), file, std::as_bytes(std::span(hosts)),
                            "e" + std::to_string(run_.epoch()));
      environment.push_back("SLURM_HOSTFILE=" + file);
    }
    ranks_ = nodes;
    RunningProgram srun(slurm::srun_command(wanted), environment);
    const Reporter reporter(options_.reports, run_.epoch());
    return watch_over(srun);
  }

  std::string watch_over(RunningProgram& srun) {
    bool told = false;
    PulseWatch pulse{std::chrono::duration<double>(options_.told.silence), unmet_};
    LastMinutes last(srun, std::max(kShortestEnd, options_.told.silence));
    while (true) {
      pollfd watched[] = {{.fd = srun.descriptor(), .events = POLLIN, .revents = 0},
                          {.fd = stops_.descriptor(), .events = POLLIN, .revents = 0},
                          {.fd = srun.output().descriptor(), .events = POLLIN, .revents = 0},
                          {.fd = srun.errors().descriptor(), .events = POLLIN, .revents = 0}};
      poll(watched, 4, 1000);
      pulse.listen(Clock::now().time_since_epoch());
      while (pass_on(srun, pulse)) continue;
      if (pulse.take_loss()) look_for_silent_nodes();
      if (watched[0].revents != 0) {
        began_ = pulse.was_heard();
        unmet_ = began_ ? 0 : unmet_ + (pulse.was_born() ? 1 : 0);
        return srun.wait();
      }
      if (stops_.asked() && !told) {
        told = true;
        ask_to_stop(srun);
      }
      // Too late for a step to end: what the last checkpoint holds is kept.
      if (stops_.asked_to_stop_at_once()) srun.signal(SIGKILL);
      beat_.time_goes_by();
      // Longer it takes only to wait for a node that does not answer.
      if (pulse.is_through()) last.begin();
      if (pulse.is_silent() && last.begin()) give_up(srun, pulse);
      last.time_goes_by();
    }
  }

  /// True if there was something.
  bool pass_on(RunningProgram& srun, PulseWatch& pulse) {
    const std::string output = srun.output().read();
    const std::string errors = srun.errors().read();
    output_.put(output);
    errors_.put(pulse.hear(errors));
    output_.flush();
    errors_.flush();
    return !output.empty() || !errors.empty();
  }

  void look_for_silent_nodes() {
    run_.read_again(watcher_);
    leave_out_silent_nodes();
  }

  /// A rank 0 that was given up may have been the one that was cut off from all others.
  void leave_out_silent_nodes() {
    if (trouble_.empty()) leave_out(slurm::silent_nodes(ranks_, run_.history().silent_workers));
  }

  void give_up(RunningProgram& srun, const PulseWatch& pulse) {
    const std::string seconds =
        std::to_string(static_cast<long long>(std::ceil(pulse.patience().count()))) + " s";
    const std::string& node = ranks_.front().node;
    const bool met = pulse.was_heard() || !pulse.was_born();
    trouble_ = met ? "rank 0 on " + node + " has not been heard of for " + seconds
                   : "the ranks have not met within " + seconds;
    watcher_.notice(trouble_ + ": its step is ended");
    // Whose fault it is that they don't meet is not known.
    if (met) leave_out({node});
    srun.signal(SIGTERM);  // srun kills the ranks
  }

  void ask_to_stop(const RunningProgram& srun) {
    if (stops_.cause() == DrainCause::clock)
      watcher_.notice("the job's time is nearly over: every shot stops at its next step");
    srun.signal(SIGUSR1);
  }

  /// Slurm may not have noticed, or never will: a node can be silent and answer to Slurm. The last node
  /// stays.
  void leave_out(const std::vector<std::string>& nodes) {
    const std::size_t before = silent_nodes_.size();
    for (const std::string& node : nodes) {
      const auto left = std::count_if(ranks_.begin(), ranks_.end(), [this](const slurm::NodeRanks& ranks) {
        return !silent_nodes_.contains(ranks.node);
      });
      if (left < 2 || !silent_nodes_.insert(node).second) continue;
      watcher_.notice(node + " is left out from now on: none of its workers was heard of");
    }
    if (silent_nodes_.size() > before) give_back_silent_nodes();
  }

  /// As soon as Slurm finds a node down too, it ends every job that has it, to run it again.
  void give_back_silent_nodes() {
    const std::string& job = options_.place.job.id;
    if (auto now = ask_about_job(job)) facts_ = std::move(now);
    const std::vector<std::string> kept = slurm::nodes_to_keep(facts_->nodes, silent_nodes_);
    if (kept.empty() || kept.size() == facts_->nodes.size()) return;
    const std::string refusal = keep_only(job, kept);
    if (!refusal.empty())
      watcher_.notice("Slurm does not take silent nodes back (" + refusal +
                      "); if it finds them down, it runs the job again");
  }

  slurm::GenerationEnd end_of_generation(const std::string& how, const Measured& measured) {
    slurm::GenerationEnd end{.trouble = std::exchange(trouble_, ""),
                             .how = "srun " + how,
                             .began = began_,
                             .drained = stops_.cause() != DrainCause::none,
                             .kept = measured.kept};
    if (const auto& finished = run_.history().finished) {
      end.said = finished->code;
      if (!finished->trouble.empty()) end.trouble = finished->trouble;
      end.drained |= finished->drained;
      if (finished->drained) stops_.others_were_told();
    }
    return end;
  }

  const jobs::Plan& plan_;
  const jobs::Site& site_;
  const LaunchOptions& options_;
  Watcher& watcher_;
  BatchStops& stops_;
  std::optional<slurm::JobFacts> facts_;
  OwnedRun run_;
  slurm::Generations generations_;
  std::vector<jobs::ShotId> only_;       ///< what the command chose; empty: all
  jobs::Plan chosen_;                    ///< the plan of it
  std::vector<slurm::NodeRanks> ranks_;  ///< of the last generation
  std::set<std::string> silent_nodes_;
  std::string trouble_;  ///< with the generation that runs or ran last, as the launcher saw it
  bool began_ = false;   ///< that generation
  int unmet_ = 0;        ///< generations in a row that were born, but not seen to meet
  Stream output_{STDOUT_FILENO};
  Stream errors_{STDERR_FILENO};
  RunStarted::Command command_ = options_.command;
  SlowBeat beat_{[this] { run_.beat(watcher_); }};
};

}  // namespace

ExitCode launch(const jobs::Plan& plan, const jobs::Site& site, const LaunchOptions& options,
                Watcher& watcher) {
  try {
    Launcher launcher(plan, site, options, watcher);
    const ExitCode code = launcher.live();
    if (code != ExitCode::run_again || options.stops.cause() == DrainCause::none) return code;
  } catch (const storage::FencedOff&) {
    throw jobs::Error(ExitCode::run_again,
                      plan.out + " was taken over by another run; nothing more was written by this one");
  }
  options.stops.end(watcher);
  return ExitCode::run_again;
}

}  // namespace pia::farm
