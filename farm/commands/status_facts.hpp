// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "farm/commands/measured.hpp"
#include "jobs/core/plan.hpp"
#include "storage/file_ops.hpp"
#include "storage/lease.hpp"

namespace pia::farm {

/// Where one shot of a run stands.
struct ShotStatus {
  enum class State { done, failed, running, left } state = State::left;
  int attempts = 0;                 ///< failed ones, within the last command
  std::string reason;               ///< of the last failure
  int checkpoint = 0;               ///< steps that are kept; 0: none
  int steps = 0;                    ///< of all
  std::vector<std::string> videos;  ///< that are there, under the run directory
  jobs::Measures measures = {};     ///< of one that is done
};

/// "done", "failed", "running", "left".
const char* word_of(ShotStatus::State state);

/// Whether somebody is at work in a run directory.
enum class Held { no, yes };

/// Where a shot stands by the journal alone; running only if somebody is at work.
ShotStatus shot_status(const jobs::PlannedShot& shot, const RunState& state, Held held);

/// A run directory as it lies there. Nothing is changed by looking.
struct RunStatus {
  jobs::Plan plan;
  std::vector<ShotStatus> shots;  ///< one a shot of the plan
  enum class Holder { nobody, alive, dead, elsewhere } holder_is = Holder::nobody;
  storage::Holder holder;               ///< of the lease; of no meaning if nobody has it
  std::string device;                   ///< of the first run; "fake" for a rehearsal
  std::string renderer_words;           ///< renderer_words of the last run: what repeats a shot as it was
  std::vector<std::string> complaints;  ///< what could not be read
  int count(ShotStatus::State state) const;
};

/// Whether somebody is at work there, or may be: a holder on another machine can't be looked at.
bool is_held(storage::FileOps& files, const std::string& run_directory);

RunStatus read_status(storage::FileOps& files, const std::string& run_directory);

std::string status_json(const RunStatus& status);

struct StatusWords {
  std::string program;    ///< what repeats things
  std::string job_words;  ///< and on which job
};
std::string status_text(const RunStatus& status, const StatusWords& words);

}  // namespace pia::farm
