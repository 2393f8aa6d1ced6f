// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "jobs/core/exit_code.hpp"

namespace pia::farm {

/// Runs `launcher` in a child process and stays as the batch process: Slurm ends a job as failed when its
/// batch process is killed, and never requeues it. If a signal kills the launcher (out of memory, kill -9),
/// the guard asks Slurm to run the job again, unless it crashed, which it would do again (`internal`); it
/// does nothing else that could go wrong. Signals are passed on. Call it before any thread starts. If the
/// guard itself is killed, the launcher dies with it, the job ends, and the same command goes on from there.
jobs::ExitCode guarded(const std::string& job, const std::function<jobs::ExitCode()>& launcher);

}  // namespace pia::farm
