// SPDX-License-Identifier: Apache-2.0
#include "slurm/takeover.hpp"

namespace pia::slurm {

std::optional<std::chrono::seconds> patience(const Rivals& rivals) {
  using std::chrono::seconds;
  const bool same_job = rivals.holder && rivals.self && rivals.holder->id == rivals.self->id;
  if (same_job && rivals.holder->restarts < rivals.self->restarts) return seconds(15);
  if (rivals.holder && rivals.holder_runs == true) return std::nullopt;
  if (rivals.same_boot) return seconds(15);
  if (rivals.holder && !rivals.holder_runs) return seconds(600);
  return seconds(60);
}

}  // namespace pia::slurm
