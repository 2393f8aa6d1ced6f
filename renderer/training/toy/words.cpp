// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "renderer/training/toy/scene.hpp"

namespace pia::renderer {
namespace {

using Words = std::string_view;
constexpr std::array<Words, kToyKinds> kKinds = {"right", "left",   "up",    "down", "jump", "spin",
                                                 "grow",  "shrink", "blink", "snow", "none"};
constexpr std::array<Words, kToyShapes> kShapes = {"circle", "square", "triangle", "star", "heart", "face"};
constexpr std::array<Words, kToyColours> kColours = {"red", "orange", "yellow", "green", "blue", "purple"};
constexpr std::array<Words, kToyGrounds> kGrounds = {"white", "gray", "pink", "sky", "mint", "black"};
constexpr std::array<Words, kToyStyles> kStyles = {"flat", "comic", "pastel", "neon"};

}  // namespace

std::string_view word_of(ToyKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}
std::string_view word_of(ToyShape shape) {
  return kShapes[static_cast<std::size_t>(shape)];
}
std::string_view word_of(ToyColour colour) {
  return kColours[static_cast<std::size_t>(colour)];
}
std::string_view word_of(ToyGround ground) {
  return kGrounds[static_cast<std::size_t>(ground)];
}
std::string_view word_of(ToyStyle style) {
  return kStyles[static_cast<std::size_t>(style)];
}

std::optional<ToyStyle> toy_style_called(std::string_view word) {
  const auto* const found = std::find(kStyles.begin(), kStyles.end(), word);
  if (found == kStyles.end()) return std::nullopt;
  return static_cast<ToyStyle>(found - kStyles.begin());
}

}  // namespace pia::renderer
