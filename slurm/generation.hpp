// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "jobs/core/exit_code.hpp"

namespace pia::slurm {

/// What a run directory keeps: the measure of progress.
struct Kept {
  std::int64_t shots = 0;  ///< committed
  std::int64_t steps = 0;  ///< in checkpoints of shots that are not
  auto operator<=>(const Kept&) const = default;
};

/// How a generation of ranks ended. An exit code of srun proves nothing; what rank 0 wrote into the journal
/// does.
struct GenerationEnd {
  std::optional<jobs::ExitCode> said = {};  ///< by rank 0, as its last record; nothing: it was cut off
  std::string trouble = {};                 ///< that rank 0 named
  std::string how = {};                     ///< how srun ended, in words
  bool began = true;                        ///< its ranks met: rank 0 gave a sign of life afterwards
  bool drained = false;                     ///< it was asked to stop
  Kept kept = {};                           ///< afterwards
};

/// What the launcher does next.
struct Verdict {
  enum class Next { relaunch, stop } next = Next::stop;
  jobs::ExitCode code = jobs::ExitCode::run_again;  ///< if it stops
  std::chrono::seconds pause{0};                    ///< before a relaunch
  std::string sentence = {};                        ///< for people; empty if nothing went wrong
};

inline constexpr int kFruitlessGenerations = 3;
inline constexpr int kStillbornGenerations = 8;

/// Counts generations of one launcher.
struct Generations {
  int number = 1;     ///< of the one that runs or ran last
  int fruitless = 0;  ///< since something new was kept: that began, ended by themselves and kept nothing new
  int stillborn = 0;  ///< in a row, that never began: Slurm could not launch their ranks, or they never met
  Kept kept = {};     ///< before the one that runs
};

/// A run that is over is over; a drain ends with "run again"; anything else is tried again, as long as one of
/// three generations that begin keeps something new: a commit, or a checkpoint further on. Then exit 70 with
/// the reason. Those that never begin are Slurm's trouble, which may pass (what a killed node left in the way
/// of its steps passes after as many tries as it was killed): eight in a row end the same way, within a
/// minute where they could not be launched, within an hour where their ranks did not meet.
Verdict judge(Generations& generations, const GenerationEnd& end);

}  // namespace pia::slurm
