// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/words.hpp"

#include <array>

namespace pia::jobs {
namespace {
using namespace std::string_view_literals;
constexpr std::array kReference = {"official"sv, "diffusers"sv};
constexpr std::array kMode = {"animate"sv, "loop"sv, "style_transfer"sv};
constexpr std::array kMagnitude = {"small"sv, "moderate"sv, "large"sv};
constexpr std::array kSampler = {"ddim"sv, "euler"sv, "euler_a"sv, "dpmpp_2m"sv, "pndm"sv};
constexpr std::array kDtype = {"fp32"sv, "fp16"sv, "bf16"sv};
constexpr std::array kResize = {"fit"sv, "crop"sv, "pad"sv, "stretch"sv};
constexpr std::array kKeepLatents = {"final"sv, "all"sv, "none"sv};
constexpr std::array kVideoFormat = {"mp4"sv, "gif"sv, "webp"sv, "png"sv};
constexpr std::array kBlending = {"slerp"sv, "lerp"sv};
constexpr std::array kWindowSchedule = {"uniform"sv, "static"sv, "looped"sv};
constexpr std::array kMetric = {"psnr"sv, "motion"sv, "flicker"sv};
}  // namespace

template <>
std::span<const std::string_view> words<Reference>() {
  return kReference;
}
template <>
std::span<const std::string_view> words<Mode>() {
  return kMode;
}
template <>
std::span<const std::string_view> words<Magnitude>() {
  return kMagnitude;
}
template <>
std::span<const std::string_view> words<Sampler>() {
  return kSampler;
}
template <>
std::span<const std::string_view> words<Dtype>() {
  return kDtype;
}
template <>
std::span<const std::string_view> words<Resize>() {
  return kResize;
}
template <>
std::span<const std::string_view> words<KeepLatents>() {
  return kKeepLatents;
}
template <>
std::span<const std::string_view> words<VideoFormat>() {
  return kVideoFormat;
}
template <>
std::span<const std::string_view> words<Blending>() {
  return kBlending;
}
template <>
std::span<const std::string_view> words<WindowSchedule>() {
  return kWindowSchedule;
}
template <>
std::span<const std::string_view> words<Metric>() {
  return kMetric;
}

}  // namespace pia::jobs
