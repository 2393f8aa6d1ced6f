// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "jobs/core/words.hpp"

namespace pia::jobs {

inline constexpr std::array kMetrics = {Metric::psnr, Metric::motion, Metric::flicker};

/// What was measured of a finished clip; nothing where it was not. All are finite and not below 0. They are
/// told of a clip and decide nothing of it.
struct Measures {
  std::optional<double> psnr;     ///< dB, 0 .. 99: the condition frame against the picture; 99: equal
  std::optional<double> motion;   ///< 0 .. 255: mean difference of the other frames to the condition frame
  std::optional<double> flicker;  ///< 0 .. 255: mean difference of a frame to the mean of its neighbours
  bool operator==(const Measures&) const = default;

  bool empty() const { return !psnr && !motion && !flicker; }
  std::optional<double>& operator[](Metric metric) { return this->*member(metric); }
  const std::optional<double>& operator[](Metric metric) const { return this->*member(metric); }

 private:
  static std::optional<double> Measures::*member(Metric metric) {
    static constexpr std::array kMembers = {&Measures::psnr, &Measures::motion, &Measures::flicker};
    return kMembers.at(static_cast<std::size_t>(metric));
  }
};

}  // namespace pia::jobs
