// SPDX-License-Identifier: Apache-2.0
#include "renderer/nn/fused.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "renderer/nn/kernels.hpp"

namespace pia::renderer {
namespace {

// Rows are shared out in pieces of about this many elements, whatever the number of threads.
constexpr std::int64_t kPiece = std::int64_t{1} << 16;

std::span<const float> span_of(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

// One norm's rows, cut into pieces.
struct Pieces {
  std::int64_t rows;
  std::int64_t channels;
  std::int64_t each = std::max<std::int64_t>(1, kPiece / channels);
  std::int64_t count = (rows + each - 1) / each;

  std::int64_t first(std::int64_t piece) const { return piece * each; }
  std::int64_t size(std::int64_t piece) const { return std::min(each, rows - piece * each); }
};

struct Statistics {
  std::vector<float> mean;   ///< by channel (equal within a group)
  std::vector<float> scale;  ///< weight / deviation
};

// Channel sums about the shift -> means and scales of the groups.
Statistics group_statistics(const GroupNorm& layer, const ChannelSums& sums, std::int64_t rows) {
  const std::size_t channels = sums.shift.size();
  const std::size_t width = channels / static_cast<std::size_t>(layer.groups);
  const auto count = static_cast<double>(rows);
  const std::span<const float> weight = span_of(layer.weight);
  Statistics statistics{.mean = std::vector<float>(channels), .scale = std::vector<float>(channels)};
  for (std::size_t first = 0; first < channels; first += width) {
    double mean = 0;
    for (std::size_t c = first; c < first + width; ++c) {
      mean += (static_cast<double>(sums.shift[c]) + sums.sum[c] / count) / static_cast<double>(width);
    }
    double variance = 0;
    for (std::size_t c = first; c < first + width; ++c) {
      const double own = sums.sum[c] / count;
      const double off = static_cast<double>(sums.shift[c]) + own - mean;
      variance += (sums.squares[c] / count - own * own + off * off) / static_cast<double>(width);
    }
    const double inverse = 1.0 / std::sqrt(std::max(variance, 0.0) + layer.eps);
    for (std::size_t c = first; c < first + width; ++c) {
      statistics.mean[c] = static_cast<float>(mean);
      statistics.scale[c] = static_cast<float>(static_cast<double>(weight[c]) * inverse);
    }
  }
  return statistics;
}

// About each channel's mean: that of a few rows from all over. (A corner's values are often outliers.)
std::vector<float> shift_of(const float* x, const Pieces& pieces) {
  constexpr std::int64_t kSamples = 16;
  const std::int64_t samples = std::min(kSamples, pieces.rows);
  std::vector<float> shift(static_cast<std::size_t>(pieces.channels));
  for (std::int64_t i = 0; i < samples; ++i) {
    const float* row = x + (2 * i + 1) * pieces.rows / (2 * samples) * pieces.channels;
    for (float& channel : shift) channel += *row++ / static_cast<float>(samples);
  }
  return shift;
}

Statistics statistics_of(const GroupNorm& layer, const float* x, const Pieces& pieces) {
  const auto channels = static_cast<std::size_t>(pieces.channels);
  const std::vector<float> shift = shift_of(x, pieces);
  std::vector<double> parts(static_cast<std::size_t>(pieces.count) * 2 * channels);
  const auto part = [&](std::int64_t piece) {
    double* own = parts.data() + static_cast<std::size_t>(piece) * 2 * channels;
    return ChannelSums{.shift = shift, .sum = {own, channels}, .squares = {own + channels, channels}};
  };
  at::parallel_for(0, pieces.count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t piece = begin; piece < end; ++piece) {
      add_rows(x + pieces.first(piece) * pieces.channels, pieces.size(piece), part(piece));
    }
  });
  const ChannelSums total = part(0);
  for (std::int64_t piece = 1; piece < pieces.count; ++piece) {
    const ChannelSums one = part(piece);
    for (std::size_t c = 0; c < channels; ++c) {
      total.sum[c] += one.sum[c];
      total.squares[c] += one.squares[c];
    }
  }
  return group_statistics(layer, total, pieces.rows);
}

}  // namespace

bool fusible(const at::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && !at::GradMode::is_enabled();
}

at::Tensor fused_group_norm(const GroupNorm& layer, const at::Tensor& tokens, After after) {
  at::Tensor result = at::empty_like(tokens);
  const Pieces pieces{.rows = tokens.size(1), .channels = tokens.size(2)};
  for (std::int64_t n = 0; n < tokens.size(0); ++n) {
    const std::int64_t start = n * pieces.rows * pieces.channels;
    const float* x = tokens.const_data_ptr<float>() + start;
    float* y = result.mutable_data_ptr<float>() + start;
    const Statistics statistics = statistics_of(layer, x, pieces);
    const ChannelAffine affine{
        .mean = statistics.mean, .scale = statistics.scale, .bias = span_of(layer.bias)};
    at::parallel_for(0, pieces.count, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t piece = begin; piece < end; ++piece) {
        const std::int64_t at = pieces.first(piece) * pieces.channels;
        const auto apply = after == After::silu ? apply_affine_silu : apply_affine;
        apply(x + at, y + at, pieces.size(piece), affine);
      }
    });
  }
  return result;
}

at::Tensor fused_layer_norm(const LayerNorm& layer, const at::Tensor& x, const at::Tensor& bias) {
  at::Tensor result = at::empty_like(x);
  const std::int64_t channels = x.size(-1);
  const std::int64_t rows = x.numel() / channels;
  const std::int64_t kinds = bias.numel() / channels;
  // x is [batch, kinds, places, C], or all of one kind.
  const std::int64_t places = kinds == 1 ? rows : x.size(-2);
  const Pieces pieces{.rows = places, .channels = channels};
  const float* from = x.const_data_ptr<float>();
  float* to = result.mutable_data_ptr<float>();
  at::parallel_for(0, rows / places * pieces.count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t part = i / pieces.count;
      const std::int64_t at = (part * places + pieces.first(i % pieces.count)) * channels;
      const RowNorm norm{.weight = span_of(layer.weight),
                         .bias = span_of(bias).subspan(static_cast<std::size_t>(part % kinds * channels),
                                                       static_cast<std::size_t>(channels)),
                         .eps = static_cast<float>(layer.eps)};
      normalise_rows(from + at, to + at, pieces.size(i % pieces.count), norm);
    }
  });
  return result;
}

at::Tensor fused_gate(const at::Tensor& wide) {
  const std::int64_t width = wide.size(1) / 2;
  at::Tensor result = at::empty({wide.size(0), width}, wide.options());
  const Pieces pieces{.rows = wide.size(0), .channels = 2 * width};
  const float* x = wide.const_data_ptr<float>();
  float* y = result.mutable_data_ptr<float>();
  at::parallel_for(0, pieces.count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t piece = begin; piece < end; ++piece) {
      const std::int64_t first = pieces.first(piece);
      gate_rows(x + first * 2 * width, y + first * width, pieces.size(piece), width);
    }
  });
  return result;
}

}  // namespace pia::renderer
