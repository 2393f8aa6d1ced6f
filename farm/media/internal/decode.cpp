// SPDX-License-Identifier: Apache-2.0
#include "farm/media/internal/decode.hpp"

#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>

namespace pia::farm {
namespace {

cv::Mat decode_with_opencv(std::span<const std::byte> bytes) {
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  // OpenCV takes the bytes as a matrix of one row, and does not write to it.
  void* data = const_cast<std::byte*>(bytes.data());
  const cv::Mat row(1, static_cast<int>(bytes.size()), CV_8UC1, data);
  try {
    return cv::imdecode(row, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
  } catch (const cv::Exception&) {
    return {};
  }
}

jobs::Image from_bgr(const cv::Mat& bgr) {
  jobs::Image image{bgr.cols, bgr.rows, {}};
  image.rgb.reserve(3 * bgr.total());
  for (int y = 0; y < bgr.rows; ++y) {
    const auto* row = bgr.ptr<cv::Vec3b>(y);
    for (int x = 0; x < bgr.cols; ++x) image.rgb.insert(image.rgb.end(), {row[x][2], row[x][1], row[x][0]});
  }
  return image;
}

}  // namespace

std::vector<std::byte> essential_png(const PictureBytes& file) {
  std::vector<std::byte> kept(file.bytes.begin(), file.bytes.begin() + 8);
  for (std::size_t at = 8;;) {
    const std::size_t length = std::size_t{file.u32(at)} + 12;
    const bool end = file.has(at + 4, "IEND");
    if (end || file.has(at + 4, "IHDR") || file.has(at + 4, "PLTE") || file.has(at + 4, "IDAT")) {
      const auto chunk = file.part(at, length).bytes;
      kept.insert(kept.end(), chunk.begin(), chunk.end());
    }
    if (end) return kept;
    at += length;
  }
}

jobs::Image decode_stored(const PictureBytes& file, const ImageHeader& header) {
  const cv::Mat bgr = header.kind == ImageKind::png ? decode_with_opencv(essential_png(file))
                                                    : decode_with_opencv(file.bytes);
  if (bgr.empty() || bgr.type() != CV_8UC3) file.broken("its pixel data cannot be decoded");
  if (bgr.cols != header.stored.width || bgr.rows != header.stored.height) {
    file.broken("its pixel data has another size than its header says");
  }
  return from_bgr(bgr);
}

}  // namespace pia::farm
