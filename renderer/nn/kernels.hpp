// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace pia::renderer {

// Loops that torch would do in several passes over memory, in one or two: fp32, CPU, rows of channels next
// to each other. Plain pointers; compiled for several instruction sets, the best one is chosen at start.
// Each is done by one thread; the callers share the work out.

/// Sums of rows about a shift, by channel: sum[c] += x - shift[c], squares[c] += (x - shift[c])^2. The shift
/// keeps the digits that a mean far from zero would cost.
struct ChannelSums {
  std::span<const float> shift;
  std::span<double> sum;
  std::span<double> squares;
};
void add_rows(const float* x, std::int64_t rows, const ChannelSums& sums);

/// (x - mean[c]) * scale[c] + bias[c], by channel.
struct ChannelAffine {
  std::span<const float> mean;
  std::span<const float> scale;
  std::span<const float> bias;
};
void apply_affine(const float* x, float* y, std::int64_t rows, const ChannelAffine& affine);

/// The same, then y * sigmoid(y).
void apply_affine_silu(const float* x, float* y, std::int64_t rows, const ChannelAffine& affine);

/// Each row's mean and variance to 0 and 1, then weight and bias.
struct RowNorm {
  std::span<const float> weight;
  std::span<const float> bias;
  float eps = 1e-5F;
};
void normalise_rows(const float* x, float* y, std::int64_t rows, const RowNorm& norm);

/// Rows of [value, gate], `width` each -> value * gelu(gate), with the exact (erf) GELU. y is [rows, width].
void gate_rows(const float* x, float* y, std::int64_t rows, std::int64_t width);

}  // namespace pia::renderer
