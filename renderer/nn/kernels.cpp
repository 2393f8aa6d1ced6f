// SPDX-License-Identifier: Apache-2.0
#include "renderer/nn/kernels.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

// One function, compiled for each; the loader picks. Sanitizers and other machines take the plain one.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define PIA_EVERY_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PIA_EVERY_CPU
#endif
#define PIA_INLINE __attribute__((always_inline)) inline

namespace pia::renderer {
namespace {

// Rows that are summed in fp32 before the sums go into fp64.
constexpr std::int64_t kShortSum = 32;
constexpr std::size_t kLanes = 16;

// e^x to 1 ulp or 2, for x <= 88; 0 far below. The polynomial is Cephes' expf.
PIA_INLINE float exponential(float x) {
  x = x > -87.0F ? x : -87.0F;
  x = x < 88.0F ? x : 88.0F;
  constexpr float kRound = 12582912.0F;
  const float shifted = x * 1.44269504088896341F + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375F) - n * -2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const auto exponent = static_cast<std::uint32_t>(std::bit_cast<std::uint32_t>(shifted) << 23U);
  return p * std::bit_cast<float>(exponent + 0x3F800000U);
}

// A column of rows, `stride` apart.
struct Lanes {
  const float* row;
  std::size_t stride;
  std::int64_t count;
  const float* shift;
};

template <std::size_t kWidth>
PIA_INLINE void add_lanes(const Lanes& lanes, float* sum, float* squares) {
  const float* row = lanes.row;
  for (std::int64_t i = 0; i < lanes.count; ++i, row += lanes.stride) {
    for (std::size_t c = 0; c < kWidth; ++c) {
      const float d = row[c] - lanes.shift[c];
      sum[c] += d;
      squares[c] += d * d;
    }
  }
}

// The error function, as torch's vectors have it (Abramowitz and Stegun 7.1.26, 1.5e-7).
PIA_INLINE float error_function(float x) {
  const float size = std::abs(x);
  const float t = 1.0F / (0.3275911F * size + 1.0F);
  float r = 1.061405429F;
  r = r * t - 1.453152027F;
  r = r * t + 1.421413741F;
  r = r * t - 0.284496736F;
  r = r * t + 0.254829592F;
  return std::copysign(1.0F - r * t * exponential(-size * size), x);
}

}  // namespace

PIA_EVERY_CPU void add_rows(const float* x, std::int64_t rows, const ChannelSums& sums) {
  const std::size_t channels = sums.shift.size();
  for (std::int64_t from = 0; from < rows; from += kShortSum) {
    const std::int64_t count = std::min(kShortSum, rows - from);
    const float* block = x + static_cast<std::size_t>(from) * channels;
    for (std::size_t first = 0; first < channels; first += kLanes) {
      const std::size_t lanes = std::min(kLanes, channels - first);
      float shift[kLanes] = {};
      for (std::size_t c = 0; c < lanes; ++c) shift[c] = sums.shift[first + c];
      float sum[kLanes] = {};
      float squares[kLanes] = {};
      if (lanes == kLanes) {
        add_lanes<kLanes>({.row = block + first, .stride = channels, .count = count, .shift = shift}, sum,
                          squares);
      } else {
        for (std::size_t c = 0; c < lanes; ++c) {
          add_lanes<1>({.row = block + first + c, .stride = channels, .count = count, .shift = shift + c},
                       sum + c, squares + c);
        }
      }
      for (std::size_t c = 0; c < lanes; ++c) {
        sums.sum[first + c] += static_cast<double>(sum[c]);
        sums.squares[first + c] += static_cast<double>(squares[c]);
      }
    }
  }
}

PIA_EVERY_CPU void apply_affine(const float* x, float* y, std::int64_t rows, const ChannelAffine& affine) {
  const std::size_t channels = affine.mean.size();
  const float* mean = affine.mean.data();
  const float* scale = affine.scale.data();
  const float* bias = affine.bias.data();
  for (std::int64_t i = 0; i < rows; ++i, x += channels, y += channels) {
    for (std::size_t c = 0; c < channels; ++c) y[c] = (x[c] - mean[c]) * scale[c] + bias[c];
  }
}

PIA_EVERY_CPU void apply_affine_silu(const float* x, float* y, std::int64_t rows,
                                     const ChannelAffine& affine) {
  const std::size_t channels = affine.mean.size();
  const float* mean = affine.mean.data();
  const float* scale = affine.scale.data();
  const float* bias = affine.bias.data();
  for (std::int64_t i = 0; i < rows; ++i, x += channels, y += channels) {
    for (std::size_t c = 0; c < channels; ++c) {
      const float v = (x[c] - mean[c]) * scale[c] + bias[c];
      y[c] = v / (1.0F + exponential(-v));
    }
  }
}

PIA_EVERY_CPU void normalise_rows(const float* x, float* y, std::int64_t rows, const RowNorm& norm) {
  const std::size_t channels = norm.weight.size();
  const float* weight = norm.weight.data();
  const float* bias = norm.bias.data();
  const std::size_t even = channels - channels % kLanes;
  const float inverse = 1.0F / static_cast<float>(channels);
  for (std::int64_t i = 0; i < rows; ++i, x += channels, y += channels) {
    float lane[kLanes] = {};
    for (std::size_t c = 0; c < even; c += kLanes) {
      for (std::size_t j = 0; j < kLanes; ++j) lane[j] += x[c + j];
    }
    for (std::size_t c = even; c < channels; ++c) lane[c - even] += x[c];
    float sum = 0;
    for (const float part : lane) sum += part;
    const float mean = sum * inverse;
    float square[kLanes] = {};
    for (std::size_t c = 0; c < even; c += kLanes) {
      for (std::size_t j = 0; j < kLanes; ++j) square[j] += (x[c + j] - mean) * (x[c + j] - mean);
    }
    for (std::size_t c = even; c < channels; ++c) square[c - even] += (x[c] - mean) * (x[c] - mean);
    float squares = 0;
    for (const float part : square) squares += part;
    const float scale = 1.0F / std::sqrt(squares * inverse + norm.eps);
    for (std::size_t c = 0; c < channels; ++c) y[c] = (x[c] - mean) * scale * weight[c] + bias[c];
  }
}

PIA_EVERY_CPU void gate_rows(const float* x, float* y, std::int64_t rows, std::int64_t width) {
  const auto columns = static_cast<std::size_t>(width);
  for (std::int64_t i = 0; i < rows; ++i, x += 2 * columns, y += columns) {
    const float* gate = x + columns;
    for (std::size_t c = 0; c < columns; ++c) {
      y[c] = x[c] * (0.5F * gate[c] * (1.0F + error_function(gate[c] * 0.70710678118654752F)));
    }
  }
}

}  // namespace pia::renderer
