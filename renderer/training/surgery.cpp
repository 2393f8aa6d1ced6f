// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/surgery.hpp"

#include <ATen/TensorOperators.h>

#include <cmath>

namespace pia::renderer {

void Layer::silence(std::int64_t out) const {
  weight.select(0, out).zero_();
  bias.select(0, out).zero_();
}

at::Tensor Layer::tap(std::int64_t out, std::int64_t in) const {
  const at::Tensor entry = weight[out][in];
  return entry.dim() == 0 ? entry : entry[entry.size(0) / 2][entry.size(1) / 2];
}

Layer Surgery::layer(const std::string& stem) const {
  return {.weight = tensors.at(stem + ".weight"), .bias = tensors.at(stem + ".bias")};
}

void Surgery::silence(const std::string& stem) const {
  layer(stem).weight.zero_();
  layer(stem).bias.zero_();
}

double Surgery::deviation(std::int64_t step) const {
  return std::sqrt((2 * carrier * carrier + 2 * mean_square) / static_cast<double>(step));
}

void Surgery::signs_in(const std::string& stem, std::int64_t count) const {
  const Layer conv = layer(stem);
  const std::int64_t step = width(conv.weight.size(0));
  for (std::int64_t c = 0; c < count; ++c) {
    for (std::int64_t sign = 0; sign < 2; ++sign) {
      conv.silence(c * step + sign);
      conv.tap(c * step + sign, c).fill_(sign == 0 ? 1 : -1);
    }
  }
}

void Surgery::carry_in(const std::string& stem, std::int64_t count) const {
  const Layer conv = layer(stem);
  const std::int64_t step = width(conv.weight.size(0));
  silence_first(stem, count * step);
  signs_in(stem, count);
  for (std::int64_t c = 0; c < count; ++c) {
    conv.bias[c * step + 2].fill_(carrier);
    conv.bias[c * step + 3].fill_(-carrier);
  }
}

void Surgery::carry_over(const std::string& stem, std::int64_t count) const {
  const Layer conv = layer(stem);
  const std::int64_t to = width(conv.weight.size(0));
  const std::int64_t from = width(conv.weight.size(1));
  for (std::int64_t c = 0; c < count; ++c) {
    for (std::int64_t k = 0; k < to; ++k) conv.silence(c * to + k);
    for (std::int64_t k = 0; k < 4; ++k) conv.tap(c * to + k, c * from + k).fill_(1);
  }
}

void Surgery::carry_skip(const std::string& stem, std::int64_t count) const {
  const Layer conv = layer(stem);
  const std::int64_t channels = conv.weight.size(0);
  const std::int64_t skip = conv.weight.size(1) - channels;
  for (std::int64_t c = 0; c < count; ++c) {
    const std::int64_t first = c * width(channels);
    for (std::int64_t k = 0; k < width(channels); ++k) conv.silence(first + k);
    conv.tap(first, skip + first).fill_(1);
    conv.tap(first + 1, skip + first + 1).fill_(1);
    conv.bias[first + 2].fill_(carrier);
    conv.bias[first + 3].fill_(-carrier);
  }
}

void Surgery::resample(const std::string& stem, std::int64_t side) const {
  const Layer conv = layer(stem);
  silence(stem);
  for (std::int64_t c = 0; c < conv.weight.size(0); ++c) {
    if (side == 1) {
      conv.tap(c, c).fill_(1);
    } else {
      conv.weight[c][c].narrow(0, 0, 2).narrow(1, 0, 2).fill_(0.25);
    }
  }
}

void Surgery::carry_difference(const std::string& stem) const {
  const Layer conv = layer(stem);
  const std::int64_t step = width(conv.weight.size(0));
  const std::int64_t first = kDifference * step;
  for (std::int64_t k = 0; k < step; ++k) conv.silence(first + k);
  for (std::int64_t c = 0; c < kColours; ++c) {
    for (std::int64_t sign = 0; sign < 2; ++sign) {
      const at::Tensor rows = conv.weight[first + sign][c * step].narrow(0, 0, 2);
      const double share = (sign == 0 ? 0.5 : -0.5) / kColours;
      rows.select(1, 0).fill_(-share);
      rows.select(1, 1).fill_(share);
    }
  }
  conv.bias[first + 2].fill_(carrier);
  conv.bias[first + 3].fill_(-carrier);
}

void Surgery::carry_out(const std::string& norm, const std::string& stem, std::int64_t count) const {
  const Layer conv = layer(stem);
  const std::int64_t step = width(conv.weight.size(1));
  for (std::int64_t c = 0; c < count; ++c) {
    layer(norm).weight.narrow(0, c * step, 2).fill_(deviation(step));
    // The constants end here: what would be learnt of them is conv_out's bias, at many times its rate.
    layer(norm).weight.narrow(0, c * step + 2, 2).zero_();
    conv.tap(c, c * step).fill_(1);
    conv.tap(c, c * step + 1).fill_(-1);
  }
}

void Surgery::silence_first(const std::string& stem, std::int64_t count) const {
  for (std::int64_t c = 0; c < count; ++c) layer(stem).silence(c);
}

void Surgery::quiet_resnet(const std::string& stem, std::int64_t carried) const {
  silence(stem + ".conv2");
  if (tensors.contains(stem + ".conv_shortcut.weight")) carry_over(stem + ".conv_shortcut", carried);
}

void Surgery::quiet_middle(const std::string& stem) const {
  silence(stem + ".resnets.0.conv2");
  silence(stem + ".attentions.0.to_out.0");
  silence(stem + ".resnets.1.conv2");
}

void Surgery::identity(const std::string& stem, std::int64_t count) const {
  silence(stem);
  for (std::int64_t c = 0; c < count; ++c) layer(stem).tap(c, c).fill_(1);
}

}  // namespace pia::renderer
