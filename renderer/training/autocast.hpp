// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "jobs/core/training.hpp"

namespace pia::renderer {

/// While it lives, this thread computes on the device in the given precision (torch's autocast: weights are
/// cast where they are used, and gradients come back as fp32). With `no` it does nothing. Not nested.
class Autocast {
 public:
  Autocast(at::Device device, jobs::MixedPrecision precision);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  c10::DeviceType device_;
  c10::ScalarType dtype_before_;
  bool is_on_;
};

}  // namespace pia::renderer
