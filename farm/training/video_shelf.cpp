// SPDX-License-Identifier: Apache-2.0
#include "farm/training/video_shelf.hpp"

#include <filesystem>
#include <numeric>

#include "farm/media/resize.hpp"
#include "farm/media/video_reader.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

constexpr int kUnknown = -1;

std::string file_of(const VideoSet& set, const ListedVideo& video) {
  const std::string flat = set.folder + "/" + video.videoid + ".mp4";
  if (video.page_dir.empty()) return flat;
  std::error_code ignored;
  const std::string paged = set.folder + "/" + video.page_dir + "/" + video.videoid + ".mp4";
  const bool is_flat = !std::filesystem::exists(paged, ignored) && std::filesystem::exists(flat, ignored);
  return is_flat ? flat : paged;
}

Reshape cropped_to(jobs::Size size) {
  return [size](const jobs::Image& frame) {
    return apply_geometry(frame, {.size = size, .resize = jobs::Resize::crop, .first = std::nullopt});
  };
}

// Throws jobs::InputError for a video that is of no use.
int usable_length(const VideoSet& set, const ListedVideo& video) {
  const std::string file = file_of(set, video);
  const int frames = probe_video(file).frames;
  if (frames >= set.least_frames) return frames;
  throw jobs::InputError("video " + file + " has " + std::to_string(frames) +
                         " frames, and a clip of this training " + std::to_string(set.least_frames) +
                         "; take it out of the list, or lower train.frames");
}

jobs::Clip picked(const jobs::Clip& whole, std::span<const int> numbers) {
  jobs::Clip clip{static_cast<int>(numbers.size()), whole.width, whole.height, {}};
  for (const int number : numbers) {
    const auto from =
        whole.rgb.begin() + static_cast<std::ptrdiff_t>(whole.frame_bytes()) * std::ptrdiff_t{number};
    clip.rgb.insert(clip.rgb.end(), from, from + static_cast<std::ptrdiff_t>(whole.frame_bytes()));
  }
  return clip;
}

}  // namespace

VideoShelf::VideoShelf(VideoSet set, Notice notice)
    : set_(std::move(set)),
      unusable_(set_.videos.size(), "videos", std::move(notice)),
      lengths_(set_.videos.size(), kUnknown) {}

int VideoShelf::length(std::size_t video) const {
  {
    const std::lock_guard lock(mutex_);
    if (lengths_[video] != kUnknown) return lengths_[video];
  }
  int length = 0;
  std::string reason;
  try {
    length = usable_length(set_, set_.videos[video]);
  } catch (const jobs::InputError& error) {
    reason = error.what();
  }
  const std::lock_guard lock(mutex_);
  if (lengths_[video] == kUnknown) lengths_[video] = length;
  if (length == 0) unusable_.tell(video, reason);
  return lengths_[video];
}

std::optional<jobs::Clip> VideoShelf::frames(std::size_t video, std::span<const int> numbers) const {
  const int count = length(video);
  if (count == 0) return std::nullopt;
  try {
    if (keeps(count)) return picked(*whole(video, count), numbers);
    return read_frames(file_of(set_, set_.videos[video]), numbers, cropped_to(set_.size));
  } catch (const jobs::InputError& error) {
    const std::lock_guard lock(mutex_);
    unusable_.tell(video, error.what());
    if (keeps(count)) lengths_[video] = 0;
    return std::nullopt;
  }
}

bool VideoShelf::keeps(int length) const {
  const std::size_t frame =
      std::size_t{3} * static_cast<std::size_t>(set_.size.width) * static_cast<std::size_t>(set_.size.height);
  return static_cast<std::size_t>(length) * frame <= set_.bytes_kept / set_.videos.size();
}

const jobs::Clip* VideoShelf::whole(std::size_t video, int length) const {
  {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(video);
    if (found != kept_.end()) return found->second.get();
  }
  std::vector<int> all(static_cast<std::size_t>(length));
  std::iota(all.begin(), all.end(), 0);
  auto clip = std::make_unique<const jobs::Clip>(
      read_frames(file_of(set_, set_.videos[video]), all, cropped_to(set_.size)));
  const std::lock_guard lock(mutex_);
  return kept_.emplace(video, std::move(clip)).first->second.get();
}

}  // namespace pia::farm
