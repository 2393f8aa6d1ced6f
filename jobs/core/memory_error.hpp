// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "jobs/core/error.hpp"

namespace pia::jobs {

/// There was not enough memory, on the GPU or beside it; what is there still works.
class MemoryError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

}  // namespace pia::jobs
