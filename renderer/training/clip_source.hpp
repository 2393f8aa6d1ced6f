// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/core/picture.hpp"

namespace pia::renderer {

/// A clip to learn from.
struct Example {
  jobs::Clip clip;
  std::string caption;
  std::vector<float> affinity;  ///< a frame, in [0.2, 1]; 1 at the condition frame
  int condition_frame = 0;
};

/// Where examples come from. The same index gives the same example, in every process and after any resume.
class ClipSource {
 public:
  virtual ~ClipSource() = default;

  /// Any index; any thread, several at once.
  virtual Example example(std::uint64_t index) const = 0;
};

}  // namespace pia::renderer
