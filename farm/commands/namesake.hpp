// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "farm/commands/surroundings.hpp"

namespace pia::farm {

/// A job is called after its file, unless it says otherwise, and its run directory after the job: two files
/// of one name in different folders would share one, and each take the other's clips for what is no longer
/// planned. Throws
/// jobs::Error(bad_config) if `run_directory` was made from such another file that is still there. `job_file`
/// is an absolute path.
void refuse_namesake(const std::string& run_directory, const std::string& job_file,
                     const Surroundings& surroundings);

}  // namespace pia::farm
