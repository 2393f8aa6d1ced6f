// SPDX-License-Identifier: Apache-2.0
// What a rank needs to know of videos, without what encodes them.
#include "farm/media/video.hpp"
#include "farm/videos.hpp"

namespace pia::farm {
namespace {

/// Raised whenever the same clip and settings give another video on purpose.
constexpr const char* kVideoVersion = "1";

}  // namespace

std::string video_target(const jobs::PlannedShot& shot, jobs::VideoFormat format) {
  const std::string stem = "videos/" + shot.video_stem;
  return format == jobs::VideoFormat::png ? stem : stem + "." + std::string(jobs::to_word(format));
}

// A newer FFmpeg is no reason to make ten thousand again.
jobs::Digest made_from(const jobs::PlannedShot& shot, const jobs::OutputWishes& output,
                       jobs::VideoFormat format) {
  std::string text = "pia-farm video " + std::string(kVideoVersion) + " " +
                     std::string(jobs::to_word(format)) + " of " + to_hex(shot.id) + " fps " +
                     std::to_string(shot.fps);
  if (format == jobs::VideoFormat::mp4) text += " crf " + std::to_string(output.crf);
  if (output.metadata) text += " with recipe and " + labels_json(shot);
  return jobs::sha256(text);
}

std::vector<std::string> video_files(const jobs::PlannedShot& shot, const jobs::OutputWishes& output) {
  std::vector<std::string> files;
  for (const jobs::VideoFormat format : output.formats) {
    files.push_back(video_target(shot, format) + (format == jobs::VideoFormat::png ? "/0000.png" : ""));
  }
  return files;
}

std::vector<jobs::VideoFormat> lacking_formats(const jobs::PlannedShot& shot,
                                               const jobs::OutputWishes& output,
                                               const std::string& run_directory) {
  std::vector<jobs::VideoFormat> lacking;
  for (const jobs::VideoFormat format : output.formats) {
    const std::string path = run_directory + "/" + video_target(shot, format);
    if (!is_made_from(path, format, made_from(shot, output, format))) lacking.push_back(format);
  }
  return lacking;
}

}  // namespace pia::farm
