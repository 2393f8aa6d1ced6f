// SPDX-License-Identifier: Apache-2.0
// Apart from video.cpp, for ranks, which must not load what encodes videos.
#include <fcntl.h>
#include <unistd.h>

#include "farm/media/internal/mark.hpp"
#include "farm/media/video.hpp"

namespace pia::farm {

bool is_made_from(const std::string& path, jobs::VideoFormat format, const jobs::Digest& made_from) {
  const std::string file = format == jobs::VideoFormat::png ? path + "/0000.png" : path;
  const std::vector<std::byte> wanted = marked_end(format, made_from);
  // A pipe of that name must not hold us up.
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return false;
  std::vector<std::byte> found(wanted.size());
  const off_t from = lseek(descriptor, -static_cast<off_t>(wanted.size()), SEEK_END);
  const ssize_t count = from < 0 ? -1 : pread(descriptor, found.data(), found.size(), from);
  close(descriptor);
  return count == static_cast<ssize_t>(wanted.size()) && found == wanted;
}

}  // namespace pia::farm
