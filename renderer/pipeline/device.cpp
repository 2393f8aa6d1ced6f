// SPDX-License-Identifier: Apache-2.0
#include "renderer/pipeline/device.hpp"

#include <ATen/Context.h>

#include "jobs/core/error.hpp"

namespace pia::renderer {

at::Device use_device(const std::string& word) {
  if (word != "cpu" && word != "cuda") {
    throw jobs::DeviceError("device \"" + word + "\" is not one of cpu, cuda");
  }
  if (word == "cuda" && !at::globalContext().hasCUDA()) {
    throw jobs::DeviceError(
        "device \"cuda\": this build or this machine has no CUDA; use device = \"cpu\", or build with "
        "-DPIA_CUDA=ON");
  }
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);
  at::globalContext().setAllowTF32CuDNN(false);
  return word == "cuda" ? at::kCUDA : at::kCPU;
}

}  // namespace pia::renderer
