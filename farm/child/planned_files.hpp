// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/digest_cache.hpp"
#include "jobs/core/error.hpp"
#include "jobs/core/shot.hpp"

namespace pia::farm {

/// The error of a file that is no more what the plan saw.
jobs::InputError changed_since_planned(const std::string& path);

/// Throws it if a model or a LoRA that the shot is rendered with is not what the plan saw:
/// its pixels would be kept under an id that promises others. With a warm cache it costs a stat a file.
void check_models(const jobs::Shot& shot, DigestCache& digests);

}  // namespace pia::farm
