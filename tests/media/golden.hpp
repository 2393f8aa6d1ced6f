// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "farm/media/image_file.hpp"
#include "jobs/core/picture.hpp"

namespace pia::tests {

/// A file of tests/golden/images, made by tests/reference/make_images.py.
inline std::string golden_image(const std::string& name) {
  return std::string(PIA_GOLDEN) + "/images/" + name;
}

inline jobs::Image read_image(const std::string& path) {
  return farm::read_image_bytes(farm::picture_bytes(path), path);
}

inline farm::ImageHeader probe_image(const std::string& path) {
  return farm::probe_image_bytes(farm::picture_bytes(path), path);
}

inline std::string file_text(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline std::vector<std::uint8_t> file_values(const std::string& path) {
  const std::string text = file_text(path);
  return {text.begin(), text.end()};
}

inline std::span<const std::byte> as_bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

/// The largest difference of two byte rows; 256 if they have different lengths.
inline int largest_difference(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  if (a.size() != b.size()) return 256;
  int largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(int{a[i]} - int{b[i]}));
  return largest;
}

/// Peak signal-to-noise ratio in dB.
inline double psnr(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  if (a.size() != b.size() || a.empty()) return 0;
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(double{1} * a[i] - b[i], 2);
  return 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.size()) / std::max(sum, 1e-9));
}

/// Smooth colours that move: what a video codec is good at.
inline jobs::Clip smooth_clip(int frames, int width, int height) {
  jobs::Clip clip{frames, width, height, {}};
  for (int f = 0; f < frames; ++f) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const double u = static_cast<double>(x) / width + 0.02 * f;
        const double v = static_cast<double>(y) / height;
        clip.rgb.push_back(static_cast<std::uint8_t>(128 + 100 * std::sin(3 * u)));
        clip.rgb.push_back(static_cast<std::uint8_t>(128 + 100 * std::cos(2 * v + u)));
        clip.rgb.push_back(static_cast<std::uint8_t>(60 + 120 * v));
      }
    }
  }
  return clip;
}

}  // namespace pia::tests
