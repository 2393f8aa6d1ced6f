// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace pia::farm {

/// A sentence for people; one thread at a time calls it.
using Notice = std::function<void(const std::string& sentence)>;

/// Which of what is learnt from is of no use, as people are told: each once; the 20 first by name and reason,
/// then only their number, each time it doubled. Any thread, several at once.
class UnusableFiles {
 public:
  /// `noun`: what `count` of there are, in the plural.
  UnusableFiles(std::size_t count, std::string noun, Notice notice);

  /// `file`: below `count`. `reason`: a sentence without its end.
  void tell(std::size_t file, const std::string& reason);

  /// The first that was told; empty if none was.
  std::string first_reason() const;

 private:
  std::string noun_;
  Notice notice_;
  mutable std::mutex mutex_;  ///< of all below
  std::vector<bool> is_told_;
  std::size_t told_ = 0;
  std::string first_reason_;
};

}  // namespace pia::farm
