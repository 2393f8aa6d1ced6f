// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "renderer/weights/model.hpp"

namespace pia::bench {

/// SD1.5's and PIA's sizes with small random weights: all tensors are windows on one buffer, so that the
/// model costs its memory once.
struct RandomModel {
  renderer::ModelWeights weights;
  std::vector<std::byte> buffer;
};
RandomModel random_sd15();

}  // namespace pia::bench
