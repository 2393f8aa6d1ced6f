// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/digest_cache.hpp"
#include "jobs/core/shot.hpp"

namespace pia::farm {

/// Throws jobs::InputError, naming it, if a model that the shot is rendered with is not what the plan saw:
/// its pixels would be kept under an id that promises others. With a warm cache it costs a stat a file.
void check_models(const jobs::Shot& shot, DigestCache& digests);

}  // namespace pia::farm
