// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/core/exit_code.hpp"
#include "jobs/core/measures.hpp"
#include "jobs/core/result.hpp"
#include "jobs/core/shot.hpp"
#include "storage/journal.hpp"

namespace pia::farm {

/// What the journal says of a shot within the last command of a user that concerned it.
struct ShotHistory {
  int failed_attempts = 0;
  bool gave_up = false;
  std::string reason;          ///< of the last failure
  int last_step = 0;           ///< where it was stopped last
  bool out_of_memory = false;  ///< at one of the attempts
};

/// How a generation said that it ended.
struct RunFinished {
  jobs::ExitCode code = jobs::ExitCode::run_again;
  bool drained = false;
  std::string trouble;  ///< why nothing more could be done
};

/// Where a GPU is: a host and its name there; worker_known's words.
struct GpuPlace {
  std::string host;
  std::string gpu;
  auto operator<=>(const GpuPlace&) const = default;
};

/// What the journal says of a GPU within the last command.
struct GpuHistory {
  std::set<jobs::ShotId> strikes;  ///< shots on which it failed since it last rested
  bool rested = false;
};

/// The state of a run, as a fold over its journal. A new command of a user gives failed shots fresh attempts,
/// those alone that it chose if it chose some; a requeue or another generation of the same command does not.
struct RunHistory {
  std::optional<int> threads;                       ///< CPU threads a worker, fixed at the first start
  std::map<jobs::ShotId, std::uint64_t> committed;  ///< size of each result's file
  std::map<jobs::ShotId, jobs::Measures> measures;  ///< of the last commit of each shot that has some
  std::map<jobs::ShotId, ShotHistory> shots;
  std::string device;  ///< of the first start: "cpu", "cuda" or "fake"
  std::uint64_t next_sequence = 1;
  int commands = 0;                         ///< of users
  std::vector<jobs::ShotId> only;           ///< the shots that the last command chose; empty: all
  std::optional<RunFinished> finished;      ///< the last start, if it told its end
  std::string renderer;                     ///< of the last start, as --renderer names it; empty if not known
  std::string job;                          ///< its name, as the last start that knew it says
  std::string slurm_job;                    ///< id, of the last start; empty outside Slurm
  std::optional<double> fake_step_seconds;  ///< of the last start, if its renderer was a fake one
  std::set<int> silent_workers;             ///< given up since the last start, as they were not heard of
  std::map<int, GpuPlace> places;           ///< of the workers of the last start
  std::map<GpuPlace, GpuHistory> gpus;      ///< those that gave trouble
};

/// Records with payloads that can't be read are skipped; each gives a sentence in `complaints`.
RunHistory fold(const std::vector<storage::Record>& records, std::vector<std::string>& complaints);

/// The shot that a record is about; nothing if it names none.
std::optional<jobs::ShotId> shot_of(const storage::Record& record);

/// More chosen shots than that do not fit into a record.
inline constexpr std::size_t kMostChosen = 10'000;

/// @name The payloads, as fold reads them (PROTOCOL.md). A reason is cut after 128 KiB: a record has its
/// limit.
/// @{
struct RunStarted {
  int threads = 1;
  int workers = 1;
  std::string device;
  std::string build;
  std::string renderer = {};  ///< "torch", "fake" or "fake:<script>"
  double fake_step_seconds = 0;
  enum class Command { anew, goes_on } command = Command::anew;  ///< goes_on: of a requeue or a generation
  std::vector<jobs::ShotId> only = {};  ///< the shots that the command chose; empty, or over kMostChosen: all
  std::string job = {};                 ///< its name; empty if not known
  std::string slurm_job = {};           ///< its id; empty outside Slurm
};
std::string payload_of(const RunStarted& started);
std::string payload_of(const RunFinished& finished);
std::string payload_of_shot(const jobs::ShotId& shot, int worker, int attempt);
std::string payload_of_commit(const jobs::ShotId& shot, std::uint64_t size, double seconds);
std::string payload_of_commit(const jobs::ShotId& shot, std::uint64_t size, const jobs::Timings& timings,
                              const jobs::Measures& measures = {});
std::string payload_of_failure(const jobs::ShotId& shot, int attempt, const std::string& reason);
std::string payload_of_stop(const jobs::ShotId& shot, int step);

/// The steps that an attempt did: from where it went on, to the last one heard of.
struct StepsDone {
  int from = 0;
  int reached = 0;
};
std::string payload_of_failure(const jobs::ShotId& shot, int attempt, const std::string& reason,
                               const StepsDone& steps);
std::string payload_of_stop(const jobs::ShotId& shot, int step, const StepsDone& steps);

/// The payload of an attempt that failed by the GPU of this worker: a strike against it.
std::string blaming_gpu_of(const std::string& payload, int worker);

/// The payload of an attempt that failed for want of memory.
std::string blaming_memory(const std::string& payload);

/// Where a worker is: "node07", and the GPU that its renderer sees, or nothing.
std::string payload_of_worker(int worker, const std::string& host, const std::string& gpu);

/// A worker that is lost (`silent`: not heard of), or rests.
struct WorkerTrouble {
  int worker = 0;
  std::string reason;
  enum class Kind { silent, said_so } kind = Kind::said_so;
};
std::string payload_of(const WorkerTrouble& trouble);
/// @}

/// The payload with the wall clock's seconds in it, as `at`: for people, never for a decision.
std::string stamped(const std::string& payload, double at);

}  // namespace pia::farm
