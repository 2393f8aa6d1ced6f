// SPDX-License-Identifier: Apache-2.0
#include "farm/rank/gpu_name.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>

namespace pia::farm {
namespace {

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "Device Minor: 	 3" among other lines.
std::optional<std::size_t> minor_in(const std::filesystem::path& information) {
  constexpr std::string_view kKey = "Device Minor:";
  std::ifstream file(information);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(kKey)) continue;
    const auto digits = line.find_first_not_of(" \t", kKey.size());
    return digits == std::string::npos ? std::nullopt : number(std::string_view(line).substr(digits));
  }
  return std::nullopt;
}

}  // namespace

std::vector<int> usable_gpus(const std::string& root) {
  std::error_code error;
  std::vector<std::filesystem::path> folders;
  using Iterator = std::filesystem::directory_iterator;
  for (Iterator at(root + "/proc/driver/nvidia/gpus", error); !error && at != Iterator(); at.increment(error))
    folders.push_back(at->path());
  std::sort(folders.begin(), folders.end());
  std::vector<int> minors;
  for (const auto& folder : folders) {
    const auto minor = minor_in(folder / "information");
    if (!minor) continue;
    const std::string device = root + "/dev/nvidia" + std::to_string(*minor);
    if (access(device.c_str(), R_OK | W_OK) == 0) minors.push_back(static_cast<int>(*minor));
  }
  return minors;
}

std::string gpu_name(const std::string& visible, const slurm::Place& place, const std::vector<int>& usable) {
  const auto index = number(visible);
  if (!index) return visible;
  if (*index < usable.size()) return std::to_string(usable[*index]);
  return place.gpu_is_bound ? visible + " of task " + std::to_string(place.local_rank) : visible;
}

}  // namespace pia::farm
