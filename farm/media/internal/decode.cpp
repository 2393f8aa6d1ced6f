// SPDX-License-Identifier: Apache-2.0
#include "farm/media/internal/decode.hpp"

#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>

#include "farm/media/internal/image_headers.hpp"

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

cv::Mat decode_as_stored(const PictureBytes& file, ImageKind kind) {
  if (kind == ImageKind::png) return decode_with_opencv(essential_png(file));
  if (kind == ImageKind::tiff) return decode_with_opencv(plain_tiff(file));
  return decode_with_opencv(file.bytes);
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

jobs::Image decode_stored(const PictureBytes& file, const ImageHeader& header) {
  const cv::Mat bgr = decode_as_stored(file, header.kind);
  if (bgr.empty() || bgr.type() != CV_8UC3) file.broken("its pixel data cannot be decoded");
  if (bgr.cols != header.stored.width || bgr.rows != header.stored.height) {
    file.broken("its pixel data has another size than its header says");
  }
  return from_bgr(bgr);
}

}  // namespace pia::farm
