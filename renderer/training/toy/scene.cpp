// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/toy/scene.hpp"

#include <algorithm>
#include <numbers>

#include "jobs/core/error.hpp"
#include "renderer/training/toy/draws.hpp"
#include "renderer/training/toy/sin_cos.hpp"

namespace pia::renderer {
namespace {

using enum ToyKind;

constexpr std::array<ToyRgb, kToyColours> kThings = {
    {{.90, .16, .18}, {.98, .55, .10}, {.98, .86, .15}, {.16, .68, .28}, {.15, .36, .90}, {.52, .16, .74}}};
constexpr std::array<ToyRgb, kToyGrounds> kBackdrops = {
    {{.96, .96, .96}, {.60, .61, .63}, {.98, .80, .87}, {.66, .85, .98}, {.74, .93, .82}, {.10, .11, .20}}};

constexpr double kSmallest = 0.08;  // amplitude
constexpr double kFarthest = 30;    // travel
constexpr double kHighest = 26;     // jump

ToyRgb jittered(Draws& draws, const ToyRgb& colour) {
  ToyRgb out = colour;
  for (double& channel : out) channel = std::clamp(channel + draws.uniform(-.04, .04), 0.0, 1.0);
  return out;
}

ToyKind draw_kind(Draws& draws, const ToyWorld& world) {
  const double rest = draws.uniform(0, 1);
  const int moving = draws.pick(kToyKinds - 1);
  if (!world.kinds.empty()) {
    return world.kinds[static_cast<std::size_t>(draws.pick(static_cast<int>(world.kinds.size())))];
  }
  if (rest < (world.frames == 1 ? 0.5 : 1.0 / 21)) return none;
  return static_cast<ToyKind>(moving);
}

// White flakes are to be seen on what is behind them.
ToyGround draw_ground(Draws& draws, ToyKind kind, ToyStyle style) {
  if (kind != snow || style == ToyStyle::neon) return static_cast<ToyGround>(draws.pick(kToyGrounds));
  constexpr std::array<ToyGround, 3> kDark = {ToyGround::gray, ToyGround::black, ToyGround::sky};
  return kDark[static_cast<std::size_t>(draws.pick(style == ToyStyle::flat ? 3 : 2))];
}

double draw_radius(Draws& draws, ToyKind kind) {
  switch (kind) {
    case right:
    case left:
    case up:
    case down:
    case jump:
      return draws.uniform(7, 11);
    case spin:
      return draws.uniform(12, 18);
    case grow:
      return draws.uniform(6, 9.5);
    case shrink:
      return draws.uniform(12, 18);
    case none:
      return draws.uniform(7, 16);
    default:
      return draws.uniform(9, 14);
  }
}

void set_motion(ToyScene& scene) {
  const double a = scene.amplitude;
  switch (scene.kind) {
    case right:
      scene.travel_x = kFarthest * a;
      break;
    case left:
      scene.travel_x = -kFarthest * a;
      break;
    case up:
      scene.travel_y = -kFarthest * a;
      break;
    case down:
      scene.travel_y = kFarthest * a;
      break;
    case jump:
      scene.lift = kHighest * a;
      break;
    case spin:
      scene.turn = 150 * a * std::numbers::pi / 180;
      break;
    case grow:
      scene.growth = 1.1 * a;
      break;
    case shrink:
      scene.growth = -.6 * a;
      break;
    case blink:
      scene.fade = a;
      break;
    default:
      break;
  }
}

struct Span {
  double low = 0;
  double high = 0;
};

// Where the centre may start along a side, so that a thing of that radius that moves by `travel` stays
// inside.
Span starts(double side, double radius, double travel) {
  const double margin = 1.1 * radius + 1;
  const Span span{margin - std::min(travel, 0.0), side - margin - std::max(travel, 0.0)};
  return span.low <= span.high ? span : Span{side / 2, side / 2};
}

void place(Draws& draws, ToyScene& scene) {
  const double largest = scene.radius * std::max(1.0, 1 + scene.growth);
  const double room_x = std::max(0.0, scene.field_width - 2 * (1.1 * largest + 1));
  const double room_y = std::max(0.0, scene.field_height - 2 * (1.1 * largest + 1));
  scene.travel_x = std::clamp(scene.travel_x, -room_x, room_x);
  scene.travel_y = std::clamp(scene.travel_y, -room_y, room_y);
  scene.lift = std::min(scene.lift, room_y);
  const Span across = starts(scene.field_width, largest, scene.travel_x);
  const Span down_to = starts(scene.field_height, largest, scene.travel_y - scene.lift);
  scene.x = draws.uniform(across.low, across.high);
  scene.y = draws.uniform(down_to.low, down_to.high);
  const bool moves = scene.travel_x != 0 || scene.travel_y != 0 || scene.lift != 0;
  if (!moves) scene.x += .35 * (scene.field_width / 2 - scene.x);
}

void let_it_snow(Draws& draws, ToyScene& scene) {
  const double width = scene.field_width;
  const int flakes = static_cast<int>((3 + 27 * scene.amplitude) * width / 64 + .5);
  for (int i = 0; i < flakes; ++i) {
    ToyFlake flake;
    flake.x = draws.uniform(0, width);
    flake.y = draws.uniform(-scene.field_height, -3);
    flake.fall = draws.uniform(52, 68) * scene.field_height / 64;
    flake.drift = draws.uniform(-9, 9);
    flake.radius = draws.uniform(1.6, 2.6);
    scene.flakes.push_back(flake);
  }
}

double draw_moment(Draws& draws, ToyKind kind) {
  const double any = draws.uniform(0, 1);
  const bool telling = draws.chance(.5);
  if (kind == none) return 0;
  if (!telling) return any;
  return kind == jump || kind == blink ? .5 : 1;
}

}  // namespace

ToyScene scene_of(const ToyWorld& world, std::uint64_t index) {
  PIA_ASSERT(!world.styles.empty() && world.width >= 8 && world.height >= 8 && world.frames >= 1);
  Draws draws(world.seed, index);
  ToyScene scene;
  const double unit = 64.0 / std::min(world.width, world.height);
  scene.field_width = world.width * unit;
  scene.field_height = world.height * unit;
  scene.style = world.styles[static_cast<std::size_t>(draws.pick(static_cast<int>(world.styles.size())))];
  scene.kind = draw_kind(draws, world);
  // A circle that spins looks like one that rests.
  scene.shape =
      static_cast<ToyShape>(scene.kind == spin ? 1 + draws.pick(kToyShapes - 1) : draws.pick(kToyShapes));
  scene.colour = static_cast<ToyColour>(draws.pick(kToyColours));
  scene.ground = draw_ground(draws, scene.kind, scene.style);
  scene.amplitude = draws.uniform(kSmallest, 1);
  if (scene.kind == none) scene.amplitude = 0;
  scene.radius = draw_radius(draws, scene.kind);
  scene.angle = draws.uniform(-.12, .12);
  scene.thing = jittered(draws, kThings[static_cast<std::size_t>(scene.colour)]);
  scene.backdrop = jittered(draws, kBackdrops[static_cast<std::size_t>(scene.ground)]);
  scene.shade = draws.uniform(-.1, .1);
  set_motion(scene);
  place(draws, scene);
  scene.moment = draw_moment(draws, scene.kind);
  if (world.frames > 1) scene.moment = 0;
  scene.caption_seed = draws.next();
  if (scene.kind == snow) let_it_snow(draws, scene);
  return scene;
}

ToyPose pose_at(const ToyScene& scene, double p) {
  const double dip = .5 - .5 * sin_cos(2 * std::numbers::pi * p).cos;
  return {.x = scene.x + scene.travel_x * p,
          .y = scene.y + scene.travel_y * p - scene.lift * 4 * p * (1 - p),
          .radius = scene.radius * (1 + scene.growth * p),
          .angle = scene.angle + scene.turn * p,
          .opacity = 1 - scene.fade * dip};
}

}  // namespace pia::renderer
