// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dsl/job_file.hpp"
#include "jobs/core/digest.hpp"

namespace pia::dsl::internal {

/// The seeds of shots that say -1. Shots are known by what they are apart from their seed; equal ones are
/// counted, and the n-th has the seed that the n-th had in the kept plan, else one that is drawn now. Asked
/// again in the same order after `again`, it answers the same.
class Draws {
 public:
  Draws(const CompileOptions& options, std::string run_directory)
      : options_(options), run_directory_(std::move(run_directory)) {}

  void again() { asked_.clear(); }
  std::uint64_t next(const jobs::Digest& shot);

 private:
  void read_kept();
  std::uint64_t drawn(const jobs::Digest& shot, std::size_t count) const;

  const CompileOptions& options_;
  std::string run_directory_;
  bool has_read_ = false;
  std::map<jobs::Digest, std::vector<std::uint64_t>> known_;
  std::map<jobs::Digest, std::size_t> asked_;
};

}  // namespace pia::dsl::internal
