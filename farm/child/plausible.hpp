// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "jobs/core/result.hpp"
#include "jobs/core/shot.hpp"

namespace pia::farm {

/// Why a result can't be true, whatever the renderer says of it: it came before all its steps, wrong sizes,
/// latents that are not finite, every frame black. Nothing if it may be true. `steps` were done, by earlier
/// attempts too, as who watched the render counts them. How long they took is no witness: honest steps of
/// one worker differ by more than ten times, by what else its machine does.
std::optional<std::string> implausible(const jobs::Shot& shot, const jobs::ShotResult& result, int steps);

}  // namespace pia::farm
