// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/toy/caption.hpp"

#include <initializer_list>
#include <span>

#include "renderer/training/toy/draws.hpp"

namespace pia::renderer {
namespace {

using Word = std::string_view;

constexpr std::array<Word, 48> kUnknown = {
    "castle",    "river",   "dragon",      "woman",   "forest",  "portrait", "city",      "ocean",
    "robot",     "bicycle", "temple",      "guitar",  "horse",   "bridge",   "lantern",   "mountain",
    "astronaut", "kitchen", "violin",      "market",  "desert",  "engine",   "butterfly", "soldier",
    "library",   "harbor",  "clock",       "village", "statue",  "tiger",    "painter",   "window",
    "cathedral", "camera",  "garden",      "wizard",  "train",   "island",   "detailed",  "cinematic",
    "lighting",  "sharp",   "masterpiece", "photo",   "vintage", "golden",   "studio",    "realistic"};

Word one_of(Draws& draws, std::span<const Word> words) {
  return words[static_cast<std::size_t>(draws.pick(static_cast<int>(words.size())))];
}

Word one_of(Draws& draws, std::initializer_list<Word> words) {
  return one_of(draws, std::span(words.begin(), words.size()));
}

Word other_word(Draws& draws, ToyShape shape) {
  switch (shape) {
    case ToyShape::circle:
      return one_of(draws, {"ball", "disc"});
    case ToyShape::square:
      return "box";
    case ToyShape::face:
      return "smiley";
    default:
      return word_of(shape);
  }
}

// How something moves; the first wording is the plainest.
std::span<const Word> wordings(ToyKind kind) {
  static constexpr std::array<Word, 4> kRight = {"moving right", "sliding right", "going right",
                                                 "moving to the right"};
  static constexpr std::array<Word, 4> kLeft = {"moving left", "sliding left", "going left",
                                                "moving to the left"};
  static constexpr std::array<Word, 4> kUp = {"moving up", "rising", "flying up", "going up"};
  static constexpr std::array<Word, 4> kDown = {"moving down", "sinking", "dropping", "going down"};
  static constexpr std::array<Word, 2> kJump = {"jumping", "hopping"};
  static constexpr std::array<Word, 3> kSpin = {"spinning", "rotating", "turning around"};
  static constexpr std::array<Word, 3> kGrow = {"growing", "getting bigger", "expanding"};
  static constexpr std::array<Word, 2> kShrink = {"shrinking", "getting smaller"};
  static constexpr std::array<Word, 3> kBlink = {"blinking", "flashing", "fading"};
  static constexpr std::array<Word, 3> kSnow = {", snow falling", ", snowing", "in the snow"};
  switch (kind) {
    case ToyKind::right:
      return kRight;
    case ToyKind::left:
      return kLeft;
    case ToyKind::up:
      return kUp;
    case ToyKind::down:
      return kDown;
    case ToyKind::jump:
      return kJump;
    case ToyKind::spin:
      return kSpin;
    case ToyKind::grow:
      return kGrow;
    case ToyKind::shrink:
      return kShrink;
    case ToyKind::blink:
      return kBlink;
    case ToyKind::snow:
      return kSnow;
    case ToyKind::none:
      return {};
  }
  return {};
}

std::string with_article(Word colour, Word shape) {
  return (colour == word_of(ToyColour::orange) ? "an " : "a ") + std::string(colour) + " " +
         std::string(shape);
}

void add_motion(std::string& text, Word wording, Word verb) {
  if (wording.starts_with(',')) {
    text += wording;
  } else {
    text += std::string(verb) + " " + std::string(wording);
  }
}

}  // namespace

std::string caption_of(const ToyScene& scene) {
  Draws draws(scene.caption_seed, 0);
  const Word shape = draws.chance(.4) ? other_word(draws, scene.shape) : word_of(scene.shape);
  std::string text = with_article(word_of(scene.colour), shape);
  if (const auto words = wordings(scene.kind); !words.empty()) {
    add_motion(text, one_of(draws, words), draws.chance(.4) ? " is" : "");
  }
  if (draws.chance(.5)) {
    const std::string ground(word_of(scene.ground));
    text += draws.chance(.5) ? " on a " + ground + " background" : ", " + ground + " background";
  }
  if (draws.chance(.15)) {
    const int count = 1 + draws.pick(3);
    for (int i = 0; i < count; ++i) text += (i == 0 ? ", " : " ") + std::string(one_of(draws, kUnknown));
  }
  if (draws.chance(.5)) text += ", " + std::string(word_of(scene.style)) + " style";
  if (draws.chance(.3)) text += ", best quality, 4k";
  return text;
}

std::string plain_caption(const ToyScene& scene) {
  std::string text = with_article(word_of(scene.colour), word_of(scene.shape));
  if (const auto words = wordings(scene.kind); !words.empty()) add_motion(text, words.front(), "");
  return text;
}

}  // namespace pia::renderer
