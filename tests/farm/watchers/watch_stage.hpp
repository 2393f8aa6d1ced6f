// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "farm/watchers/watchers.hpp"
#include "tests/support/shot_builder.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::tests {

/// A plan, a virtual clock and two files instead of a terminal: what a watcher needs to play on.
class WatchStage {
 public:
  explicit WatchStage(int shots = 3) {
    plan.job_name = "stage";
    plan.job_file = "/home/me/stage.toml";
    plan.out = folder / "renders/stage";
    for (int i = 0; i < shots; ++i) {
      plan.shots.push_back(
          ShotBuilder{}.seed(static_cast<std::uint64_t>(i)).planned("shot-" + std::to_string(i)));
    }
  }

  farm::WatchSetting setting() {
    return {.now = [this] { return now; },
            .working_directory = folder.path(),
            .program = "./pia-farm",
            .job_words = "stage.toml"};
  }
  farm::WatchStreams streams() { return {results, diagnostics}; }
  farm::Watcher::Start start(const std::set<jobs::ShotId>& done = {}) const {
    return {.plan = plan,
            .workers = 1,
            .threads = 2,
            .done_before = static_cast<int>(done.size()),
            .done = done,
            .device = "cpu"};
  }
  void pass(double seconds) { now += std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9)); }
  std::string said() const { return content(folder / "results"); }
  std::string complained() const { return content(folder / "diagnostics"); }

  TempFolder folder;
  jobs::Plan plan;
  scheduler::TimePoint now = std::chrono::hours(5);
  farm::Stream results{open((folder / "results").c_str(), O_WRONLY | O_CREAT, 0600)};
  farm::Stream diagnostics{open((folder / "diagnostics").c_str(), O_WRONLY | O_CREAT, 0600)};
  scheduler::WorkerId worker{0};

 private:
  static std::string content(const std::string& path) {
    std::string text(std::filesystem::file_size(path), '\0');
    const int file = open(path.c_str(), O_RDONLY);
    const ssize_t count = read(file, text.data(), text.size());
    close(file);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, count)));
    return text;
  }
};

}  // namespace pia::tests
