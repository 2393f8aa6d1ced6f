// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "farm/training/unusable_files.hpp"
#include "farm/training/video_list.hpp"
#include "jobs/core/picture.hpp"
#include "jobs/core/shot.hpp"

namespace pia::farm {

/// Listed videos and where they are.
struct VideoSet {
  std::vector<ListedVideo> videos;
  std::string folder;
  jobs::Size size;       ///< that frames are resized and cropped to
  int least_frames = 1;  ///< shorter videos are of no use
  /// A video is decoded once and kept whole where all would fit into so many bytes if they were as long as
  /// it is: so no more than that is kept, and what is kept does not hang on who came first.
  std::size_t bytes_kept = std::size_t{512} << 20U;
};

/// Frames of a set's videos. What it answers hangs on the files alone, not on what was asked before. A video
/// is <folder>/<page_dir>/<videoid>.mp4 or, if that is not there, <folder>/<videoid>.mp4. Of each that is of
/// no use, or partly damaged, `notice` is told as UnusableFiles does. Any thread, several at once. Throws
/// jobs::StorageError where a disk fails.
class VideoShelf {
 public:
  VideoShelf(VideoSet set, Notice notice);

  const std::vector<ListedVideo>& videos() const { return set_.videos; }

  /// How many frames a video has; 0: it can't be used.
  int length(std::size_t video) const;

  /// Frames of a video, rising and below its length; nothing if these are damaged.
  std::optional<jobs::Clip> frames(std::size_t video, std::span<const int> numbers) const;

  /// Why the first video that was of no use was so; empty if none was.
  std::string first_reason() const { return unusable_.first_reason(); }

 private:
  bool keeps(int length) const;
  const jobs::Clip* whole(std::size_t video, int length) const;

  VideoSet set_;
  mutable UnusableFiles unusable_;
  mutable std::mutex mutex_;  ///< of all below
  mutable std::vector<int> lengths_;
  mutable std::map<std::size_t, std::unique_ptr<const jobs::Clip>> kept_;
};

}  // namespace pia::farm
