// SPDX-License-Identifier: Apache-2.0
#include "farm/media/png_file.hpp"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <span>

#include "farm/media/internal/png_chunk.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

constexpr std::ptrdiff_t kAfterHeader = 8 + 25;

std::vector<std::uint8_t> plain_png(const jobs::Image& image) {
  cv::Mat bgr(image.height, image.width, CV_8UC3);
  const std::uint8_t* from = image.rgb.data();
  for (int y = 0; y < image.height; ++y) {
    auto* row = bgr.ptr<cv::Vec3b>(y);
    for (int x = 0; x < image.width; ++x, from += 3) row[x] = {from[2], from[1], from[0]};
  }
  std::vector<std::uint8_t> png;
  const std::vector<int> options{cv::IMWRITE_PNG_COMPRESSION, 6};
  if (!cv::imencode(".png", bgr, png, options)) {
    throw jobs::Error(jobs::ExitCode::internal, "OpenCV cannot encode a PNG; check its libraries");
  }
  return png;
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
  const std::vector<std::uint8_t> plain = plain_png(image);
  const auto bytes = std::as_bytes(std::span(plain));
  std::vector<std::byte> png(bytes.begin(), bytes.end());
  if (comment.empty()) return png;
  const std::string chunk = text_chunk(comment);
  const auto chunk_bytes = std::as_bytes(std::span(chunk));
  png.insert(png.begin() + kAfterHeader, chunk_bytes.begin(), chunk_bytes.end());
  return png;
}

}  // namespace pia::farm
