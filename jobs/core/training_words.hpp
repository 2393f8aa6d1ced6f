// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "jobs/core/training.hpp"
#include "jobs/core/words.hpp"

namespace pia::jobs {

template <>
std::span<const std::string_view> words<TrainedNetwork>();
template <>
std::span<const std::string_view> words<Start>();
template <>
std::span<const std::string_view> words<AffinityRule>();
template <>
std::span<const std::string_view> words<ConditionFrame>();
template <>
std::span<const std::string_view> words<LossWeight>();
template <>
std::span<const std::string_view> words<MixedPrecision>();
template <>
std::span<const std::string_view> words<MotionNames>();

}  // namespace pia::jobs
