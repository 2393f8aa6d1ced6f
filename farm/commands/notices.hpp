// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>

#include "farm/watcher.hpp"
#include "farm/watchers/words.hpp"

namespace pia::farm {

/// Tells notices alone, on stderr, as they come.
class Notices : public Watcher {
 public:
  void notice(const std::string& sentence) override {
    std::fprintf(stderr, "pia-farm: %s\n", printable(sentence).c_str());
  }
};

}  // namespace pia::farm
