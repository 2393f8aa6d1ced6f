// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/toy/shape.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>

#include "renderer/training/toy/sin_cos.hpp"

namespace pia::renderer {
namespace {

struct Corner {
  double x = 0;
  double y = 0;
};

constexpr double kTurn = 2 * std::numbers::pi;

constexpr std::array<Corner, 4> kSquare = {{{-.84, -.84}, {.84, -.84}, {.84, .84}, {-.84, .84}}};

constexpr std::array<Corner, 3> kTriangle = [] {
  std::array<Corner, 3> corners;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const SinCos at = sin_cos(static_cast<double>(i) * kTurn / 3);
    corners[i] = {1.08 * at.sin, -1.08 * at.cos + .12};
  }
  return corners;
}();

constexpr std::array<Corner, 10> kStar = [] {
  std::array<Corner, 10> corners;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const SinCos at = sin_cos(static_cast<double>(i) * kTurn / 10);
    const double radius = i % 2 == 0 ? 1.12 : .50;
    corners[i] = {radius * at.sin, -radius * at.cos};
  }
  return corners;
}();

constexpr std::array<Corner, 24> kHeart = [] {
  std::array<Corner, 24> corners;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const double t = static_cast<double>(i) * kTurn / 24;
    const double s = sin_cos(t).sin;
    const double height =
        13 * sin_cos(t).cos - 5 * sin_cos(2 * t).cos - 2 * sin_cos(3 * t).cos - sin_cos(4 * t).cos;
    corners[i] = {16 * s * s * s / 16.5, -height / 16.5 - .08};
  }
  return corners;
}();

double distance_to_polygon(std::span<const Corner> corners, double x, double y) {
  double nearest = std::numeric_limits<double>::max();
  bool inside = false;
  Corner from = corners.back();
  for (const Corner& to : corners) {
    const double ex = to.x - from.x;
    const double ey = to.y - from.y;
    const double wx = x - from.x;
    const double wy = y - from.y;
    const double along = std::clamp((wx * ex + wy * ey) / (ex * ex + ey * ey), 0.0, 1.0);
    const double dx = wx - ex * along;
    const double dy = wy - ey * along;
    nearest = std::min(nearest, dx * dx + dy * dy);
    if ((from.y > y) != (to.y > y) && wx < ex * wy / ey) inside = !inside;
    from = to;
  }
  return inside ? -std::sqrt(nearest) : std::sqrt(nearest);
}

double length(double x, double y) {
  return std::sqrt(x * x + y * y);
}

}  // namespace

double distance_to(ToyShape shape, double x, double y) {
  switch (shape) {
    case ToyShape::square:
      return distance_to_polygon(kSquare, x, y);
    case ToyShape::triangle:
      return distance_to_polygon(kTriangle, x, y);
    case ToyShape::star:
      return distance_to_polygon(kStar, x, y);
    case ToyShape::heart:
      return distance_to_polygon(kHeart, x, y);
    default:
      return length(x, y) - 1;
  }
}

double distance_to_features(double x, double y) {
  const double eyes = length(std::abs(x) - .36, y + .28) - .16;
  const double mouth = std::max(std::abs(length(x, y - .02) - .55) - .1, .18 - y);
  return std::min(eyes, mouth);
}

}  // namespace pia::renderer
