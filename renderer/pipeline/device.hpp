// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Device.h>

#include <string>

namespace pia::renderer {

/// "cpu" or "cuda" (the current GPU), with cuDNN told to choose by rule and not by trial, and to round as
/// fp32 does. For the whole process. Throws jobs::DeviceError for another word, and where there is no CUDA.
at::Device use_device(const std::string& word);

}  // namespace pia::renderer
