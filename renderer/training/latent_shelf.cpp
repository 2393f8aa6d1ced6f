// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/latent_shelf.hpp"

#include <ATen/ops/cat.h>

#include <vector>

namespace pia::renderer {
namespace {

jobs::Digest digest_of(const at::Tensor& picture) {
  const at::Tensor plain = picture.contiguous();
  return jobs::sha256({static_cast<const std::byte*>(plain.const_data_ptr()), plain.nbytes()});
}

}  // namespace

at::Tensor LatentShelf::moments_of_one(const VaeEncoder& encoder, const at::Tensor& picture) {
  const at::Device device = encoder.conv_in.bias.device();
  const jobs::Digest digest = digest_of(picture);
  if (const auto found = kept_.find(digest); found != kept_.end()) return found->second.to(device);
  const at::Tensor moments = forward(encoder, picture.to(device));
  if (moments.nbytes() > room_) return moments;
  room_ -= moments.nbytes();
  kept_.emplace(digest, moments.cpu());
  return moments;
}

at::Tensor LatentShelf::moments(const VaeEncoder& encoder, const at::Tensor& pictures) {
  std::vector<at::Tensor> all;
  for (std::int64_t i = 0; i < pictures.size(0); ++i) {
    all.push_back(moments_of_one(encoder, pictures.narrow(0, i, 1)));
  }
  return at::cat(all);
}

}  // namespace pia::renderer
