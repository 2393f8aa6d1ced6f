// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "jobs/core/digest.hpp"
#include "jobs/core/picture.hpp"
#include "jobs/core/words.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {

/// What a clip becomes.
///
/// mp4   H.264 by libx264 (one thread, preset medium), yuv420p, converted and tagged as BT.709 of limited
///       range; odd sizes get their last row or column twice; the index comes first (faststart).
/// gif   a palette of its own (256 colours over all frames, Sierra dithering), loops forever. Delays are
///       hundredths of a second: 8 frames a second last 12, 13, 12, 13, ... so that the whole is exact to
///       1/100 s. Players slow frames under 2/100 s down, so above 50 frames a second some are left out.
/// webp  animated, lossy at quality 90, loops forever; delays in whole milliseconds, the whole exact to one.
/// png   a folder of lossless RGB8 frames, 0000.png, 0001.png, ...
struct VideoSpec {
  std::string path = {};  ///< the file, or the folder of PNG frames; its parent folder must be there
  jobs::VideoFormat format = jobs::VideoFormat::mp4;
  int fps = 8;                   ///< >= 1
  int crf = 18;                  ///< mp4 only: 0 (lossless, but few players read that) .. 51
  std::string metadata = {};     ///< UTF-8 text kept in the file, such as the shot's recipe; empty: none
  std::string tag = "e0-video";  ///< of the temporary name: storage/FORMAT.md, section 6
  /// What it is made from, for `is_made_from`: any digest that differs where the video should; none: no mark.
  std::optional<jobs::Digest> made_from = {};
};

/// The bytes of an mp4, gif or webp file. The same clip and spec give the same bytes with the same libraries.
/// The metadata is mp4's `comment` tag, GIF's comment extension (seen by ffprobe as `comment`), and the
/// dc:description of an XMP packet in WebP. `spec.path` is used in error sentences only.
/// The clip must have at least one frame and one pixel.
/// Throws jobs::Error: unavailable where FFmpeg lacks the encoder or the installation FFmpeg (the sentence
/// says which), internal for what else FFmpeg reports. Callable from several threads.
std::vector<std::byte> encode_video(const jobs::Clip& clip, const VideoSpec& spec);

/// Encodes and writes: under a temporary name beside `spec.path`, synced, renamed; never half a
/// video under its own name. Of a folder of PNG frames 0000.png is written last and removed first: where it
/// is, the folder is whole; frames of an earlier, longer clip are removed. Each frame has the metadata as a
/// tEXt chunk "Comment" (iTXt if it is not ASCII). Throws what encode_video throws, and jobs::StorageError
/// (errno, path and mend) for what the disk reports; then the temporary file is gone.
void write_video(storage::FileOps& files, const jobs::Clip& clip, const VideoSpec& spec);

/// The same on the real file system.
void write_video(const jobs::Clip& clip, const VideoSpec& spec);

/// Whether the video at `path` (of PNG frames: their folder) was written with that `made_from`. The mark is
/// the last thing in the file (of a folder: in 0000.png), where players skip it, so this opens one file and
/// reads about a hundred bytes. False for what is not there, unreadable, cut off, or somebody else's.
bool is_made_from(const std::string& path, jobs::VideoFormat format, const jobs::Digest& made_from);

}  // namespace pia::farm
