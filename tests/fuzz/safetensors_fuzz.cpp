// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/error.hpp"
#include "renderer/weights/safetensors.hpp"
#include "tests/support/fuzz.hpp"

namespace {

std::string seed(const std::vector<pia::renderer::TensorView>& tensors) {
  const auto bytes = pia::renderer::safetensors_bytes(tensors, {{"format", "pt"}});
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string bare(const std::string& header) {
  return std::string(1, static_cast<char>(header.size())) + std::string(7, '\0') + header;
}

}  // namespace

int main() {
  using pia::renderer::WeightType;
  const std::vector<std::byte> data(128);
  const std::span<const std::byte> bytes(data);
  const std::vector<std::string> seeds = {
      seed({}),
      seed({{"conv_in.weight", WeightType::fp32, {2, 2, 3}, bytes.first(48)},
            {"conv_in.bias", WeightType::fp16, {2}, bytes.first(4)}}),
      seed({{"scalar", WeightType::int64, {}, bytes.first(8)}, {"none", WeightType::bf16, {0}, {}}}),
      bare(
          R"({"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,18446744073709551615]}})"),
      bare("{}")};
  return pia::tests::fuzz("safetensors_fuzz", seeds, [](const std::string& input) {
    // A block of its own, so that the sanitizer sees a read past the end.
    const std::vector<std::byte> copy(reinterpret_cast<const std::byte*>(input.data()),
                                      reinterpret_cast<const std::byte*>(input.data()) + input.size());
    try {
      unsigned sum = 0;
      for (const auto& tensor : pia::renderer::parse_safetensors(copy, "fuzzed").tensors) {
        for (const std::byte value : tensor.bytes) sum += std::to_integer<unsigned>(value);
      }
      volatile unsigned keep = sum;
      static_cast<void>(keep);
    } catch (const pia::jobs::WeightError&) {
    }
  });
}
