// SPDX-License-Identifier: Apache-2.0
#include "farm/videos.hpp"

namespace pia::farm {

std::string video_target(const jobs::PlannedShot& shot, jobs::VideoFormat format) {
  const std::string stem = "videos/" + shot.video_stem;
  return format == jobs::VideoFormat::png ? stem : stem + "." + std::string(jobs::to_word(format));
}

std::vector<std::string> video_files(const jobs::PlannedShot& shot, const jobs::OutputWishes& output) {
  std::vector<std::string> files;
  for (const jobs::VideoFormat format : output.formats) {
    files.push_back(video_target(shot, format) + (format == jobs::VideoFormat::png ? "/0000.png" : ""));
  }
  return files;
}

}  // namespace pia::farm
