// SPDX-License-Identifier: Apache-2.0
#include <png.h>

#include <algorithm>

#include "farm/media/internal/decode.hpp"

namespace pia::farm {
namespace {

/// libpng's reader of a whole picture.
struct Reading {
  Reading() { png.version = PNG_IMAGE_VERSION; }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() { png_image_free(&png); }
  png_image png = {};
};

void drop_alpha(std::vector<std::uint8_t>& rgba) {
  const std::size_t pixels = rgba.size() / 4;
  for (std::size_t i = 1; i < pixels; ++i) std::copy_n(&rgba[4 * i], 3, &rgba[3 * i]);
  rgba.resize(3 * pixels);
}

}  // namespace

jobs::Image decode_png(std::span<const std::byte> png) {
  Reading reading;
  if (png_image_begin_read_from_memory(&reading.png, png.data(), png.size()) == 0) return {};
  // Read as RGB, a picture with alpha would be laid on black.
  const bool alpha = (reading.png.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  reading.png.format = alpha ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
  jobs::Image image{static_cast<int>(reading.png.width), static_cast<int>(reading.png.height), {}};
  image.rgb.resize(PNG_IMAGE_SIZE(reading.png));
  if (png_image_finish_read(&reading.png, nullptr, image.rgb.data(), 0, nullptr) == 0) return {};
  if (alpha) drop_alpha(image.rgb);
  return image;
}

}  // namespace pia::farm
