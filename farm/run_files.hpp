// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "jobs/core/shot.hpp"

namespace pia::farm {

/// Where things lie in a run directory; absolute paths.
std::string plan_file(const std::string& run_directory);
std::string gallery_page(const std::string& run_directory);  ///< the first one
std::string report_page(const std::string& run_directory);
std::string log_folder(const std::string& run_directory, const jobs::ShotId& shot);
std::string worker_log_folder(const std::string& run_directory);

}  // namespace pia::farm
