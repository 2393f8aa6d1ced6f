// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pia::farm {

/// Reads what others append to a file, line by line. One thread.
class LogTail {
 public:
  /// From the end that the file has now; it need not be there yet.
  explicit LogTail(std::string path);

  /// The lines that became whole since the last call, without their ends.
  std::vector<std::string> take();

 private:
  std::string path_;
  std::uint64_t offset_ = 0;
  std::string rest_;
};

}  // namespace pia::farm
