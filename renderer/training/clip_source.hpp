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
  std::vector<float> affinity;  ///< a frame, in (0, 1]; 1 at the condition frame, if that is the condition
  int condition_frame = 0;
  jobs::Clip condition = {};  ///< one frame of the clip's size, shown instead of that frame; none: that frame
};

/// Where examples come from. The same index gives the same example, in every process and after any resume.
class ClipSource {
 public:
  virtual ~ClipSource() = default;

  /// Any index; any thread, several at once.
  virtual Example example(std::uint64_t index) const = 0;
};

}  // namespace pia::renderer
