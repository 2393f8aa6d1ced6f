// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/toy/draws.hpp"

namespace pia::renderer {
namespace {

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15U;

std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ value >> 30U) * 0xBF58476D1CE4E5B9U;
  value = (value ^ value >> 27U) * 0x94D049BB133111EBU;
  return value ^ value >> 31U;
}

}  // namespace

Draws::Draws(std::uint64_t seed, std::uint64_t index)
    : state_(mixed(mixed(seed + kGolden) + mixed(index + 2 * kGolden))) {}

std::uint64_t Draws::next() {
  state_ += kGolden;
  return mixed(state_);
}

double Draws::uniform(double low, double high) {
  return low + (high - low) * (static_cast<double>(next() >> 11U) * 0x1p-53);
}

int Draws::pick(int count) {
  return static_cast<int>((next() >> 32U) * static_cast<std::uint64_t>(count) >> 32U);
}

}  // namespace pia::renderer
