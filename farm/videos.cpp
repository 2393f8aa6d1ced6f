// SPDX-License-Identifier: Apache-2.0
#include "farm/videos.hpp"

#include <filesystem>

#include "farm/media/video.hpp"
#include "storage/file_ops.hpp"
#include "storage/lease.hpp"

namespace pia::farm {
VideosMade make_videos(const jobs::PlannedShot& shot, const jobs::OutputWishes& output,
                       const jobs::Clip& clip, const VideoPlace& place) {
  const auto files = storage::make_posix_file_ops();
  VideosMade made{.shot = shot.id, .files = {}, .trouble = {}};
  for (const jobs::VideoFormat format : output.formats) {
    try {
      const std::string path = place.run_directory + "/" + video_target(shot, format);
      storage::make_run_folder(*files, place.run_directory,
                               std::filesystem::path(path).parent_path().string());
      write_video(clip, {.path = path,
                         .format = format,
                         .fps = shot.fps,
                         .crf = output.crf,
                         .metadata = output.metadata ? video_metadata(shot) : std::string(),
                         .tag = "e" + std::to_string(place.epoch) + "-video",
                         .made_from = made_from(shot, output, format)});
      made.files.push_back(video_target(shot, format));
    } catch (const std::exception& error) {
      made.trouble += (made.trouble.empty() ? "" : "; ") + std::string(error.what());
    }
  }
  return made;
}

}  // namespace pia::farm
