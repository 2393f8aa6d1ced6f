// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "farm/message.hpp"

namespace pia::farm {

/// The videos that a shot should have, relative to the run directory: "videos/<stem>.mp4", ...; for PNG
/// frames the first picture of their folder.
std::vector<std::string> video_files(const jobs::PlannedShot& shot, const jobs::OutputWishes& output);

/// The file or, for PNG frames, the folder that the encoder writes, relative to the run directory.
std::string video_target(const jobs::PlannedShot& shot, jobs::VideoFormat format);

/// What a shot is called, for people, as JSON: its name, prompts (by keyframe where they travel), and the
/// names of its picture and model; no path of this machine.
std::string labels_json(const jobs::PlannedShot& shot);

/// What a video carries: the recipe, with those labels before its keys, as `labels`. Without them it is the
/// text that the id is the hash of.
std::string video_metadata(const jobs::PlannedShot& shot);

/// What a video is marked with: all that decides its bytes but the libraries.
jobs::Digest made_from(const jobs::PlannedShot& shot, const jobs::OutputWishes& output,
                       jobs::VideoFormat format);

/// The formats that a shot lacks: no such video, or one that was made otherwise than `output` and the shot's
/// labels ask for now (recipe, frames a second, quality, metadata). Reads about a hundred bytes a video.
std::vector<jobs::VideoFormat> lacking_formats(const jobs::PlannedShot& shot,
                                               const jobs::OutputWishes& output,
                                               const std::string& run_directory);

/// Where videos go, and the epoch of whoever makes them.
struct VideoPlace {
  std::string run_directory;
  std::uint64_t epoch = 0;
};

/// Encodes all formats of `output`. Never throws: the videos are views, and what hinders them is said in
/// `trouble`.
VideosMade make_videos(const jobs::PlannedShot& shot, const jobs::OutputWishes& output,
                       const jobs::Clip& clip, const VideoPlace& place);

}  // namespace pia::farm
