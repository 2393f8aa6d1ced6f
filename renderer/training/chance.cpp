// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/chance.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randn.h>

namespace pia::renderer {
namespace {

std::uint64_t mixed(std::uint64_t state) {
  std::uint64_t z = state + 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EB;
  return z ^ (z >> 31U);
}

at::Generator generator(std::uint64_t seed) {
  return at::make_generator<at::CPUGeneratorImpl>(seed);
}

}  // namespace

std::uint64_t bits(const Chance& chance, Draw draw) {
  return mixed(mixed(mixed(chance.seed) ^ chance.index) ^ static_cast<std::uint64_t>(draw));
}

double uniform(const Chance& chance, Draw draw) {
  return static_cast<double>(bits(chance, draw) >> 11U) * 0x1p-53;
}

std::int64_t below(const Chance& chance, Draw draw, std::int64_t count) {
  return static_cast<std::int64_t>(uniform(chance, draw) * static_cast<double>(count));
}

at::Tensor normal(const Chance& chance, Draw draw, at::IntArrayRef shape) {
  return at::randn(shape, generator(bits(chance, draw)), at::TensorOptions(at::kFloat));
}

at::Tensor uniform_by_name(std::uint64_t seed, std::string_view name, at::IntArrayRef shape, double width) {
  at::Tensor values = at::empty(shape, at::kFloat);
  return values.uniform_(-width, width, generator(mixed(seed ^ hash_of(name))));
}

at::Tensor normal_by_name(std::uint64_t seed, std::string_view name, at::IntArrayRef shape,
                          double deviation) {
  return at::randn(shape, generator(mixed(seed ^ hash_of(name))), at::TensorOptions(at::kFloat))
      .mul_(deviation);
}

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

}  // namespace pia::renderer
