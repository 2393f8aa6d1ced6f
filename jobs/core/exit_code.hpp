// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace pia::jobs {

/// What a pia-farm command says to its caller. Public and stable.
enum class ExitCode : int {
  all_done = 0,
  some_failed = 3,   ///< finished; some shots failed and are explained
  bad_usage = 64,    ///< the command line
  bad_config = 65,   ///< the job file or the site file
  bad_input = 66,    ///< a picture or a model
  unavailable = 69,  ///< something needed is not there: set-up, network, root, GPU, the lease
  internal = 70,     ///< a broken invariant, or no progress
  run_again = 75,    ///< not finished: run the same command again
};

}  // namespace pia::jobs
