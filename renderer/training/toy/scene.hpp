// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace pia::renderer {

// The toy world: one thing of a shape and a colour on a plain ground, and one thing that happens.

enum class ToyKind { right, left, up, down, jump, spin, grow, shrink, blink, snow, none };
enum class ToyShape { circle, square, triangle, star, heart, face };
enum class ToyColour { red, orange, yellow, green, blue, purple };
enum class ToyGround { white, gray, pink, sky, mint, black };
enum class ToyStyle { flat, comic, pastel, neon };

inline constexpr int kToyKinds = 11;  ///< the last one is none
inline constexpr int kToyShapes = 6;
inline constexpr int kToyColours = 6;
inline constexpr int kToyGrounds = 6;
inline constexpr int kToyStyles = 4;

/// "right", "circle", "red", "white", "flat": as the enumerators are called.
std::string_view word_of(ToyKind kind);
std::string_view word_of(ToyShape shape);
std::string_view word_of(ToyColour colour);
std::string_view word_of(ToyGround ground);
std::string_view word_of(ToyStyle style);
std::optional<ToyStyle> toy_style_called(std::string_view word);

/// Indices from here on are drawn in evaluations only; trainings take theirs modulo this.
inline constexpr std::uint64_t kFirstHeldOut = std::uint64_t{1} << 63U;

/// What scenes are drawn from.
struct ToyWorld {
  std::uint64_t seed = 0;
  std::vector<ToyStyle> styles = {ToyStyle::flat};  ///< equally often; at least one
  std::vector<ToyKind> kinds = {};  ///< equally often; empty: the mix that trainings see (scene_of)
  int width = 64;                   ///< pixels, at least 8
  int height = 64;
  int frames = 16;  ///< 1: stills
};

/// sRGB, each in [0, 1].
using ToyRgb = std::array<double, 3>;

/// A flake of snow: where it is at p = 0, and how far it goes until p = 1.
struct ToyFlake {
  double x = 0;
  double y = 0;
  double fall = 0;
  double drift = 0;
  double radius = 0;
};

/// A scene, as it is drawn. Lengths in units of which the shorter side has 64; x to the right, y down, from
/// the upper left corner; angles in radians, clockwise on the screen. The time p goes from 0 to 1.
struct ToyScene {
  ToyKind kind = ToyKind::none;
  ToyShape shape = ToyShape::circle;
  ToyColour colour = ToyColour::red;
  ToyGround ground = ToyGround::white;
  ToyStyle style = ToyStyle::flat;
  double amplitude = 0;  ///< of what happens: (0, 1], 0 if nothing does
  double field_width = 64;
  double field_height = 64;
  double x = 32;  ///< the thing's centre at p = 0
  double y = 32;
  double radius = 10;
  double angle = 0;
  double travel_x = 0;  ///< until p = 1
  double travel_y = 0;
  double lift = 0;    ///< of a jump, at p = 1/2
  double turn = 0;    ///< until p = 1
  double growth = 0;  ///< of the radius until p = 1, as a part of it; negative: it shrinks
  double fade = 0;    ///< of the opacity at p = 1/2
  ToyRgb thing = {};  ///< colours before the style is applied
  ToyRgb backdrop = {};
  double shade = 0;  ///< brighter by this at the bottom than at the top
  std::vector<ToyFlake> flakes = {};
  double moment = 0;               ///< of a still: the p that it shows
  std::uint64_t caption_seed = 0;  ///< which of many captions it gets
};

/// The scene of that index: the same for ever. In clips every kind but none is equally frequent and none
/// comes once in 21; half of the stills show a thing at rest, the others a moment of something that happens,
/// half of these the moment that shows it best.
ToyScene scene_of(const ToyWorld& world, std::uint64_t index);

/// The thing at a time.
struct ToyPose {
  double x = 0;
  double y = 0;
  double radius = 0;
  double angle = 0;
  double opacity = 1;
};
ToyPose pose_at(const ToyScene& scene, double p);

}  // namespace pia::renderer
