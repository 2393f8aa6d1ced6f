// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/error.hpp"
#include "renderer/weights/lora.hpp"
#include "tests/support/fuzz.hpp"

namespace {

using pia::renderer::TensorView;
using pia::renderer::WeightType;

std::string seed(const std::vector<TensorView>& tensors, const std::map<std::string, std::string>& metadata) {
  const auto bytes = pia::renderer::safetensors_bytes(tensors, metadata);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

int main() {
  const std::vector<std::byte> data(64, std::byte{0x3f});
  const std::span<const std::byte> bytes(data);
  const pia::renderer::LoraTarget target{
      .unet = {{"mid_block.attentions.0.proj_in.weight", {4, 2, 1, 1}}, {"conv_in.weight", {2, 1, 3, 3}}},
      .text_encoder = {{"text_model.encoder.layers.0.mlp.fc1.weight", {4, 2}}}};
  const std::string layer = "lora_unet_mid_block_attentions_0_proj_in";
  const std::vector<std::string> seeds = {
      seed({}, {}),
      seed({{layer + ".lora_down.weight", WeightType::fp32, {1, 2, 1, 1}, bytes.first(8)},
            {layer + ".lora_up.weight", WeightType::fp16, {4, 1, 1, 1}, bytes.first(8)},
            {layer + ".alpha", WeightType::bf16, {}, bytes.first(2)}},
           {}),
      seed({{"unet.conv_in.lora_A.weight", WeightType::fp32, {1, 1, 3, 3}, bytes.first(36)},
            {"unet.conv_in.lora_B.weight", WeightType::fp32, {2, 1, 1, 1}, bytes.first(8)}},
           {{"lora_adapter_metadata", R"({"unet.lora_alpha": 1, "unet.r": 1})"}}),
      seed({{"unet.mid_block.attentions.0.processor.to_out_lora.down.weight",
             WeightType::int64,
             {1},
             bytes.first(8)},
            {"text_encoder.text_model.encoder.layers.0.mlp.fc1.lora_linear_layer.up.weight",
             WeightType::fp32,
             {4, 1},
             bytes.first(16)}},
           {})};
  return pia::tests::fuzz("lora_fuzz", seeds, [&](const std::string& input) {
    const std::vector<std::byte> copy(reinterpret_cast<const std::byte*>(input.data()),
                                      reinterpret_cast<const std::byte*>(input.data()) + input.size());
    try {
      const auto content = pia::renderer::parse_safetensors(copy, "fuzzed");
      pia::renderer::lora_layers(content.tensors, content.metadata, "fuzzed", target);
    } catch (const pia::jobs::WeightError&) {
    }
  });
}
