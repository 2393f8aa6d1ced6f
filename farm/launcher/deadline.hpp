// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "slurm/job_facts.hpp"

namespace pia::farm {

/// The end of a Slurm job's allocation, on this process's own monotonic clock. Never near if it isn't known.
class Deadline {
 public:
  explicit Deadline(const std::optional<slurm::JobFacts>& facts) { set(facts); }

  /// To be asked again: somebody may have given the job more time.
  void set(const std::optional<slurm::JobFacts>& facts);

  bool is_near() const { return end_ && Clock::now() > *end_ - *margin_; }  ///< by slurm::margin
  bool is_here() const;                                                     ///< no time for anything else
  bool is_over() const { return end_ && Clock::now() > *end_; }

 private:
  using Clock = std::chrono::steady_clock;

  std::optional<std::chrono::seconds> margin_;
  std::optional<Clock::time_point> end_;
};

}  // namespace pia::farm
