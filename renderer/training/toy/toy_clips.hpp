// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "jobs/core/training.hpp"
#include "renderer/training/clip_source.hpp"
#include "renderer/training/toy/scene.hpp"

namespace pia::renderer {

/// d_max of a style: the 97.5th percentile of the distances of frames 1..15 to frame 0, in the first 120
/// clips of 64x64 from seed 1 (tests/renderer/toy_test.cpp finds it again). One a style, as one a set of
/// videos: so the same motion has about the same affinity in every style.
double toy_largest_distance(ToyStyle style);

/// Which examples a world gives.
struct ToyClips {
  ToyWorld world;
  jobs::ConditionFrame condition = jobs::ConditionFrame::first;
  /// Of the condition picture, one drawn for each clip; empty: the clip's own.
  std::vector<ToyStyle> condition_styles = {};
};

/// What is left of an affinity to the same picture in another style: PIA's rows for style transfer (0.5, 0.4,
/// 0.4, 0.4, 0.35, 0.35) are about half its rows for motion (1, 0.9, 0.85, 0.85, 0.85, 0.8).
inline constexpr float kAffinityAcrossStyles = 0.5F;

/// Throws jobs::InputError for an unknown style, a size below 8, and AffinityRule::official, which is not
/// made for pictures of this size.
ToyClips toy_clips(const jobs::ClipData& data, const jobs::DenoiserTraining& denoiser);

/// The example of that index, held out or not: about a millisecond for 16 frames of 64x64. Affinity by
/// AffinityRule::paper.
Example toy_example(const ToyClips& clips, std::uint64_t index);

/// The caption of an example of another motion that is the same in all else: the opposite one, or to the
/// left.
std::string toy_caption_of_other(const ToyClips& clips, std::uint64_t index);

/// What a training draws: index modulo kFirstHeldOut. Throws as toy_clips does.
std::unique_ptr<ClipSource> make_toy_source(const jobs::ClipData& data,
                                            const jobs::DenoiserTraining& denoiser);

}  // namespace pia::renderer
