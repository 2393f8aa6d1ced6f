// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "farm/media/resize.hpp"
#include "jobs/core/digest.hpp"
#include "tests/media/golden.hpp"

namespace pia::farm {
namespace {

void put(jobs::Image& image, int x, int y, std::array<int, 3> colour) {
  for (int c = 0; c < 3; ++c) {
    image.rgb[static_cast<std::size_t>(3 * (y * image.width + x) + c)] =
        static_cast<std::uint8_t>(colour[static_cast<std::size_t>(c)]);
  }
}

/// tests/reference/common.py, picture(): a picture by rule.
jobs::Image picture_by_rule(int width, int height) {
  const int w = std::max(width - 1, 1);
  const int h = std::max(height - 1, 1);
  jobs::Image image{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height))};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      put(image, x, y, {255 * x / w, 255 * y / h, 128 * x / w + 127 * (height - 1 - y) / h});
      const int across = 8 * x - 3 * width;
      const int down = 8 * y - 4 * height;
      const int radius = 2 * std::min(width, height);
      if (across * across + down * down < radius * radius) put(image, x, y, {230, 60, 30});
      if (x >= 5 * width / 8 && x < 7 * width / 8 && y >= height / 8 && y < height / 2) {
        put(image, x, y, {20, 40, 200});
      }
      const int check = (x + y) % 2 == 0 ? 250 : 5;
      if (x < width / 4 && y >= 3 * height / 4) put(image, x, y, {check, check, check});
    }
  }
  return image;
}

std::string digest_of(const jobs::Image& image) {
  return to_hex(jobs::sha256(std::as_bytes(std::span(image.rgb))));
}

TEST(Geometry, IsTheOfficialPreprocessingToTheByte) {
  const auto golden = nlohmann::json::parse(tests::file_text(std::string(PIA_GOLDEN) + "/resize.json"));
  ASSERT_GE(golden["preprocess"].size(), 6U);
  for (const auto& entry : golden["preprocess"]) {
    const int width = entry["width"];
    const int height = entry["height"];
    SCOPED_TRACE(std::to_string(width) + " x " + std::to_string(height));
    const jobs::Image picture = picture_by_rule(width, height);
    ASSERT_EQ(digest_of(picture), entry["in_sha256"]);
    jobs::Geometry geometry;
    geometry.size = {entry["out_width"], entry["out_height"]};
    if (std::max(width, height) > 512) {
      const double scale = 512.0 / std::max(width, height);
      geometry.first = jobs::Size{static_cast<int>(width * scale), static_cast<int>(height * scale)};
    }
    EXPECT_EQ(digest_of(apply_geometry(picture, geometry)), entry["out_sha256"]);
  }
}

}  // namespace
}  // namespace pia::farm
