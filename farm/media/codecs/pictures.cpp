// SPDX-License-Identifier: Apache-2.0
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>

#include "farm/media/internal/codecs.hpp"

namespace pia::farm {
namespace {

cv::Mat decode_with_opencv(std::span<const std::byte> file) {
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  // OpenCV takes the bytes as a matrix of one row, and does not write to it.
  void* data = const_cast<std::byte*>(file.data());
  const cv::Mat row(1, static_cast<int>(file.size()), CV_8UC1, data);
  try {
    return cv::imdecode(row, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
  } catch (const cv::Exception&) {
    return {};
  }
}

jobs::Image decode(std::span<const std::byte> file) {
  const cv::Mat bgr = decode_with_opencv(file);
  if (bgr.empty() || bgr.type() != CV_8UC3) return {};
  jobs::Image image{bgr.cols, bgr.rows, {}};
  image.rgb.reserve(3 * bgr.total());
  for (int y = 0; y < bgr.rows; ++y) {
    const auto* row = bgr.ptr<cv::Vec3b>(y);
    for (int x = 0; x < bgr.cols; ++x) image.rgb.insert(image.rgb.end(), {row[x][2], row[x][1], row[x][0]});
  }
  return image;
}

}  // namespace
}  // namespace pia::farm

extern "C" {
extern const pia::farm::PictureCodecs pia_picture_codecs;
const pia::farm::PictureCodecs pia_picture_codecs{.decode = pia::farm::decode};
}
