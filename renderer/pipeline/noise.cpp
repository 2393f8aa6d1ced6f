// SPDX-License-Identifier: Apache-2.0
#include "renderer/pipeline/noise.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randn.h>

#include <cstring>

#include "jobs/core/error.hpp"

namespace pia::renderer {

NoiseSource::NoiseSource(std::uint64_t seed) : generator_(at::make_generator<at::CPUGeneratorImpl>(seed)) {}

at::Tensor NoiseSource::clip(const LatentShape& shape) {
  const at::Tensor drawn =
      at::randn({1, 4, shape.frames, shape.height, shape.width}, generator_, at::TensorOptions(at::kFloat));
  return drawn[0].transpose(0, 1).contiguous();
}

at::Tensor NoiseSource::picture(std::int64_t height, std::int64_t width) {
  return at::randn({1, 4, height, width}, generator_, at::TensorOptions(at::kFloat));
}

std::vector<std::byte> NoiseSource::state() const {
  const at::Tensor bytes = generator_.get_state();
  std::vector<std::byte> copy(bytes.nbytes());
  std::memcpy(copy.data(), bytes.const_data_ptr(), copy.size());
  return copy;
}

void NoiseSource::restore(std::span<const std::byte> state) {
  const at::Tensor bytes = at::empty({static_cast<std::int64_t>(state.size())}, at::kByte);
  if (!state.empty()) std::memcpy(bytes.data_ptr(), state.data(), state.size());
  try {
    generator_.set_state(bytes);
  } catch (const c10::Error&) {
    throw jobs::StorageError("the checkpoint's generator state is not one of this build's");
  }
}

}  // namespace pia::renderer
