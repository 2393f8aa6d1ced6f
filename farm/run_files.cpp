// SPDX-License-Identifier: Apache-2.0
#include "farm/run_files.hpp"

namespace pia::farm {

std::string plan_file(const std::string& run_directory) {
  return run_directory + "/plan.json";
}
std::string worker_log_folder(const std::string& run_directory) {
  return run_directory + "/logs";
}
std::string gallery_page(const std::string& run_directory) {
  return run_directory + "/gallery/index.html";
}
std::string report_page(const std::string& run_directory) {
  return run_directory + "/report.html";
}
std::string log_folder(const std::string& run_directory, const jobs::ShotId& shot) {
  return worker_log_folder(run_directory) + "/" + to_hex(shot);
}

}  // namespace pia::farm
