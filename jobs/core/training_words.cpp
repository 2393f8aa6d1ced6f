// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/training_words.hpp"

#include <array>

namespace pia::jobs {
namespace {
using namespace std::string_view_literals;
constexpr std::array kTrainedNetwork = {"vae"sv, "denoiser"sv};
constexpr std::array kStart = {"weights"sv, "random"sv, "pass_through"sv};
constexpr std::array kAffinityRule = {"official"sv, "paper"sv};
constexpr std::array kConditionFrame = {"first"sv, "random"sv};
constexpr std::array kLossWeight = {"noise"sv, "velocity"sv};
constexpr std::array kMixedPrecision = {"no"sv, "bf16"sv};
constexpr std::array kMotionNames = {"diffusers"sv, "official"sv};
}  // namespace

template <>
std::span<const std::string_view> words<TrainedNetwork>() {
  return kTrainedNetwork;
}
template <>
std::span<const std::string_view> words<Start>() {
  return kStart;
}
template <>
std::span<const std::string_view> words<AffinityRule>() {
  return kAffinityRule;
}
template <>
std::span<const std::string_view> words<ConditionFrame>() {
  return kConditionFrame;
}
template <>
std::span<const std::string_view> words<LossWeight>() {
  return kLossWeight;
}
template <>
std::span<const std::string_view> words<MixedPrecision>() {
  return kMixedPrecision;
}
template <>
std::span<const std::string_view> words<MotionNames>() {
  return kMotionNames;
}

}  // namespace pia::jobs
