// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>
#include <cstring>

#include "jobs/core/error.hpp"
#include "renderer/weights/rule_model.hpp"

namespace pia::renderer {
namespace {

constexpr std::uint64_t kGamma = 0x9E3779B97F4A7C15;

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

double uniform(std::uint64_t state) {
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EB;
  z ^= z >> 31U;
  return static_cast<double>(z >> 40U) * 0x1p-23 - 1.0;
}

std::uint16_t half_bits(float value) {
  constexpr std::uint32_t kTooBig = 0x47800000;    // 65536
  constexpr std::uint32_t kSmallest = 0x38800000;  // 2^-14, the smallest normal half
  constexpr std::uint32_t kRebias = 112U << 23U;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16U & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return static_cast<std::uint16_t>(sign | 0x7e00U);
  if (magnitude >= kTooBig) return static_cast<std::uint16_t>(sign | 0x7c00U);
  if (magnitude < kSmallest) {
    // Adding 0.5 leaves the half's subnormal bits, rounded to even, at the bottom of the sum.
    const float sum = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(sum) - 0x3f000000U));
  }
  const std::uint32_t rounded = magnitude - kRebias + 0xfffU + (magnitude >> 13U & 1U);
  return static_cast<std::uint16_t>(sign | rounded >> 13U);
}

std::uint16_t bfloat_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>(bits >> 16U | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16U & 1U)) >> 16U);
}

}  // namespace

std::vector<float> rule_values(std::string_view name, std::span<const std::int64_t> shape) {
  const auto count = element_count(shape);
  PIA_ASSERT(count && !shape.empty());
  const bool scale = shape.size() == 1 && name.ends_with(".weight");
  double fan_in = 1;
  for (const std::int64_t dimension : shape.subspan(1)) fan_in *= static_cast<double>(dimension);
  const double width = scale ? 0.2 : shape.size() == 1 ? 0.1 : std::sqrt(3.0 / fan_in);
  const double centre = scale ? 1.0 : 0.0;
  std::vector<float> values(static_cast<std::size_t>(*count));
  std::uint64_t state = fnv1a(name);
  for (float& value : values) value = static_cast<float>(centre + width * uniform(state += kGamma));
  return values;
}

std::vector<std::byte> weight_bytes(std::span<const float> values, WeightType type) {
  PIA_ASSERT(type == WeightType::fp32 || type == WeightType::fp16 || type == WeightType::bf16);
  std::vector<std::byte> bytes(values.size() * bytes_per_element(type));
  if (type == WeightType::fp32) {
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t bits = type == WeightType::fp16 ? half_bits(values[i]) : bfloat_bits(values[i]);
    std::memcpy(bytes.data() + 2 * i, &bits, sizeof bits);
  }
  return bytes;
}

}  // namespace pia::renderer
