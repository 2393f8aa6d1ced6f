// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "jobs/core/result.hpp"
#include "jobs/core/shot.hpp"

namespace pia::farm {

/// Why a result can't be true, whatever the renderer says of it: wrong sizes, latents that are not finite,
/// every frame black. Nothing if it may be true.
std::optional<std::string> implausible(const jobs::Shot& shot, const jobs::ShotResult& result);

}  // namespace pia::farm
