// SPDX-License-Identifier: Apache-2.0
#include "farm/videos.hpp"

#include <filesystem>

#include "farm/media/video.hpp"
#include "jobs/core/error.hpp"
#include "jobs/core/recipe.hpp"

namespace pia::farm {
namespace {

/// The file or, for PNG frames, the folder that the encoder writes.
std::string target(const jobs::PlannedShot& shot, jobs::VideoFormat format) {
  const std::string stem = "videos/" + shot.video_stem;
  return format == jobs::VideoFormat::png ? stem : stem + "." + std::string(jobs::to_word(format));
}

/// Raised whenever the same clip and settings give another video on purpose.
constexpr const char* kVideoVersion = "1";

/// All that decides a video's bytes but the libraries: a newer FFmpeg is no reason to make ten thousand
/// again.
jobs::Digest made_from(const jobs::PlannedShot& shot, const jobs::OutputWishes& output,
                       jobs::VideoFormat format) {
  std::string text = "pia-farm video " + std::string(kVideoVersion) + " " +
                     std::string(jobs::to_word(format)) + " of " + to_hex(shot.id) + " fps " +
                     std::to_string(shot.fps);
  if (format == jobs::VideoFormat::mp4) text += " crf " + std::to_string(output.crf);
  if (output.metadata) text += " with recipe";
  return jobs::sha256(text);
}

}  // namespace

std::vector<std::string> video_files(const jobs::PlannedShot& shot, const jobs::OutputWishes& output) {
  std::vector<std::string> files;
  for (const jobs::VideoFormat format : output.formats) {
    files.push_back(target(shot, format) + (format == jobs::VideoFormat::png ? "/0000.png" : ""));
  }
  return files;
}

std::vector<jobs::VideoFormat> lacking_formats(const jobs::PlannedShot& shot,
                                               const jobs::OutputWishes& output,
                                               const std::string& run_directory) {
  std::vector<jobs::VideoFormat> lacking;
  for (const jobs::VideoFormat format : output.formats) {
    const std::string path = run_directory + "/" + target(shot, format);
    if (!is_made_from(path, format, made_from(shot, output, format))) lacking.push_back(format);
  }
  return lacking;
}

VideosMade make_videos(const jobs::PlannedShot& shot, const jobs::OutputWishes& output,
                       const jobs::Clip& clip, const std::string& run_directory) {
  VideosMade made{.shot = shot.id, .files = {}, .trouble = {}};
  for (const jobs::VideoFormat format : output.formats) {
    try {
      const std::string path = run_directory + "/" + target(shot, format);
      std::filesystem::create_directories(std::filesystem::path(path).parent_path());
      write_video(clip, {.path = path,
                         .format = format,
                         .fps = shot.fps,
                         .crf = output.crf,
                         .metadata = output.metadata ? jobs::recipe_json(shot.shot) : std::string(),
                         .made_from = made_from(shot, output, format)});
      made.files.push_back(target(shot, format));
    } catch (const std::exception& error) {
      made.trouble += (made.trouble.empty() ? "" : "; ") + std::string(error.what());
    }
  }
  return made;
}

}  // namespace pia::farm
