// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "jobs/core/shot.hpp"

namespace pia::jobs {

/// Names the weights of a shot: paths, digests, dtype, LoRAs and how strongly they act. Shots of equal keys
/// share resident weights; a renderer reads files for any other.
std::string model_key(const Shot& shot);

}  // namespace pia::jobs
