// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "jobs/core/checkpoint.hpp"
#include "jobs/core/picture.hpp"
#include "jobs/core/shot.hpp"

namespace pia::jobs {

/// Wall-clock seconds of a shot's phases, in the process that finished it. Provenance, not identity.
struct Timings {
  double load = 0;     ///< weights, 0 if they were resident
  double encode = 0;   ///< text and image
  double denoise = 0;  ///< the steps done by this attempt
  double decode = 0;   ///< VAE
  int steps_done = 0;  ///< by this attempt; fewer than the shot's after a resume
  bool operator==(const Timings&) const = default;
};

/// Where and with what a shot was rendered. Provenance, not identity.
struct Provenance {
  std::string device_kind;  ///< "cpu", "cuda" or "fake"
  std::string device_name;
  int threads = 0;
  std::string build;  ///< version of pia-farm
};

/// A finished shot, as it is committed to the store.
struct ShotResult {
  ShotId id;
  std::string name;
  std::string recipe;  ///< the canonical JSON that `id` is the hash of
  Clip clip;
  std::optional<Latents> latents;       ///< the last step's, unless keep_latents = "none"
  std::vector<Latents> step_latents;    ///< keep_latents = "all": row 0 the initial noise, then each step's
  std::vector<std::int64_t> timesteps;  ///< one a step; filled with step_latents
  Timings timings;
  Provenance provenance;
};

}  // namespace pia::jobs
