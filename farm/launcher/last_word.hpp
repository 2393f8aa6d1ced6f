// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "storage/file_ops.hpp"

namespace pia::farm {

/// Looks for the last word of the ranks, run_finished, in the journal of one epoch: srun waits for ever for a
/// node that does not answer, whatever rank 0 has said. The journal is read only after it stood still.
class LastWord {
 public:
  LastWord(storage::FileOps& files, std::string run_directory, std::uint64_t epoch)
      : files_(files), run_directory_(std::move(run_directory)), epoch_(epoch) {}

  /// To be called every few seconds: whether it was said. A journal that can't be read says nothing.
  bool was_said();

 private:
  std::uint64_t size_of_journal() const;

  storage::FileOps& files_;
  std::string run_directory_;
  std::uint64_t epoch_;
  std::uint64_t seen_size_ = 0;
  std::uint64_t read_size_ = 0;
  bool said_ = false;
};

}  // namespace pia::farm
