// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace pia::jobs {

/// Whose arithmetic: "official" (open-mmlab/PIA, what the weights were trained with) or "diffusers" (0.33.1).
enum class Reference { official, diffusers };
enum class Mode { animate, loop, style_transfer };
enum class Magnitude { small, moderate, large };
/// Only ddim can be rendered yet.
enum class Sampler { ddim, euler, euler_a, dpmpp_2m, pndm };
enum class Dtype { fp32, fp16, bf16 };
enum class Resize { fit, crop, pad, stretch };
/// What stays with a result of the latents: the last step's, every step's, or nothing.
enum class KeepLatents { final, all, none };
enum class VideoFormat { mp4, gif, webp, png };
/// How embeddings of two prompts become one: on the arc between them, or on the straight line.
enum class Blending { slerp, lerp };
/// How windows lie in a clip: on a grid that every step moves, on one that stays ("static"), or on a moving
/// one that goes round from the last frame to the first.
enum class WindowSchedule { uniform, fixed, looped };
/// A number that says how a finished clip turned out; measures.hpp says what each means.
enum class Metric { psnr, motion, flicker };

/// The words of an enum, in the order of its values, as job files spell them.
template <class Enum>
std::span<const std::string_view> words();

template <>
std::span<const std::string_view> words<Reference>();
template <>
std::span<const std::string_view> words<Mode>();
template <>
std::span<const std::string_view> words<Magnitude>();
template <>
std::span<const std::string_view> words<Sampler>();
template <>
std::span<const std::string_view> words<Dtype>();
template <>
std::span<const std::string_view> words<Resize>();
template <>
std::span<const std::string_view> words<KeepLatents>();
template <>
std::span<const std::string_view> words<VideoFormat>();
template <>
std::span<const std::string_view> words<Blending>();
template <>
std::span<const std::string_view> words<WindowSchedule>();
template <>
std::span<const std::string_view> words<Metric>();

template <class Enum>
std::string_view to_word(Enum value) {
  return words<Enum>()[static_cast<std::size_t>(value)];
}

/// Nothing if `word` is not one of the enum's words.
template <class Enum>
std::optional<Enum> from_word(std::string_view word) {
  const auto all = words<Enum>();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace pia::jobs
