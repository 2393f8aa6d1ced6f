// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "farm/media/png_file.hpp"

namespace pia::tests {

/// A small picture with a gradient, as the bytes of a PNG file.
inline std::string png(int width, int height) {
  jobs::Image image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.rgb.push_back(128);
      image.rgb.push_back(static_cast<std::uint8_t>(255 * y / height));
      image.rgb.push_back(static_cast<std::uint8_t>(255 * x / width));
    }
  }
  const auto bytes = farm::encode_png(image, "");
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace pia::tests
