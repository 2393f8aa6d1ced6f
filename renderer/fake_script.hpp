// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pia::renderer {

/// One line of FakeOptions::script.
struct FakeMishap {
  std::string what;
  int step = 0;
  int attempt = 0;  ///< 0: every attempt
  std::string prefix;
};

/// Reads FakeOptions::script; throws jobs::InputError naming the part that can't be read.
std::vector<FakeMishap> parse_fake_script(std::string_view script);

/// Where a render stands, as the script sees it.
struct FakeMoment {
  std::string shot_hex;
  int step = 0;
  int attempt = 1;
};

/// Lets happen what the script has for this moment; returns if that is nothing.
void enact(const std::vector<FakeMishap>& script, const FakeMoment& moment);

/// Whether the script has the attempt leave out all steps from this moment on.
bool skips(const std::vector<FakeMishap>& script, const FakeMoment& moment);

/// Whether the script has the result of this attempt show `what` (black, nan).
bool shows(const std::vector<FakeMishap>& script, std::string_view what, const FakeMoment& moment);

}  // namespace pia::renderer
