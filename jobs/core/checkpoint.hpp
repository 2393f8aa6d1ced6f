// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "jobs/core/shot.hpp"

namespace pia::jobs {

/// A clip in the VAE's space: fp32, [frames, channels, height, width], row-major.
struct Latents {
  int frames = 0;
  int channels = 0;
  int height = 0;
  int width = 0;
  std::vector<float> values;
  bool operator==(const Latents&) const = default;
};

/// All that is needed to go on with a shot as if nothing had happened: the same bytes come out.
struct Checkpoint {
  ShotId shot;
  int next_step = 0;  ///< steps done = the step to do next; = steps: only decoding is left
  Latents latents;
  std::vector<Latents> sampler_history;  ///< what the sampler keeps of earlier steps (DDIM: nothing)
  std::vector<std::byte>
      generator_state;        ///< torch's CPU generator, where steps draw noise (eta > 0); else empty
  std::vector<Latents> kept;  ///< keep_latents = "all": initial noise, then each step so far
  Dtype dtype = Dtype::fp32;
  std::string device_kind;  ///< "cpu" or "cuda"; another kind's checkpoint is not resumed
  bool operator==(const Checkpoint&) const = default;
};

}  // namespace pia::jobs
