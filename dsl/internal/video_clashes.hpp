// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/resolve.hpp"
#include "jobs/core/words.hpp"

namespace pia::dsl::internal {

/// Where `path` was written, and the formats that it names files of.
struct VideoFormats {
  const Place& place;
  const std::vector<jobs::VideoFormat>& formats;
};

/// A shot whose file or folder of pictures stands where another shot needs a folder is an error at `path`
/// that names both; upper and lower case are one, as on many disks. Only the first such pair is said.
void check_video_clashes(const std::vector<Resolved>& shots, const VideoFormats& made,
                         Complaints& complaints);

}  // namespace pia::dsl::internal
