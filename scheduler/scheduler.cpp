// SPDX-License-Identifier: Apache-2.0
#include "scheduler/scheduler.hpp"

#include <algorithm>

#include "jobs/core/error.hpp"
#include "scheduler/table.hpp"

namespace pia::scheduler {

struct Scheduler::State {
  Table table;
};

Scheduler::Scheduler(const Policy& policy) : state_(std::make_unique<State>()) {
  PIA_ASSERT(policy.max_attempts >= 1);
  state_->table.policy = policy;
}
Scheduler::~Scheduler() = default;
Scheduler::Scheduler(Scheduler&&) noexcept = default;
Scheduler& Scheduler::operator=(Scheduler&&) noexcept = default;

std::vector<Command> Scheduler::handle(const Event& event, TimePoint now) {
  Table& table = state_->table;
  table.now = std::max(table.now, now);
  std::vector<Command> commands;
  apply(table, event, commands);
  return commands;
}

std::string Scheduler::explain(const jobs::ShotId& shot, TimePoint now) const {
  return scheduler::explain(state_->table, shot, now);
}

Counts Scheduler::counts() const {
  return state_->table.counts;
}

bool Scheduler::finished() const {
  return is_over(state_->table);
}

void Scheduler::check() const {
  scheduler::check(state_->table);
}

std::string Scheduler::snapshot() const {
  return scheduler::snapshot(state_->table);
}

}  // namespace pia::scheduler
