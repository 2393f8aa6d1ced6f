// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace pia::tests {

/// A small 24-bit picture with a gradient, as the bytes of a BMP file. `width` must be a multiple of 4.
inline std::string bmp(int width, int height) {
  const auto little = [](std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
    return text;
  };
  std::string pixels;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      pixels += static_cast<char>(255 * x / width);
      pixels += static_cast<char>(255 * y / height);
      pixels += static_cast<char>(128);
    }
  }
  const auto size = static_cast<std::uint32_t>(pixels.size());
  return "BM" + little(54 + size, 4) + little(0, 4) + little(54, 4) + little(40, 4) +
         little(static_cast<std::uint32_t>(width), 4) + little(static_cast<std::uint32_t>(height), 4) +
         little(1, 2) + little(24, 2) + little(0, 4) + little(size, 4) + little(2835, 4) + little(2835, 4) +
         little(0, 4) + little(0, 4) + pixels;
}

inline void write_file(const std::string& path, const std::string& bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace pia::tests
