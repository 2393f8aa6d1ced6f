// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pia::farm {

/// The caption of the next one after `own`, going round, that has another; its own if all are alike.
template <class Captioned>
std::string other_caption(const std::vector<Captioned>& all, std::size_t own) {
  for (std::size_t i = 1; i < all.size(); ++i) {
    const std::string& caption = all[(own + i) % all.size()].caption;
    if (caption != all[own].caption) return caption;
  }
  return all[own].caption;
}

}  // namespace pia::farm
