// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pia::farm {

/// What rank 0 of a generation is told on its command line; the other ranks hear all they need from rank 0.
struct RankOptions {
  std::string run_directory = {};
  std::uint64_t epoch = 0;     ///< of the lease that the launcher holds; 0: rank 0 holds it itself
  std::string nonce = {};      ///< without a launcher: of the lease that rank 0 took before it became a rank
  std::string slurm_job = {};  ///< without a launcher: for the lease, as slurm::to_text writes it
  std::string device = "cpu";  ///< "cpu" or "cuda"
  std::string renderer = "torch";  ///< as LocalRunOptions
  double fake_step_seconds = 0.02;
  std::string digest_file = {};      ///< of the digest cache; empty: none
  std::string scratch = {};          ///< where nodes keep copies of weights, as scratch_of_node wants it
  int threads = 1;                   ///< a worker
  int attempts = 3;                  ///< in all, a shot
  double checkpoint_every = 30;      ///< seconds
  double silence = 30;               ///< seconds without a sign of life that make a rank a lost one
  std::string voice = "normal";      ///< "normal", "quiet" or "json"
  std::string program = "pia-farm";  ///< as the user types it
  std::string render_flags = {};     ///< for commands that repeat something, as WatchSetting
  std::string run_flags = {};        ///< for commands that repeat something, as WatchSetting
  std::string job_words = {};
  bool operator==(const RankOptions&) const = default;
};

/// The words after the program's name that rank_options reads back.
std::vector<std::string> rank_arguments(const RankOptions& options);

/// Nothing if the words ask for help, which is then printed. Throws jobs::Error(bad_usage).
std::optional<RankOptions> rank_options(const std::vector<std::string>& words);

}  // namespace pia::farm
