// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace pia::renderer {

/// Numbers that follow from two keys alone: splitmix64 (Steele, Lea, Flood 2014), the same on every machine.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint64_t index);

  std::uint64_t next();

  /// In [low, high), a multiple of 2^-53 of the span.
  double uniform(double low, double high);

  /// In 0 .. count-1; count >= 1.
  int pick(int count);

  bool chance(double probability) { return uniform(0, 1) < probability; }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace pia::renderer
