// SPDX-License-Identifier: Apache-2.0
#include "farm/media/video.hpp"

#include <filesystem>

#include "farm/media/internal/codecs.hpp"
#include "farm/media/internal/mark.hpp"
#include "farm/media/internal/webp_container.hpp"
#include "farm/media/png_file.hpp"
#include "jobs/core/error.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {
namespace {

void check(const jobs::Clip& clip, const VideoSpec& spec) {
  PIA_ASSERT(clip.frames > 0 && clip.width > 0 && clip.height > 0 && spec.fps > 0);
  PIA_ASSERT(clip.rgb.size() == clip.frame_bytes() * static_cast<std::size_t>(clip.frames));
}

std::string frame_name(int frame) {
  std::string digits = std::to_string(frame);
  return std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits + ".png";
}

std::vector<std::byte> encode_frame_png(const jobs::Clip& clip, int frame, const std::string& comment) {
  const auto from = clip.rgb.begin() + frame * static_cast<std::ptrdiff_t>(clip.frame_bytes());
  jobs::Image image{clip.width, clip.height, {}};
  image.rgb.assign(from, from + static_cast<std::ptrdiff_t>(clip.frame_bytes()));
  return encode_png(image, comment);
}

/// Frames and what a killed process left; 0000.png first, since it says that the rest is there.
void remove_old_frames(storage::FileOps& files, const std::string& folder) {
  files.remove(folder + "/" + frame_name(0));
  files.sync_folder(folder);
  for (const std::string& name : files.list(folder)) {
    const auto digits = name.find_first_not_of("0123456789");
    const bool frame = digits != std::string::npos && digits >= 4 && name.substr(digits).starts_with(".png");
    if (frame) files.remove(folder + "/" + name);
  }
}

void write_frames(storage::FileOps& files, const jobs::Clip& clip, const VideoSpec& spec) {
  const std::string folder = std::filesystem::absolute(spec.path).string();
  files.make_folders_within(std::filesystem::path(folder).parent_path().string(), folder);
  remove_old_frames(files, folder);
  for (int f = clip.frames - 1; f > 0; --f) {
    storage::replace_file_unsynced(files, folder + "/" + frame_name(f),
                                   encode_frame_png(clip, f, spec.metadata), spec.tag);
  }
  files.sync_folder(folder);
  std::vector<std::byte> first = encode_frame_png(clip, 0, spec.metadata);
  if (spec.made_from) add_mark(first, jobs::VideoFormat::png, *spec.made_from);
  storage::replace_file(files, folder + "/" + frame_name(0), first, spec.tag);
}

std::vector<std::byte> encode_unmarked(const jobs::Clip& clip, const VideoSpec& spec) {
  std::vector<std::byte> bytes = video_codecs().encode(clip, spec);
  if (spec.format != jobs::VideoFormat::webp) return bytes;
  return finish_webp(bytes, {.size = {clip.width, clip.height},
                             .duration_ms = (std::int64_t{2000} * clip.frames + spec.fps) / (2 * spec.fps),
                             .description = spec.metadata,
                             .name = spec.path});
}

}  // namespace

std::vector<std::byte> encode_video(const jobs::Clip& clip, const VideoSpec& spec) {
  check(clip, spec);
  PIA_ASSERT(spec.format != jobs::VideoFormat::png);
  std::vector<std::byte> bytes = encode_unmarked(clip, spec);
  if (spec.made_from) add_mark(bytes, spec.format, *spec.made_from);
  return bytes;
}

void write_video(storage::FileOps& files, const jobs::Clip& clip, const VideoSpec& spec) {
  check(clip, spec);
  if (spec.format == jobs::VideoFormat::png) return write_frames(files, clip, spec);
  const std::string path = std::filesystem::absolute(spec.path).string();
  const std::vector<std::byte> bytes = encode_video(clip, spec);
  storage::replace_file(files, path, bytes, spec.tag);
}

void write_video(const jobs::Clip& clip, const VideoSpec& spec) {
  const auto files = storage::make_posix_file_ops();
  write_video(*files, clip, spec);
}

}  // namespace pia::farm
