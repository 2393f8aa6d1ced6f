// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dsl/catalog.hpp"
#include "jobs/core/shot.hpp"

namespace pia::dsl::internal {

inline constexpr int kLeastPixels = 8;
inline constexpr int kMostPixels = 4096;

/// What a shot says of its size.
struct SizeWish {
  std::optional<int> width = {};
  std::optional<int> height = {};
  int max_size = 512;
  jobs::Resize resize = jobs::Resize::fit;
  jobs::Reference reference = jobs::Reference::official;
  int factor = 8;  ///< of the VAE
};

struct SizeAnswer {
  jobs::Geometry geometry = {};
  std::vector<std::string> notes =
      {};  ///< what may surprise: sizes rounded down, a picture that is stretched
};

/// The clip's size, and how the picture (`input`, upright) comes to it. Without width and height: as
/// open-mmlab/PIA's preprocess_img, a long edge above max_size is brought to it with both sides cut to whole
/// numbers, then both to multiples of the VAE's factor; the original resizes at both of
/// these, which `first` keeps. With one side: the other from the picture's proportions. Trouble if a side is
/// not within 8..4096.
std::variant<SizeAnswer, Trouble> fit_size(const SizeWish& wish, jobs::Size input);

}  // namespace pia::dsl::internal
