// SPDX-License-Identifier: Apache-2.0
#include "farm/launcher/deadline.hpp"

#include <algorithm>
#include <ctime>

#include "slurm/drain.hpp"

namespace pia::farm {
namespace {

// Slurm needs a moment to take a requeue in before the allocation ends by itself.
constexpr std::chrono::seconds kLastMoment{8};

std::optional<std::chrono::seconds> seconds_until(const std::optional<std::tm>& end) {
  if (!end) return std::nullopt;
  std::tm copy = *end;
  const double left = std::difftime(std::mktime(&copy), std::time(nullptr));
  return std::chrono::seconds(static_cast<std::int64_t>(std::max(0.0, left)));
}

}  // namespace

void Deadline::set(const std::optional<slurm::JobFacts>& facts) {
  const auto left = facts ? seconds_until(facts->end) : std::nullopt;
  if (!left) return;
  if (!margin_) margin_ = slurm::margin(*left);
  end_ = Clock::now() + *left;
}

bool Deadline::is_here() const {
  return end_ && Clock::now() > *end_ - kLastMoment;
}

}  // namespace pia::farm
