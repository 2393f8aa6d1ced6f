// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pia::renderer {

/// The size of a clip's latents.
struct LatentShape {
  std::int64_t frames = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
};

/// A shot's noise: torch's CPU generator seeded with the shot's seed, in fp32, in the order in which
/// PIAPipeline draws. (The generator uses the low 32 bits of the seed.)
class NoiseSource {
 public:
  explicit NoiseSource(std::uint64_t seed);

  /// [frames, 4, h, w], drawn in the memory order channel, frame, row, column.
  at::Tensor clip(const LatentShape& shape);

  /// [1, 4, h, w].
  at::Tensor picture(std::int64_t height, std::int64_t width);

  /// The generator's whole state, to go on from later.
  std::vector<std::byte> state() const;

  /// Throws jobs::StorageError if the bytes are not such a state.
  void restore(std::span<const std::byte> state);

 private:
  at::Generator generator_;
};

}  // namespace pia::renderer
