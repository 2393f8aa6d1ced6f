// SPDX-License-Identifier: Apache-2.0
#include "farm/media/png_file.hpp"

#include <png.h>

#include <algorithm>
#include <span>

#include "farm/media/internal/png_chunk.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

constexpr std::ptrdiff_t kAfterHeader = 8 + 25;

std::vector<std::byte> plain_png(const jobs::Image& image) {
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::vector<std::byte> bytes(size);
  if (png_image_write_to_memory(&png, bytes.data(), &size, 0, image.rgb.data(), 0, nullptr) == 0) {
    throw jobs::Error(jobs::ExitCode::internal,
                      std::string("libpng can't encode a picture (") + png.message + "); check its library");
  }
  bytes.resize(size);
  return bytes;
}

std::string text_chunk(const std::string& text) {
  const bool ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  std::string body = ascii ? "tEXt" : "iTXt";
  body.append("Comment\0", 8);
  // Not compressed, no language, no translated keyword.
  if (!ascii) body.append("\0\0\0\0", 4);
  return png_chunk(body + text);
}

}  // namespace

std::vector<std::byte> encode_png(const jobs::Image& image, const std::string& comment) {
  PIA_ASSERT(image.width > 0 && image.height > 0);
  PIA_ASSERT(image.rgb.size() ==
             std::size_t{3} * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height));
  std::vector<std::byte> png = plain_png(image);
  if (comment.empty()) return png;
  const std::string chunk = text_chunk(comment);
  const auto chunk_bytes = std::as_bytes(std::span(chunk));
  png.insert(png.begin() + kAfterHeader, chunk_bytes.begin(), chunk_bytes.end());
  return png;
}

}  // namespace pia::farm
