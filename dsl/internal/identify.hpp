// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/resolve.hpp"
#include "dsl/internal/video_path.hpp"

namespace pia::dsl::internal {

/// Fifth pass: ids and names. Two different shots with one written name are an error.
void identify(std::vector<Resolved>& shots, Complaints& complaints);

/// The same of shots of which at least one has errors and so no id, as far as what they say tells that they
/// differ. `flats`: all, `shots`: those without errors.
void check_names(const std::vector<FlatShot>& flats, const std::vector<Resolved>& shots,
                 Complaints& complaints);

/// How videos are called.
struct VideoNaming {
  JobSource::Draft draft = JobSource::Draft::no;
  std::optional<PathPattern> pattern = {};  ///< none: by grid and what varies in it, a shot by its name
  Place place = {};                         ///< of the pattern
};

/// Equal shots become one with all their names, which is noted at their block; each gets its video's path,
/// which no other has, in capitals neither: where the pattern gives two shots one, a warning at it names
/// them.
std::vector<Resolved> merged(std::vector<Resolved> shots, const VideoNaming& naming, Complaints& complaints);

}  // namespace pia::dsl::internal
