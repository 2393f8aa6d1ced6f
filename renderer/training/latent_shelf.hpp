// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <unordered_map>

#include "jobs/core/digest.hpp"
#include "renderer/nn/vae.hpp"

namespace pia::renderer {

/// What a frozen encoder made of pictures, so that one that comes again is not encoded again. Each is encoded
/// by itself: so it hangs neither on its company nor on the shelf, to the bit. One thread.
class LatentShelf {
 public:
  /// Once it holds so many bytes, it keeps what it has and takes nothing more.
  explicit LatentShelf(std::size_t bytes = std::size_t{512} << 20U) : room_(bytes) {}

  /// pictures: fp32 [n, 3, H, W] on the CPU -> forward(encoder, picture) of each, on the encoder's device.
  /// The encoder has to be the same one every time.
  at::Tensor moments(const VaeEncoder& encoder, const at::Tensor& pictures);

  std::size_t size() const { return kept_.size(); }

 private:
  at::Tensor moments_of_one(const VaeEncoder& encoder, const at::Tensor& picture);

  std::unordered_map<jobs::Digest, at::Tensor> kept_;  ///< by the picture's bytes; on the CPU
  std::size_t room_;
};

}  // namespace pia::renderer
