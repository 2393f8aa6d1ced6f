// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "renderer/nn/tensors.hpp"

namespace pia::renderer {

/// One layer's weight and bias, to be written into.
struct Layer {
  at::Tensor weight;
  at::Tensor bias;

  /// An output becomes 0.
  void silence(std::int64_t out) const;
  /// The middle tap of a convolution, or the entry of a matrix.
  at::Tensor tap(std::int64_t out, std::int64_t in) const;
};

constexpr std::int64_t kColours = 3;
constexpr std::int64_t kDifference = 3;  ///< the latent, and its carrier's group, of left to right

/// Changes drawn layers so that a network carries values x through unchanged: as the carriers (x, -x, c, -c)
/// in the first four channels of a norm's group, one group a value. The constants keep the group's deviation,
/// by which the norm divides, nearly the same whatever x is.
struct Surgery {
  LiveTensors& tensors;  ///< one network's
  std::int64_t groups;
  double carrier;            ///< c
  double mean_square = 0.3;  ///< of all that is carried in a group

  Layer layer(const std::string& stem) const;
  std::int64_t width(std::int64_t channels) const { return channels / groups; }
  /// Of a group of this width: both signs of what is carried and of the constant, and zeros.
  double deviation(std::int64_t step) const;

  /// A layer gives 0; or its first `count` outputs do.
  void silence(const std::string& stem) const;
  void silence_first(const std::string& stem, std::int64_t count) const;
  /// Second convolutions and attention give 0; what is carried changes its width in the shortcut.
  void quiet_resnet(const std::string& stem, std::int64_t carried) const;
  void quiet_middle(const std::string& stem) const;
  /// A pointwise layer gives its first `count` inputs.
  void identity(const std::string& stem, std::int64_t count) const;

  /// x and -x of `count` inputs; the groups' other channels stay.
  void signs_in(const std::string& stem, std::int64_t count) const;
  /// Carriers of `count` inputs; their groups hold nothing else.
  void carry_in(const std::string& stem, std::int64_t count) const;
  /// The same carriers before and after a change of channels.
  void carry_over(const std::string& stem, std::int64_t count) const;
  /// x and -x come from a skip's first channels, which lie behind the block's own; the constants anew.
  void carry_skip(const std::string& stem, std::int64_t count) const;
  /// Every channel by itself, as the mean of 2 x 2 pixels (side = 2) or as it is (1).
  void resample(const std::string& stem, std::int64_t side) const;
  /// One more carrier, of what two columns of pixels differ by, in place of a mean of 2 x 2.
  void carry_difference(const std::string& stem) const;
  /// silu(x) - silu(-x) = x, of carriers that a norm has divided by about their deviation. What conv takes of
  /// other channels stays.
  void carry_out(const std::string& norm, const std::string& stem, std::int64_t count) const;
};

}  // namespace pia::renderer
