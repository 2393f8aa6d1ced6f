// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "jobs/core/measures.hpp"
#include "jobs/core/picture.hpp"

namespace pia::farm {

/// What is measured: a clip, the picture that it was made from, as the model got it, and the frame, counted
/// from 0, that should be that picture.
struct MeasuredClip {
  const jobs::Clip& clip;
  const jobs::Image& picture;
  int condition_frame = 0;
};

/// PSNR of equal pictures, and the most that one is told of.
inline constexpr double kMostPsnr = 99;

/// The wished metrics, over RGB bytes.
/// psnr: 10 log10(255^2 / mean squared difference of condition frame and picture), in dB, at most kMostPsnr.
/// Nothing if the picture has not the clip's size, as where it was not read again.
/// motion: mean absolute difference of all other frames to the condition frame, in units of 1/255; 0 of one
/// frame.
/// flicker: mean absolute difference of each inner frame to the mean of its two neighbours, in units of
/// 1/255; 0 of fewer than three frames: a picture that moves evenly does not flicker.
/// Nothing of a clip without bytes, or whose condition frame is not in it.
jobs::Measures measured(const MeasuredClip& made, std::span<const jobs::Metric> wished);

}  // namespace pia::farm
