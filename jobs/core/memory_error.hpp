// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "jobs/core/error.hpp"

namespace pia::jobs {

/// The machine had not enough memory; what is there still works.
class MemoryError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

/// The same of the GPU's own memory.
class GpuMemoryError : public MemoryError {
 public:
  using MemoryError::MemoryError;
};

}  // namespace pia::jobs
