// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "farm/child/scratch.hpp"
#include "farm/run_history.hpp"
#include "farm/watcher.hpp"
#include "jobs/core/exit_code.hpp"
#include "jobs/core/plan.hpp"
#include "jobs/core/site.hpp"
#include "scheduler/policy.hpp"

namespace pia::farm {

// What is the same on one machine and on many.

/// Whether a renderer, as --renderer names it, is a fake one.
bool is_rehearsal(const std::string& renderer);

/// "cpu", "cuda" or "fake": the device that a run directory remembers.
std::string device_kind(const std::string& renderer, const std::string& device);

/// Where renderers look digests up. A rehearsal reads no weights, so it does not compare them; without a
/// cache (an empty `digest_file`) each renderer hashes for itself.
std::optional<std::string> digest_file_for(const std::string& renderer, const std::string& digest_file);

/// A rehearsal's frames must never be taken for real ones. `device_there`: device_kind of what the run
/// directory holds, empty if nothing is known. Throws jobs::Error(bad_config).
void refuse_to_mix(const std::string& device_there, const std::string& run_directory,
                   const std::string& renderer);

/// The plan with the shots of `only` alone; whole if that is empty.
jobs::Plan limited(const jobs::Plan& whole, const std::vector<jobs::ShotId>& only);

/// CPU threads a worker: of the first start, else of the site, else `cores_a_worker`; at least 1. A notice if
/// the first start overrules what this one would have had.
struct Threads {
  int a_worker = 1;
  std::string notice = {};
};
Threads threads_a_worker(const RunHistory& history, const jobs::Site& site, int cores_a_worker);

scheduler::Policy policy_of(int attempts, const std::string& device);

jobs::ExitCode exit_code(const Summary& summary);
RunFinished end_of(const Summary& summary);

/// How far a run reaches.
enum class Reach { one_machine, several_ranks };

/// Where this node's copies go, by `[worker] scratch` of the site file. Its default, "$TMPDIR", means: what
/// lies on a shared disk, of a run of several ranks that is no rehearsal, to $SLURM_TMPDIR, else $TMPDIR.
/// Anything else was asked for and holds for every run; it may begin with a variable. Nothing if it is
/// empty, or the variable is not set, or it is no absolute path. `variable` answers for the environment.
std::optional<Scratch> scratch_of_node(
    const std::string& wish, Reach reach, const std::string& renderer,
    const std::function<std::optional<std::string>(const std::string&)>& variable);

}  // namespace pia::farm
