// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>

#include "dsl/job_file.hpp"
#include "farm/commands/measured.hpp"
#include "jobs/core/plan.hpp"

namespace pia::farm {

/// A plan, how it came about, and what is known of the place where it would be rendered.
struct PlanFacts {
  const jobs::Plan& plan;         ///< with --only, the shots that it keeps
  const dsl::Compiled& compiled;  ///< what it was compiled from
  const std::set<jobs::ShotId>& done;
  std::optional<Pace> pace;  ///< measured in earlier runs
  std::string device;
};

/// What a plan comes to, a line a matter.
std::string plan_words(const PlanFacts& facts);

/// Bytes that a shot's result takes on the disk: uncompressed frames and latents.
double result_bytes(const jobs::PlannedShot& shot, const jobs::OutputWishes& output);

/// Every value of shot number `index` of `compiled`, and where it came from.
std::string explanation(const dsl::Compiled& compiled, std::size_t index);

}  // namespace pia::farm
