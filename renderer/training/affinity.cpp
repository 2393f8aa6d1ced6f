// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/affinity.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "jobs/core/error.hpp"

namespace pia::renderer {
namespace {

struct Hsv {
  double hue = 0;  ///< turns
  double saturation = 0;
  double value = 0;
};

Hsv hsv_of(const std::uint8_t* rgb) {
  const int red = rgb[0];
  const int green = rgb[1];
  const int blue = rgb[2];
  const int most = std::max({red, green, blue});
  const int chroma = most - std::min({red, green, blue});
  Hsv hsv{.value = most / 255.0};
  if (chroma == 0) return hsv;
  hsv.saturation = static_cast<double>(chroma) / most;
  double sixths = 4 + static_cast<double>(red - green) / chroma;
  if (most == red) {
    sixths = static_cast<double>(green - blue) / chroma;
  } else if (most == green) {
    sixths = 2 + static_cast<double>(blue - red) / chroma;
  }
  hsv.hue = sixths < 0 ? sixths / 6 + 1 : sixths / 6;
  return hsv;
}

double distance_of(const std::uint8_t* a, const std::uint8_t* b) {
  if (a[0] == b[0] && a[1] == b[1] && a[2] == b[2]) return 0;
  const Hsv one = hsv_of(a);
  const Hsv other = hsv_of(b);
  const double turns = std::abs(one.hue - other.hue);
  return (2 * std::min(turns, 1 - turns) + std::abs(one.saturation - other.saturation) +
          std::abs(one.value - other.value)) /
         3;
}

}  // namespace

std::vector<double> hsv_distances(const jobs::Clip& clip, int condition) {
  PIA_ASSERT(condition >= 0 && condition < clip.frames);
  const std::size_t bytes = clip.frame_bytes();
  const std::uint8_t* reference = clip.rgb.data() + static_cast<std::size_t>(condition) * bytes;
  std::vector<double> distances;
  for (int f = 0; f < clip.frames; ++f) {
    const std::uint8_t* frame = clip.rgb.data() + static_cast<std::size_t>(f) * bytes;
    double sum = 0;
    for (std::size_t i = 0; i < bytes; i += 3) sum += distance_of(frame + i, reference + i);
    distances.push_back(3 * sum / static_cast<double>(bytes));
  }
  return distances;
}

std::vector<float> paper_affinity(const std::vector<double>& distances, const Distances& usual) {
  PIA_ASSERT(usual.smallest < usual.largest);
  std::vector<float> affinity;
  for (const double distance : distances) {
    const double share = (distance - usual.smallest) / (usual.largest - usual.smallest);
    affinity.push_back(static_cast<float>(1 - .8 * std::clamp(share, 0.0, 1.0)));
  }
  return affinity;
}

std::vector<float> paper_affinity(const jobs::Clip& clip, int condition, const Distances& usual) {
  return paper_affinity(hsv_distances(clip, condition), usual);
}

}  // namespace pia::renderer
