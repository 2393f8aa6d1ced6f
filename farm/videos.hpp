// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "farm/message.hpp"

namespace pia::farm {

/// The videos that a shot should have, relative to the run directory: "videos/<stem>.mp4", ...; for PNG
/// frames the first picture of their folder.
std::vector<std::string> video_files(const jobs::PlannedShot& shot, const jobs::OutputWishes& output);

/// The file or, for PNG frames, the folder that the encoder writes, relative to the run directory.
std::string video_target(const jobs::PlannedShot& shot, jobs::VideoFormat format);

/// Encodes all of them. Never throws: the videos are views, and what hinders them is said in `trouble`.
VideosMade make_videos(const jobs::PlannedShot& shot, const jobs::OutputWishes& output,
                       const jobs::Clip& clip, const std::string& run_directory);

}  // namespace pia::farm
