// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/number.hpp"

#include <array>
#include <charconv>

namespace pia::jobs {

std::string number_text(double value) {
  std::array<char, 64> text{};  // enough for every double
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

}  // namespace pia::jobs
