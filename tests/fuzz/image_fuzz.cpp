// SPDX-License-Identifier: Apache-2.0
#include <span>
#include <string>
#include <vector>

#include "farm/media/image_file.hpp"
#include "jobs/core/error.hpp"
#include "tests/media/golden.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/sealed_png.hpp"

namespace {

constexpr const char* kSeeds[] = {
    "rgb.png",     "palette.png",     "grey-alpha.png", "one-bit.png",  "rgb16.png",     "turned.png",
    "rgb.jpg",     "progressive.jpg", "cmyk.jpg",       "restart.jpg",  "turned-6.jpg",  "rgb.bmp",
    "palette.bmp", "one-bit.bmp",     "rgba.bmp",       "lossy.webp",   "lossless.webp", "turned.webp",
    "rgb.tiff",    "lzw.tiff",        "deflate.tiff",   "palette.tiff", "grey16.tiff",   "turned-6.tiff"};

}  // namespace

int main() {
  std::vector<std::string> seeds;
  for (const char* name : kSeeds) seeds.push_back(pia::tests::file_text(pia::tests::golden_image(name)));
  return pia::tests::fuzz("image_fuzz", seeds, [](const std::string& input) {
    try {
      const std::string whole = input.starts_with("\x89PNG") ? pia::tests::sealed_png(input) : input;
      pia::farm::read_image_bytes(std::as_bytes(std::span(whole)), "fuzzed");
    } catch (const pia::jobs::InputError&) {
      return;
    }
  });
}
