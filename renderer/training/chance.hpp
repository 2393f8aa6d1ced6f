// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

namespace pia::renderer {

/// What a draw is for; each has a stream of its own.
enum class Draw : std::uint64_t {
  posterior,
  noise,
  offset,
  frame_offset,
  timestep,
  focus,
  text_dropout,
  condition_dropout,
  condition_noise,
  frames,
  still,
  gate,
  sample,
};

/// A place in the tree of all draws: nothing that was drawn before counts, so that a training can go on
/// anywhere and ranks need not agree on an order.
struct Chance {
  std::uint64_t seed = 0;
  std::uint64_t index = 0;  ///< of an example, or of a batch
};

/// 64 bits of one draw.
std::uint64_t bits(const Chance& chance, Draw draw);

/// In [0, 1).
double uniform(const Chance& chance, Draw draw);

/// A whole number in 0 .. count - 1.
std::int64_t below(const Chance& chance, Draw draw, std::int64_t count);

/// fp32 values of unit variance.
at::Tensor normal(const Chance& chance, Draw draw, at::IntArrayRef shape);

/// Uniform in -width..width, by a tensor's name.
at::Tensor uniform_by_name(std::uint64_t seed, std::string_view name, at::IntArrayRef shape, double width);
at::Tensor normal_by_name(std::uint64_t seed, std::string_view name, at::IntArrayRef shape, double deviation);

/// FNV-1a, 64 bit.
std::uint64_t hash_of(std::string_view text);

}  // namespace pia::renderer
