// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pia::farm {

/// A video to learn from, as a list names it.
struct ListedVideo {
  std::string videoid;   ///< its file is <videoid>.mp4
  std::string caption;   ///< of column "name"
  std::string page_dir;  ///< folder, within that of the videos; may be empty
  bool operator==(const ListedVideo&) const = default;
};

/// The rows of a CSV like WebVid's: the first line names the columns videoid, name and page_dir (which may be
/// missing) in any order, among others; quotes as in RFC 4180; a byte order mark and any line ends. `path`
/// stands for the file in sentences. Throws jobs::InputError, "<path>:<line>: <problem>; <mend>", for the
/// first row that is wrong, with how many more are: a column that is missing, another number of cells than
/// the first line has, a quote that does not close, no videoid; or no row at all.
std::vector<ListedVideo> parse_video_list(std::string_view text, const std::string& path);

/// The same of a file. Throws jobs::InputError, too, where it can't be read, and jobs::StorageError where its
/// disk fails.
std::vector<ListedVideo> read_video_list(const std::string& path);

}  // namespace pia::farm
