// SPDX-License-Identifier: Apache-2.0
#include "farm/training/train_launcher.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "dsl/training_json.hpp"
#include "farm/child_process.hpp"
#include "farm/clocks.hpp"
#include "farm/run_files.hpp"
#include "farm/tenure.hpp"
#include "farm/training/common_checkpoint.hpp"
#include "farm/training/log_tail.hpp"
#include "farm/training/loss_curve.hpp"
#include "farm/training/train_event.hpp"
#include "farm/training/train_silence.hpp"
#include "farm/training/trained_model.hpp"
#include "farm/training/training_files.hpp"
#include "farm/training/training_status.hpp"
#include "farm/watchers/words.hpp"
#include "farm/worker_command.hpp"
#include "jobs/core/error.hpp"
#include "storage/temporary.hpp"
#include "storage/training_store.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;

constexpr double kBeatSeconds = 5;
constexpr double kReportSeconds = 20;
constexpr std::chrono::milliseconds kLook{100};
constexpr int kMostVainStarts = 3;
constexpr std::chrono::seconds kRest{1};
// Starts in a row in which no process said a word: what a killed one left in Slurm's way passes.
constexpr int kMostStillborn = 8;
constexpr int kMostDoublings = 3;
constexpr int kLateLooks = 60;
// For srun to end what hangs.
constexpr double kGraceSeconds = 60;

/// Why a generation of processes is over.
struct GenerationEnd {
  int wait_status = 0;
  bool began = false;  ///< one of them said a word
  bool asked_to_stop = false;
  bool stopped = false;           ///< as somebody asked
  std::optional<int> failed;      ///< with this exit code, as one of them said: srun and mpirun tell others
  bool finished = false;          ///< the model is written, as they said
  bool disk_refuses = false;      ///< the wish to stop
  std::optional<double> hung_at;  ///< when nothing had been heard of them for too long
  std::string last_words;         ///< its last notice
};

/// Errors of the user's, or of what surrounds him: another start would meet them again.
bool is_final(ExitCode code) {
  return code == ExitCode::bad_usage || code == ExitCode::bad_config || code == ExitCode::bad_input ||
         code == ExitCode::unavailable;
}

/// A run directory that this launcher owns.
class OwnedTraining {
 public:
  OwnedTraining(const TrainLaunch& launch, TrainDisplay& display)
      : launch_(launch),
        display_(display),
        folder_(launch.planned.out),
        silence_(std::chrono::duration_cast<scheduler::TimePoint>(launch.silence)) {
    require_ours();
    make_run_directory(*files_, folder_);
    files_->make_folders(folder_ + "/logs");
    tenure_.emplace(*files_, folder_,
                    Claimant{.job = launch.job,
                             .job_runs = launch.job_runs,
                             .stop_asked = [this] { return launch_.stop_asked() != StopWish::none; },
                             .turn = launch.turn},
                    display_);
    require_ours_now();
  }
  OwnedTraining(const OwnedTraining&) = delete;
  OwnedTraining& operator=(const OwnedTraining&) = delete;
  ~OwnedTraining() {
    try {
      tenure_->release();
    } catch (const std::exception&) {
      // Somebody else owns it, or the disk is away: nothing is ours to give back.
    }
  }

  TrainingEnd train() {
    if (is_trained(launch_.planned, *files_)) return already_there();
    adopt();
    const TrainingEnd end = generations();
    note(storage::RecordType::training_ended, ended_payload(end.code, trouble_));
    report(IsHeld::no_longer);
    if (end.code == ExitCode::all_done)
      display_.say("the trained model is in " + launch_.planned.training.output);
    return end;
  }

 private:
  /// Somebody may have begun and ended between a look at the directory and its taking.
  void require_ours_now() {
    try {
      require_ours();
    } catch (const jobs::Error&) {
      tenure_->release();
      throw;
    }
  }

  // A damaged record is written anew; the checkpoints know whose they are.
  std::optional<dsl::PlannedTraining> kept_training() {
    try {
      return read_training(*files_, folder_);
    } catch (const jobs::InputError&) {
      return std::nullopt;
    }
  }

  void require_ours() {
    require_replaceable(*files_, launch_.planned.training.output);
    const auto kept = kept_training();
    const bool renders = files_->exists(plan_file(folder_));
    if (!renders && (!kept || kept->training.name == launch_.planned.training.name)) {
      if (kept) require_unchanged(*kept);
      return;
    }
    throw jobs::Error(ExitCode::bad_config,
                      folder_ + " belongs to " +
                          (kept ? "the training \"" + kept->training.name + "\"" : "a job that renders") +
                          "; give this training another directory with --out, or another [job] name");
  }

  // Before anything is written: what is kept stays the record of what was trained. The checkpoints decide,
  // which are read only if something speaks for another training.
  void require_unchanged(const dsl::PlannedTraining& kept) {
    const auto curve = read_curve(text_of(*files_, curve_file(folder_)));
    const std::int64_t steps = launch_.planned.training.steps;
    const bool is_short = !curve.empty() && curve.back().step > steps;
    if (kept.identity == launch_.planned.identity && !is_short) return;
    const auto found =
        storage::TrainingStore(*files_, folder_).load(launch_.planned.identity, launch_.device);
    if (found.checkpoint && found.checkpoint->step > steps) {
      throw jobs::Error(ExitCode::bad_config, beyond_words(found.checkpoint->step, steps));
    }
    if (found.checkpoint || found.foreign.empty()) return;
    std::string lines;
    for (const std::string& change : dsl::training_changes(launch_.planned, kept)) lines += "\n  " + change;
    throw jobs::Error(ExitCode::bad_config,
                      lines.empty() ? foreign_words(found.foreign, folder_)
                                    : folder_ + " holds checkpoints of another training:" + lines + "\n" +
                                          mend_of_foreign(folder_));
  }

  TrainingEnd already_there() {
    if (!kept_training()) write_record();
    display_.say("nothing to do: the model is in " + launch_.planned.training.output);
    return {};
  }

  void write_record() {
    const std::string tag = "e" + std::to_string(tenure_->epoch());
    storage::replace_file(*files_, kept_job_file(folder_), bytes_of(launch_.job_text), tag);
    storage::replace_file(*files_, training_file(folder_), bytes_of(dsl::training_to_json(launch_.planned)),
                          tag);
  }

  void adopt() {
    sweep();
    write_record();
    const storage::Replay replay = storage::replay(*files_, folder_);
    const TrainingHistory history = fold_training(replay.records);
    next_sequence_ = history.next_sequence;
    const int ranks = launch_.ranks.count;
    started_ = {.ranks = ranks,
                .threads = launch_.threads > 0 ? launch_.threads : launch_.ranks.cores,
                .device = launch_.device,
                .trainer = launch_.program};
    if (!history.first) return;
    started_.threads = history.first->threads;
    if (!launch_.device_is_wished && !history.first->device.empty()) started_.device = history.first->device;
    if (history.first->ranks != ranks) {
      display_.say("this training began with " + std::to_string(history.first->ranks) + " and goes on with " +
                   std::to_string(ranks) +
                   " processes: sums are made in another order, so the last digits change");
    }
  }

  void sweep() {
    const std::uint64_t epoch = tenure_->epoch();
    storage::sweep_folder(*files_, folder_, epoch);
    storage::sweep_folder(*files_, folder_ + "/checkpoints", epoch);
    storage::sweep_folder(*files_, sample_folder(folder_), epoch);
  }

  void open_journal() { journal_.emplace(*files_, folder_, tenure_->epoch(), next_sequence_); }

  void note(storage::RecordType type, const std::string& payload) {
    next_sequence_ = journal_->append(type, payload) + 1;
    try {
      journal_->commit();
    } catch (const jobs::StorageError& error) {
      display_.say(error.what());
    }
  }

  std::vector<std::string> command() const {
    const bool is_here = launch_.ranks.nodes.empty();
    std::vector<std::string> program = {beside_this_program(launch_.program),
                                        "--run-directory",
                                        folder_,
                                        "--epoch",
                                        std::to_string(tenure_->epoch()),
                                        "--device",
                                        started_.device,
                                        "--threads",
                                        std::to_string(started_.threads),
                                        "--ranks",
                                        std::to_string(launch_.ranks.count),
                                        "--launcher",
                                        std::to_string(is_here ? getpid() : 0)};
    if (launch_.step_seconds > 0) {
      program.insert(program.end(), {"--step-seconds", std::to_string(launch_.step_seconds)});
    }
    return start_command(launch_.ranks, "pia-train-" + std::to_string(tenure_->epoch()), program);
  }

  std::vector<std::string> environment() const {
    const std::string threads = std::to_string(started_.threads);
    std::vector<std::string> variables = {"OMP_NUM_THREADS=" + threads, "MKL_NUM_THREADS=" + threads,
                                          "OMP_PROC_BIND=false", "OMP_WAIT_POLICY=passive",
                                          "HDF5_USE_FILE_LOCKING=FALSE"};
    if (launch_.ranks.nodes.empty()) return variables;
    // A step that waits for a lost node to end keeps its share of the other nodes.
    variables.emplace_back("SLURM_OVERLAP=1");
    const std::string hosts = slurm::host_file({.ranks = launch_.ranks.nodes});
    if (hosts.empty()) return variables;
    const std::string tag = "e" + std::to_string(tenure_->epoch());
    const std::string file = folder_ + "/logs/ranks";
    storage::replace_file(*files_, file, bytes_of(hosts), tag);
    variables.push_back("SLURM_HOSTFILE=" + file);
    return variables;
  }

  TrainingEnd generations() {
    int vain = 0;
    int stillborn = 0;
    while (true) {
      open_journal();
      note(storage::RecordType::training_started, started_payload(started_));
      const std::int64_t safe = safe_step_;
      const GenerationEnd end = generation();
      if (safe_step_ > safe) vain = 0;
      if (is_stillborn(end)) {
        ++stillborn;
      } else {
        stillborn = 0;
        ++vain;
      }
      const bool exited = WIFEXITED(end.wait_status) || end.failed;
      const auto code = end.failed                   ? static_cast<ExitCode>(*end.failed)
                        : WIFEXITED(end.wait_status) ? static_cast<ExitCode>(WEXITSTATUS(end.wait_status))
                                                     : ExitCode::internal;
      // An exit code proves nothing: srun has ended with 0 where Slurm had started no process at all.
      if (is_there(end)) return {};
      if (end.asked_to_stop || end.stopped) {
        display_.say("stopped; the same command goes on from step " + std::to_string(safe_step_));
        return {.code = ExitCode::run_again,
                .processes_were_told = !end.asked_to_stop,
                .kept_something = kept_something_};
      }
      const std::string how = ChildEnd{.wait_status = end.wait_status}.in_words() +
                              (exited && code == ExitCode::all_done ? " before the end" : "");
      // Of what killed it, it could say nothing.
      trouble_ =
          end.last_words.empty() || (!exited && !end.hung_at) ? launch_.program + " " + how : end.last_words;
      if (exited && is_final(code)) return {.code = code};
      if (vain >= kMostVainStarts || stillborn >= kMostStillborn) {
        display_.say("gave up after " + std::to_string(std::max(vain, stillborn)) +
                     " starts without a new checkpoint: " + trouble_ + "; " + train_log_file(folder_) +
                     " tells more");
        return {.code = ExitCode::internal};
      }
      display_.say(launch_.program + " " + how + "; it starts again from its last checkpoint");
      rest(kRest * (1 << std::clamp(stillborn - 1, 0, kMostDoublings)));
      if (launch_.stop_asked() != StopWish::none) {
        display_.say("stopped; the same command goes on from step " + std::to_string(safe_step_));
        return {.code = ExitCode::run_again, .kept_something = kept_something_};
      }
      tenure_->next_epoch();
      sweep();
    }
  }

  /// A network disk may show late what another node has written.
  bool is_there(const GenerationEnd& end) {
    bool there = is_trained(launch_.planned, *files_);
    for (int look = 0; end.finished && !there && look < kLateLooks; ++look) {
      rest(kRest);
      there = is_trained(launch_.planned, *files_);
    }
    return there;
  }

  void rest(std::chrono::seconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end && launch_.stop_asked() == StopWish::none) {
      std::this_thread::sleep_for(kLook);
      keep_alive();
    }
  }

  /// Slurm could not start its processes.
  bool is_stillborn(const GenerationEnd& end) const {
    return !end.began && !end.hung_at && !launch_.ranks.nodes.empty();
  }

  GenerationEnd generation() {
    GenerationEnd end;
    LogTail log(train_log_file(folder_));
    ChildProcess child(command(), environment(), train_log_file(folder_));
    silence_.begin();
    bool runs = true;
    while (runs) {
      std::this_thread::sleep_for(kLook);
      runs = !has_ended(child);
      silence_.listen(steady_now());
      for (const std::string& line : log.take()) take(line, end);
      if (runs) heed(launch_.stop_asked(), child, end);
      if (runs) look_for_a_hang(child, end);
      keep_alive();
    }
    for (const std::string& line : log.take()) take(line, end);
    display_.end();
    end.wait_status = child.kill_and_wait().wait_status;
    return end;
  }

  /// Not waited for yet, so that its process id stays its own.
  static bool has_ended(const ChildProcess& child) {
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid != 0;
  }

  void heed(StopWish wish, const ChildProcess& child, GenerationEnd& end) {
    if (wish != StopWish::none && !end.asked_to_stop) ask_to_stop(end);
    // After the wish: what srun started may outlive it for a while.
    if (wish != StopWish::now) return;
    end.asked_to_stop = true;
    kill(-child.pid(), SIGKILL);
  }

  void ask_to_stop(GenerationEnd& end) {
    try {
      storage::replace_file(*files_, stop_file(folder_, tenure_->epoch()), {},
                            "e" + std::to_string(tenure_->epoch()));
    } catch (const jobs::StorageError& error) {
      if (!end.disk_refuses) display_.say(error.what());
      end.disk_refuses = true;
      return;
    }
    end.asked_to_stop = true;
    const bool is_here = launch_.ranks.nodes.empty();
    display_.say(std::string("keeping a checkpoint after this step, then stopping") +
                 (is_here ? "; once more stops at once" : ""));
  }

  void look_for_a_hang(const ChildProcess& child, GenerationEnd& end) {
    if (end.hung_at) {
      if (steady_seconds() - *end.hung_at > kGraceSeconds) kill(-child.pid(), SIGKILL);
    } else if (silence_.is_too_long()) {
      end_silent(child, end);
    }
  }

  void end_silent(const ChildProcess& child, GenerationEnd& end) {
    end.hung_at = steady_seconds();
    const std::string words = "nothing was heard of " + launch_.program + " for " +
                              duration_words(std::chrono::duration<double>(silence_.limit()).count());
    display_.say(words + "; it is ended");
    if (!end.failed) end.last_words = words;
    // srun ends what it started on all nodes.
    kill(-child.pid(), launch_.ranks.nodes.empty() ? SIGKILL : SIGTERM);
  }

  void take(const std::string& line, GenerationEnd& end) {
    const auto event = read_event(line);
    if (!event) return;
    end.began = true;
    event->kind == TrainEvent::Kind::step ? silence_.heard_of_a_step() : silence_.heard();
    switch (event->kind) {
      case TrainEvent::Kind::started:
        safe_step_ = event->report.step;
        display_.begin(safe_step_, launch_.planned.training.steps, steady_seconds());
        if (safe_step_ > 0) display_.say("goes on from step " + std::to_string(safe_step_));
        break;
      case TrainEvent::Kind::step:
        display_.step_done(event->report, steady_seconds());
        break;
      case TrainEvent::Kind::checkpointed:
        safe_step_ = event->report.step;
        kept_something_ = true;
        note(storage::RecordType::training_checkpointed,
             checkpointed_payload(event->report.step, event->report.loss));
        break;
      case TrainEvent::Kind::notice:
        end.last_words = event->text;
        display_.say(event->text);
        break;
      case TrainEvent::Kind::alive:
        break;
      case TrainEvent::Kind::finished:
        end.finished = true;
        break;
      case TrainEvent::Kind::stopped:
        // Told of a hang by srun, they may say so, too.
        end.stopped = end.stopped || !end.hung_at;
        break;
      case TrainEvent::Kind::failed:
        end.failed = event->code;
        end.last_words = event->text;
        display_.say(event->text);
        break;
    }
  }

  void keep_alive() {
    const double now = steady_seconds();
    if (now - beaten_ > kBeatSeconds) {
      beaten_ = now;
      tenure_->beat(display_);
    }
    if (now - reported_ > kReportSeconds) {
      reported_ = now;
      report(IsHeld::still);
    }
  }

  enum class IsHeld { still, no_longer };

  void report(IsHeld is_held) {
    try {
      TrainingStatus status = read_training_status(*files_, folder_);
      if (is_held == IsHeld::no_longer) status.is_held = false;
      const std::string tag = "e" + std::to_string(tenure_->epoch()) + "-report";
      tenure_->check();
      storage::replace_file(*files_, folder_ + "/report.txt", bytes_of(training_status_text(status)), tag);
      storage::replace_file(*files_, folder_ + "/report.html", bytes_of(training_report_html(status)), tag);
    } catch (const jobs::StorageError& error) {
      display_.say(std::string("no report could be written: ") + error.what());
    }
  }

  const TrainLaunch& launch_;
  TrainDisplay& display_;
  std::string folder_;
  TrainSilence silence_;
  std::unique_ptr<storage::FileOps> files_ = storage::make_posix_file_ops();
  std::optional<Tenure> tenure_;
  std::optional<storage::Journal> journal_;
  TrainingStarted started_;
  std::uint64_t next_sequence_ = 1;
  std::int64_t safe_step_ = 0;
  bool kept_something_ = false;  ///< since this launcher took the directory
  std::string trouble_;
  double beaten_ = steady_seconds();
  double reported_ = steady_seconds();
};

}  // namespace

TrainingEnd launch_training(const TrainLaunch& launch, TrainDisplay& display) {
  try {
    return OwnedTraining(launch, display).train();
  } catch (const storage::FencedOff&) {
    throw jobs::Error(ExitCode::run_again, launch.planned.out +
                                               " was taken over by another run; nothing more was written by "
                                               "this one");
  }
}

}  // namespace pia::farm
