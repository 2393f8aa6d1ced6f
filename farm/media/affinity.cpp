// SPDX-License-Identifier: Apache-2.0
#include "farm/media/affinity.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

struct Percentiles {
  double low = 0;   ///< 2.5th
  double high = 0;  ///< 97.5th
};

// example/config/train.yaml, statistic.
constexpr std::array<Percentiles, 16> kStatistic = {{{0, 0},
                                                     {.3535855, 24.23687346},
                                                     {.91609545, 30.65091947},
                                                     {1.41165152, 34.40093286},
                                                     {1.56943881, 36.99639585},
                                                     {1.73182842, 39.42044163},
                                                     {1.82733002, 40.94703526},
                                                     {1.88060527, 42.66233244},
                                                     {1.96208071, 43.73070788},
                                                     {2.02723091, 44.25965378},
                                                     {2.10820894, 45.66120213},
                                                     {2.21115041, 46.29561324},
                                                     {2.23412351, 47.08810863},
                                                     {2.29430165, 47.9515062},
                                                     {2.32986362, 48.69085638},
                                                     {2.37310751, 49.19931439}}};

int kernel_size(int width, int height) {
  // As Python rounds: halves to the even number.
  const int size = 4 + static_cast<int>(std::nearbyint(std::sqrt(double{1} * width * height) / 192));
  return size % 2 == 0 ? size + 1 : size;
}

double median_of(const cv::Mat& bytes) {
  std::vector<std::uint8_t> sorted(bytes.begin<std::uint8_t>(), bytes.end<std::uint8_t>());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
}

cv::Mat edges_of(const cv::Mat& brightness) {
  const int size = kernel_size(brightness.cols, brightness.rows);
  const double median = median_of(brightness);
  constexpr double kSigma = 1.0 / 3.0;
  const int low = static_cast<int>(std::max(0.0, (1 - kSigma) * median));
  const int high = static_cast<int>(std::min(255.0, (1 + kSigma) * median));
  cv::Mat edges;
  cv::Canny(brightness, edges, low, high);
  cv::dilate(edges, edges, cv::Mat::ones(size, size, CV_8U));
  return edges;
}

struct Look {
  cv::Mat hsv;    ///< hue 0..360, saturation 0..1, value 0..255
  cv::Mat edges;  ///< 0 or 255
};

Look look_at(const jobs::Clip& clip, int frame) {
  cv::Mat rgb(clip.height, clip.width, CV_32FC3);
  const std::uint8_t* from = clip.rgb.data() + static_cast<std::size_t>(frame) * clip.frame_bytes();
  std::copy(from, from + clip.frame_bytes(), rgb.ptr<float>());
  Look look;
  cv::cvtColor(rgb, look.hsv, cv::COLOR_RGB2HSV);
  cv::Mat value;
  cv::extractChannel(look.hsv, value, 2);
  // Whole numbers, so nothing is rounded.
  value.convertTo(value, CV_8U);
  look.edges = edges_of(value);
  return look;
}

double distance_between(const Look& look, const Look& condition) {
  double sum = 0;
  for (int y = 0; y < look.hsv.rows; ++y) {
    const float* a = look.hsv.ptr<float>(y);
    const float* b = condition.hsv.ptr<float>(y);
    for (int i = 0; i < 3 * look.hsv.cols; ++i) sum += std::abs(a[i] - b[i]);
    for (int x = 0; x < look.hsv.cols; ++x) {
      const int appeared = int{look.edges.at<std::uint8_t>(y, x)} - condition.edges.at<std::uint8_t>(y, x);
      sum += static_cast<std::uint8_t>(appeared);
    }
  }
  return sum / (4.0 * look.hsv.rows * look.hsv.cols);
}

}  // namespace

std::vector<double> official_scores(const jobs::Clip& clip, int condition) {
  PIA_ASSERT(condition >= 0 && condition < clip.frames);
  const Look reference = look_at(clip, condition);
  std::vector<double> scores;
  for (int f = 0; f < clip.frames; ++f) scores.push_back(distance_between(look_at(clip, f), reference));
  return scores;
}

std::vector<float> official_affinity(const std::vector<double>& scores, int condition) {
  std::vector<float> affinity;
  for (std::size_t f = 0; f < scores.size(); ++f) {
    const auto apart = static_cast<std::size_t>(std::abs(static_cast<int>(f) - condition));
    const Percentiles& usual = kStatistic[std::min(apart, kStatistic.size() - 1)];
    const double score = scores[f] > usual.high ? .95 * usual.high : std::max(scores[f], usual.low);
    affinity.push_back(apart == 0 ? 1.0F
                                  : static_cast<float>(1 - std::abs(score / (usual.high + 1e-10) * .8)));
  }
  return affinity;
}

}  // namespace pia::farm
