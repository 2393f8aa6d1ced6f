// SPDX-License-Identifier: Apache-2.0
#include "farm/media/internal/mark.hpp"

#include <span>
#include <string>

#include "farm/media/internal/png_chunk.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

using jobs::VideoFormat;

constexpr std::size_t kGifTrailer = 1;
constexpr std::size_t kPngEnd = 12;
constexpr std::size_t kRiffLength = 4;

std::string end_of(VideoFormat format, const std::string& hex) {
  using namespace std::string_literals;
  const std::string length(1, static_cast<char>(hex.size()));
  switch (format) {
    case VideoFormat::mp4: {
      const std::string box = "free" + ("pia-farm " + hex);
      return big_endian(static_cast<std::uint32_t>(4 + box.size())) + box;
    }
    case VideoFormat::gif:
      return "\x21\xFF\x0BPIA-FARMKEY"s + length + hex + "\0\x3B"s;
    case VideoFormat::webp:
      return "PIAK" + length + "\0\0\0"s + hex;
    case VideoFormat::png:
      return png_chunk("tEXtpia-farm key\0"s + hex) + png_chunk("IEND");
  }
  PIA_ASSERT(false);
  return {};
}

std::size_t own_end(VideoFormat format) {
  if (format == VideoFormat::gif) return kGifTrailer;
  return format == VideoFormat::png ? kPngEnd : 0;
}

void set_riff_length(std::vector<std::byte>& webp) {
  const std::size_t length = webp.size() - 2 * kRiffLength;
  for (std::size_t i = 0; i < 4; ++i)
    webp.at(kRiffLength + i) = static_cast<std::byte>((length >> (8 * i)) & 0xFFU);
}

}  // namespace

std::vector<std::byte> marked_end(VideoFormat format, const jobs::Digest& mark) {
  const std::string text = end_of(format, to_hex(mark));
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

void add_mark(std::vector<std::byte>& file, VideoFormat format, const jobs::Digest& mark) {
  PIA_ASSERT(file.size() > own_end(format));
  file.resize(file.size() - own_end(format));
  const std::vector<std::byte> end = marked_end(format, mark);
  file.insert(file.end(), end.begin(), end.end());
  if (format == VideoFormat::webp) set_riff_length(file);
}

}  // namespace pia::farm
