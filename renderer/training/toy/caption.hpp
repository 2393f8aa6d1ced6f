// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "renderer/training/toy/scene.hpp"

namespace pia::renderer {

/// What is to be seen, in one of many wordings, chosen by the scene's caption_seed: "a red ball moving right
/// on a white background, comic style, best quality, 4k". Now and then with words that mean nothing here, so
/// that words nobody taught do nothing.
std::string caption_of(const ToyScene& scene);

/// The plainest wording: "a red circle moving right".
std::string plain_caption(const ToyScene& scene);

}  // namespace pia::renderer
