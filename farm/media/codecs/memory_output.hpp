// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "farm/media/codecs/av.hpp"

namespace pia::farm {

/// A file in memory that a muxer writes, seeks in, and opens again for reading (mp4's faststart does).
class MemoryOutput {
 public:
  MemoryOutput();
  MemoryOutput(const MemoryOutput&) = delete;
  MemoryOutput& operator=(const MemoryOutput&) = delete;
  ~MemoryOutput();

  /// Makes `muxer` write here; it must not outlive this object.
  void attach(AVFormatContext& muxer);

  /// All that was written. The muxer must have written its trailer.
  std::vector<std::byte> take();

 private:
  struct Reader;
  static int write(void* self, const std::uint8_t* data, int size);
  static std::int64_t seek(void* self, std::int64_t offset, int whence);
  static int open(AVFormatContext* muxer, AVIOContext** stream, const char* url, int flags, AVDictionary**);
  static int close(AVFormatContext* muxer, AVIOContext* stream);

  std::vector<std::byte> bytes_;
  std::size_t at_ = 0;
  AVIOContext* stream_ = nullptr;
};

}  // namespace pia::farm
