// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace pia::renderer {

struct SinCos {
  double sin = 0;
  double cos = 1;
};

/// To about 1e-12 for |radians| < 1e3, by additions and products alone: libraries differ in the last bit.
constexpr SinCos sin_cos(double radians) {
  constexpr double kQuarter = 1.57079632679489661923;
  const double turns = radians / kQuarter;
  const int quarters = static_cast<int>(turns < 0 ? turns - 0.5 : turns + 0.5);
  const double r = radians - quarters * kQuarter;
  const double q = r * r;
  const double s =
      r * (1 - q / 6 * (1 - q / 20 * (1 - q / 42 * (1 - q / 72 * (1 - q / 110 * (1 - q / 156))))));
  const double c = 1 - q / 2 * (1 - q / 12 * (1 - q / 30 * (1 - q / 56 * (1 - q / 90 * (1 - q / 132)))));
  switch ((quarters % 4 + 4) % 4) {
    case 0:
      return {s, c};
    case 1:
      return {c, -s};
    case 2:
      return {-s, -c};
    default:
      return {-c, s};
  }
}

}  // namespace pia::renderer
