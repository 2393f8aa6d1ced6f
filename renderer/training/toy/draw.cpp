// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/toy/draw.hpp"

#include <algorithm>
#include <cmath>

#include "renderer/training/toy/shape.hpp"
#include "renderer/training/toy/sin_cos.hpp"

namespace pia::renderer {
namespace {

constexpr ToyRgb kInk = {.07, .06, .10};
constexpr ToyRgb kWhite = {1, 1, 1};
constexpr double kOutline = 1.6;   // of a comic's thing, outwards
constexpr double kGlowReach = 11;  // of neon

/// Pixels in [0, 1], three doubles each.
struct Canvas {
  int width = 0;
  int height = 0;
  double unit = 1;  ///< units a pixel
  std::vector<double> rgb;

  double* at(int x, int y) { return &rgb[static_cast<std::size_t>(3 * (y * width + x))]; }
};

/// How much of a pixel lies inside of a signed distance; the edge is `wide` units wide.
double coverage(double distance, double wide) {
  return std::clamp(.5 - distance / wide, 0.0, 1.0);
}

void blend(double* pixel, const ToyRgb& colour, double alpha) {
  for (std::size_t c = 0; c < 3; ++c) pixel[c] += alpha * (colour[c] - pixel[c]);
}

ToyRgb mix(const ToyRgb& colour, double weight, double added) {
  return {weight * colour[0] + added, weight * colour[1] + added, weight * colour[2] + added};
}

ToyRgb styled_backdrop(const ToyScene& scene) {
  switch (scene.style) {
    case ToyStyle::comic:
      return mix(scene.backdrop, .6, .38);
    case ToyStyle::pastel:
      return mix(scene.backdrop, .35, .64);
    case ToyStyle::neon:
      return mix(scene.backdrop, .16, 0);
    default:
      return scene.backdrop;
  }
}

void paint_backdrop(Canvas& canvas, const ToyScene& scene) {
  const ToyRgb colour = styled_backdrop(scene);
  const double shade = scene.style == ToyStyle::neon ? .4 * scene.shade : scene.shade;
  for (int y = 0; y < canvas.height; ++y) {
    const double brighter = ((y + .5) / canvas.height - .5) * shade;
    for (int x = 0; x < canvas.width; ++x) {
      double* pixel = canvas.at(x, y);
      double stripe = 0;
      if (scene.style == ToyStyle::comic) {
        // Across 16 units a broad stripe: finer ones are lost on an autoencoder of factor 4.
        const double across = std::fmod((x + y + 1) * canvas.unit, 16.0);
        stripe = .09 * coverage(std::abs(across - 8) - 3, 2 * canvas.unit);
      }
      for (std::size_t c = 0; c < 3; ++c) pixel[c] = std::clamp(colour[c] + brighter - stripe, 0.0, 1.0);
    }
  }
}

/// A point of the thing: distances in units to its outline and, in a face, to what is drawn on it.
struct Point {
  double outline = 0;
  double features = 1e9;
  double shine = 1e9;  ///< to the highlight, which does not turn with the thing
};

void paint_point(double* pixel, const ToyScene& scene, const Point& at, double unit) {
  const ToyRgb& colour = scene.thing;
  switch (scene.style) {
    case ToyStyle::flat:
      blend(pixel, colour, coverage(at.outline, unit));
      blend(pixel, mix(colour, .12, .02), coverage(at.features, unit));
      break;
    case ToyStyle::comic:
      blend(pixel, kInk, coverage(at.outline - kOutline, unit));
      blend(pixel, colour, coverage(at.outline + .6, unit));
      blend(pixel, kWhite, coverage(std::max(at.shine, at.outline + 1), unit));
      blend(pixel, kInk, coverage(at.features, unit));
      break;
    case ToyStyle::pastel:
      blend(pixel, mix(colour, .75, .2), coverage(at.outline, 3 * std::max(unit, 1.0)));
      blend(pixel, mix(colour, .35, .08), coverage(at.features, 2 * std::max(unit, 1.0)));
      break;
    case ToyStyle::neon: {
      const ToyRgb bright = mix(colour, .75, .25);
      const double near = std::max(0.0, 1 - std::abs(at.outline) / kGlowReach);
      blend(pixel, bright, .5 * near * near * near);
      blend(pixel, bright, coverage(std::min(std::abs(at.outline) - 1.3, at.features), unit));
      break;
    }
  }
}

struct Box {
  int left = 0;
  int right = 0;  ///< one past
  int top = 0;
  int bottom = 0;
};

Box box_around(const Canvas& canvas, double x, double y, double reach) {
  const auto pixel = [&](double place, int limit) {
    return std::clamp(static_cast<int>(std::floor(place / canvas.unit)), 0, limit);
  };
  return {.left = pixel(x - reach, canvas.width),
          .right = pixel(x + reach + canvas.unit, canvas.width),
          .top = pixel(y - reach, canvas.height),
          .bottom = pixel(y + reach + canvas.unit, canvas.height)};
}

void paint_thing(Canvas& canvas, const ToyScene& scene, const ToyPose& pose) {
  const SinCos turned = sin_cos(pose.angle);
  const double around = scene.style == ToyStyle::neon ? kGlowReach : 3;
  const double reach = 1.25 * pose.radius + around;
  const Box box = box_around(canvas, pose.x, pose.y, reach);
  for (int y = box.top; y < box.bottom; ++y) {
    for (int x = box.left; x < box.right; ++x) {
      const double dx = ((x + .5) * canvas.unit - pose.x) / pose.radius;
      const double dy = ((y + .5) * canvas.unit - pose.y) / pose.radius;
      if (dx * dx + dy * dy > reach * reach / (pose.radius * pose.radius)) continue;
      const double u = turned.cos * dx + turned.sin * dy;
      const double v = turned.cos * dy - turned.sin * dx;
      Point point{.outline = pose.radius * distance_to(scene.shape, u, v)};
      if (scene.shape == ToyShape::face) point.features = pose.radius * distance_to_features(u, v);
      if (scene.style == ToyStyle::comic) {
        const double sx = dx + .38;
        const double sy = dy + .42;
        point.shine = pose.radius * (std::sqrt(sx * sx + sy * sy) - .22);
      }
      double* pixel = canvas.at(x, y);
      ToyRgb painted = {pixel[0], pixel[1], pixel[2]};
      paint_point(painted.data(), scene, point, canvas.unit);
      blend(pixel, painted, pose.opacity);
    }
  }
}

void paint_flake(Canvas& canvas, const ToyScene& scene, const ToyFlake& flake, double p) {
  double x = std::fmod(flake.x + flake.drift * p, scene.field_width);
  if (x < 0) x += scene.field_width;
  const double y = flake.y + flake.fall * p;
  const Box box = box_around(canvas, x, y, flake.radius + 2);
  for (int row = box.top; row < box.bottom; ++row) {
    for (int column = box.left; column < box.right; ++column) {
      const double dx = (column + .5) * canvas.unit - x;
      const double dy = (row + .5) * canvas.unit - y;
      const double distance = std::sqrt(dx * dx + dy * dy) - flake.radius;
      double* pixel = canvas.at(column, row);
      if (scene.style == ToyStyle::comic) blend(pixel, kInk, .8 * coverage(distance - .8, canvas.unit));
      blend(pixel, kWhite, coverage(distance, canvas.unit));
    }
  }
}

void write_pixels(const Canvas& canvas, std::uint8_t* out) {
  for (const double value : canvas.rgb) {
    *out++ = static_cast<std::uint8_t>(255 * std::clamp(value, 0.0, 1.0) + .5);
  }
}

Canvas empty_canvas(const ToyScene& scene, int width, int height) {
  Canvas canvas{width, height, 64.0 / std::min(width, height),
                std::vector<double>(static_cast<std::size_t>(3 * width * height))};
  paint_backdrop(canvas, scene);
  return canvas;
}

void paint(Canvas& canvas, const ToyScene& scene, double p) {
  paint_thing(canvas, scene, pose_at(scene, p));
  for (const ToyFlake& flake : scene.flakes) paint_flake(canvas, scene, flake, p);
}

}  // namespace

jobs::Image draw(const ToyScene& scene, double p, int width, int height) {
  Canvas canvas = empty_canvas(scene, width, height);
  paint(canvas, scene, p);
  jobs::Image image{width, height, std::vector<std::uint8_t>(canvas.rgb.size())};
  write_pixels(canvas, image.rgb.data());
  return image;
}

double time_of_frame(const ToyScene& scene, const ToyWorld& world, int frame) {
  return world.frames == 1 ? scene.moment : static_cast<double>(frame) / (world.frames - 1);
}

jobs::Clip draw_clip(const ToyScene& scene, const ToyWorld& world) {
  const Canvas backdrop = empty_canvas(scene, world.width, world.height);
  jobs::Clip clip{world.frames, world.width, world.height, {}};
  clip.rgb.resize(backdrop.rgb.size() * static_cast<std::size_t>(world.frames));
  for (int f = 0; f < world.frames; ++f) {
    Canvas canvas = backdrop;
    paint(canvas, scene, time_of_frame(scene, world, f));
    write_pixels(canvas, clip.rgb.data() + static_cast<std::size_t>(f) * backdrop.rgb.size());
  }
  return clip;
}

}  // namespace pia::renderer
