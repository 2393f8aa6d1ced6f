// SPDX-License-Identifier: Apache-2.0
#include "farm/memory_kills.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace pia::farm {
namespace {

bool is_there(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

/// Of a line such as "4:memory:/slurm/job_7": which hierarchy, and where in it. "" stands for v2.
struct Membership {
  std::string controllers;
  std::string path;
};

Membership membership_from(const std::string& line) {
  const auto first = line.find(':');
  const auto second = first == std::string::npos ? first : line.find(':', first + 1);
  if (second == std::string::npos) return {.controllers = "none", .path = {}};
  return {.controllers = line.substr(first + 1, second - first - 1), .path = line.substr(second + 1)};
}

bool has_memory(const std::string& controllers) {
  return ("," + controllers + ",").find(",memory,") != std::string::npos;
}

}  // namespace

std::string memory_kill_file(const std::string& proc, const std::string& cgroups) {
  std::ifstream memberships(proc + "/self/cgroup");
  std::string v2;
  for (std::string line; std::getline(memberships, line);) {
    const auto [controllers, path] = membership_from(line);
    const std::string v1 = cgroups + "/memory" + path + "/memory.oom_control";
    if (has_memory(controllers) && is_there(v1)) return v1;
    if (!controllers.empty()) continue;
    // A container may see its own cgroup as the root, and not the way to it.
    for (const std::string& folder : {cgroups + path, cgroups}) {
      if (v2.empty() && is_there(folder + "/memory.events")) v2 = folder + "/memory.events";
    }
  }
  return v2;
}

std::optional<std::uint64_t> memory_kills(const std::string& file) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    std::uint64_t count = 0;
    if (words >> word >> count && word == "oom_kill") return count;
  }
  return std::nullopt;
}

}  // namespace pia::farm
