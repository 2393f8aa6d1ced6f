// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/geometry.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace pia::dsl::internal {
namespace {

std::string text(jobs::Size size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

int scaled(int side, int numerator, int denominator) {
  const std::int64_t value = std::int64_t{side} * numerator / denominator;
  return static_cast<int>(std::min<std::int64_t>(value, INT32_MAX));
}

// preprocess_img's own arithmetic: int(n * (512 / n)) can be 511.
jobs::Size within(jobs::Size input, int max_size) {
  const int longest = std::max(input.width, input.height);
  if (longest <= max_size) return input;
  const double scale = static_cast<double>(max_size) / longest;
  return {.width = static_cast<int>(input.width * scale), .height = static_cast<int>(input.height * scale)};
}

jobs::Size wished(const SizeWish& wish, jobs::Size input) {
  if (wish.width && wish.height) return {.width = *wish.width, .height = *wish.height};
  if (wish.width) return {.width = *wish.width, .height = scaled(input.height, *wish.width, input.width)};
  if (wish.height) return {.width = scaled(input.width, *wish.height, input.height), .height = *wish.height};
  return within(input, wish.max_size);
}

void note_rounding(const SizeWish& wish, SizeAnswer& answer) {
  const auto note = [&](const std::string& name, std::optional<int> side, int given) {
    if (!side || *side == given) return;
    answer.notes.push_back(name + " = " + std::to_string(*side) + " is not a multiple of " +
                           std::to_string(wish.factor) + ", as the model needs; " + std::to_string(given) +
                           " is used");
  };
  note("width", wish.width, answer.geometry.size.width);
  note("height", wish.height, answer.geometry.size.height);
}

void note_stretch(const SizeWish& wish, jobs::Size input, SizeAnswer& answer) {
  if (wish.resize != jobs::Resize::fit || !wish.width || !wish.height) return;
  const double before = static_cast<double>(input.width) / input.height;
  const double after = static_cast<double>(*wish.width) / *wish.height;
  if (std::abs(std::log(before / after)) < std::log(1.03)) return;
  answer.notes.push_back("the picture (" + text(input) + ") is stretched to " + text(answer.geometry.size) +
                         "; leave width or height out, or write resize = \"crop\", \"pad\" or \"stretch\"");
}

}  // namespace

std::variant<SizeAnswer, Trouble> fit_size(const SizeWish& wish, jobs::Size input) {
  const jobs::Size rough = wished(wish, input);
  const jobs::Size size{.width = rough.width / wish.factor * wish.factor,
                        .height = rough.height / wish.factor * wish.factor};
  if (std::min(size.width, size.height) < kLeastPixels || std::max(size.width, size.height) > kMostPixels) {
    return Trouble{"the picture (" + text(input) + ") would become " + text(size) +
                   ", and a side has 8 to 4096 pixels; set width and height, or resize = \"crop\" with both"};
  }
  SizeAnswer answer{.geometry = {.size = size, .resize = wish.resize, .first = std::nullopt}};
  const bool as_original = wish.reference == jobs::Reference::official && wish.resize == jobs::Resize::fit &&
                           !wish.width && !wish.height;
  if (as_original && rough != input && rough != size) answer.geometry.first = rough;
  note_rounding(wish, answer);
  note_stretch(wish, input, answer);
  return answer;
}

}  // namespace pia::dsl::internal
