// SPDX-License-Identifier: Apache-2.0
#include "farm/media/codecs/memory_output.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace pia::farm {
namespace {

constexpr int kBuffer = 1 << 16;

void free_stream(AVIOContext* stream) {
  if (stream == nullptr) return;
  av_freep(&stream->buffer);
  avio_context_free(&stream);
}

// From FFmpeg 7 on the callback's data is const.
#if LIBAVFORMAT_VERSION_MAJOR >= 61
using Data = const std::uint8_t*;
#else
using Data = std::uint8_t*;
#endif

}  // namespace

struct MemoryOutput::Reader {
  const std::vector<std::byte>& bytes;
  std::size_t at = 0;

  static int read(void* opaque, std::uint8_t* data, int size) {
    auto& self = *static_cast<Reader*>(opaque);
    const std::size_t count = std::min(static_cast<std::size_t>(size), self.bytes.size() - self.at);
    if (count == 0) return AVERROR_EOF;
    std::memcpy(data, self.bytes.data() + self.at, count);
    self.at += count;
    return static_cast<int>(count);
  }

  static std::int64_t seek(void* opaque, std::int64_t offset, int whence) {
    auto& self = *static_cast<Reader*>(opaque);
    const auto size = static_cast<std::int64_t>(self.bytes.size());
    if (whence == AVSEEK_SIZE) return size;
    if (whence != SEEK_SET || offset < 0 || offset > size) return AVERROR(EINVAL);
    self.at = static_cast<std::size_t>(offset);
    return offset;
  }
};

MemoryOutput::MemoryOutput() {
  auto* buffer = static_cast<unsigned char*>(av_malloc(kBuffer));
  const auto writer = [](void* self, Data data, int size) { return write(self, data, size); };
  if (buffer != nullptr) stream_ = avio_alloc_context(buffer, kBuffer, 1, this, nullptr, writer, seek);
  if (stream_ != nullptr) return;
  av_free(buffer);
  AvTask::no_memory();
}

MemoryOutput::~MemoryOutput() {
  free_stream(stream_);
}

void MemoryOutput::attach(AVFormatContext& muxer) {
  muxer.pb = stream_;
  muxer.flags |= AVFMT_FLAG_CUSTOM_IO;
  muxer.opaque = this;
  muxer.io_open = open;
  muxer.io_close2 = close;
}

std::vector<std::byte> MemoryOutput::take() {
  avio_flush(stream_);
  return std::exchange(bytes_, {});
}

int MemoryOutput::write(void* opaque, const std::uint8_t* data, int size) {
  auto& self = *static_cast<MemoryOutput*>(opaque);
  const std::size_t end = self.at_ + static_cast<std::size_t>(size);
  try {
    if (end > self.bytes_.size()) self.bytes_.resize(end);
  } catch (const std::bad_alloc&) {
    return AVERROR(ENOMEM);
  }
  std::memcpy(self.bytes_.data() + self.at_, data, static_cast<std::size_t>(size));
  self.at_ = end;
  return size;
}

std::int64_t MemoryOutput::seek(void* opaque, std::int64_t offset, int whence) {
  auto& self = *static_cast<MemoryOutput*>(opaque);
  if (whence == AVSEEK_SIZE) return static_cast<std::int64_t>(self.bytes_.size());
  if (whence != SEEK_SET || offset < 0) return AVERROR(EINVAL);
  self.at_ = static_cast<std::size_t>(offset);
  return offset;
}

int MemoryOutput::open(AVFormatContext* muxer, AVIOContext** stream, const char*, int flags, AVDictionary**) {
  if (flags != AVIO_FLAG_READ) return AVERROR(ENOSYS);
  auto& self = *static_cast<MemoryOutput*>(muxer->opaque);
  auto* buffer = static_cast<unsigned char*>(av_malloc(kBuffer));
  auto* reader = new (std::nothrow) Reader{self.bytes_, 0};
  if (buffer != nullptr && reader != nullptr) {
    *stream = avio_alloc_context(buffer, kBuffer, 0, reader, Reader::read, nullptr, Reader::seek);
    if (*stream != nullptr) return 0;
  }
  av_free(buffer);
  delete reader;
  return AVERROR(ENOMEM);
}

int MemoryOutput::close(AVFormatContext*, AVIOContext* stream) {
  if (stream == nullptr) return 0;
  delete static_cast<Reader*>(stream->opaque);
  free_stream(stream);
  return 0;
}

}  // namespace pia::farm
