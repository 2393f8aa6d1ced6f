// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "farm/media/image_file.hpp"
#include "farm/media/internal/image_headers.hpp"
#include "jobs/core/error.hpp"
#include "tests/media/golden.hpp"
#include "tests/support/fuzz.hpp"

namespace {

constexpr const char* kSeeds[] = {
    "rgb.png",     "palette.png",     "grey-alpha.png", "one-bit.png",  "rgb16.png",     "turned.png",
    "rgb.jpg",     "progressive.jpg", "cmyk.jpg",       "restart.jpg",  "turned-6.jpg",  "rgb.bmp",
    "palette.bmp", "one-bit.bmp",     "rgba.bmp",       "lossy.webp",   "lossless.webp", "turned.webp",
    "rgb.tiff",    "lzw.tiff",        "deflate.tiff",   "palette.tiff", "grey16.tiff",   "turned-6.tiff"};

/// A PNG's checksums made right again: whoever means harm does that too, and so reaches the decoder.
std::string resealed(std::string png) {
  const auto byte = [&](std::size_t at) { return std::uint32_t{static_cast<unsigned char>(png[at])}; };
  for (std::size_t at = 8; at + 12 <= png.size();) {
    const std::size_t length = byte(at) << 24U | byte(at + 1) << 16U | byte(at + 2) << 8U | byte(at + 3);
    if (length > png.size() - at - 12) break;
    const std::uint32_t crc = pia::farm::png_crc(std::as_bytes(std::span(png)).subspan(at + 4, length + 4));
    for (unsigned i = 0; i < 4; ++i) png[at + 8 + length + i] = static_cast<char>(crc >> (24 - 8 * i));
    at += length + 12;
  }
  return png;
}

}  // namespace

int main() {
  std::vector<std::string> seeds;
  for (const char* name : kSeeds) seeds.push_back(pia::tests::file_text(pia::tests::golden_image(name)));
  return pia::tests::fuzz("image_fuzz", seeds, [](const std::string& input) {
    try {
      const std::string whole = input.starts_with("\x89PNG") ? resealed(input) : input;
      pia::farm::read_image_bytes(std::as_bytes(std::span(whole)), "fuzzed");
    } catch (const pia::jobs::InputError&) {
      return;
    }
  });
}
