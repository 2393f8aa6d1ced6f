// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "jobs/core/shot.hpp"

namespace pia::jobs {

/// The canonical JSON of all that decides a shot's pixels: UTF-8, sorted keys, no spaces, numbers in their
/// shortest form that reads back the same, 64-bit integers and digests as strings. A key at its neutral
/// default is left out, so that later features keep old ids. Anyone can recompute an id from it: SHA-256 of
/// these bytes.
std::string recipe_json(const Shot& shot);

/// SHA-256 of recipe_json(shot).
ShotId shot_id(const Shot& shot);

}  // namespace pia::jobs
