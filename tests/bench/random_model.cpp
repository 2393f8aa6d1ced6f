// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/random_model.hpp"

#include <algorithm>

#include "renderer/weights/layout.hpp"
#include "renderer/weights/rule_model.hpp"

namespace pia::bench {
namespace {

std::int64_t largest(const std::vector<renderer::ExpectedTensor>& layout) {
  std::int64_t most = 0;
  for (const auto& tensor : layout) most = std::max(most, renderer::element_count(tensor.shape).value_or(0));
  return most;
}

void fill(renderer::TensorMap& map, const std::vector<renderer::ExpectedTensor>& layout,
          std::span<const std::byte> buffer) {
  for (const auto& tensor : layout) {
    const auto size =
        static_cast<std::size_t>(renderer::element_count(tensor.shape).value_or(0)) * sizeof(float);
    map[tensor.name] = {.name = tensor.name,
                        .type = renderer::WeightType::fp32,
                        .shape = tensor.shape,
                        .bytes = buffer.first(size)};
  }
}

}  // namespace

RandomModel random_sd15() {
  RandomModel model;
  renderer::ModelWeights& weights = model.weights;
  weights.unet_config = renderer::parse_unet_config(
      R"({"block_out_channels": [320, 640, 1280, 1280], "cross_attention_dim": 768, "attention_head_dim": 8})",
      "unet");
  weights.vae_config = renderer::parse_vae_config(
      R"({"block_out_channels": [128, 256, 512, 512], "layers_per_block": 2,
          "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
          "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"]})",
      "vae");
  weights.text_config = renderer::parse_clip_text_config(
      R"({"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12})",
      "text");
  weights.motion_config =
      renderer::parse_motion_config(R"({"use_motion_mid_block": false, "conv_in_channels": 9})", "motion");
  const auto unet = renderer::unet_layout(weights.unet_config);
  const auto vae = renderer::vae_layout(weights.vae_config);
  const auto text = renderer::clip_text_layout(weights.text_config);
  const auto motion = renderer::motion_layout(weights.motion_config);
  const std::int64_t count[] = {std::max({largest(unet), largest(vae), largest(text), largest(motion)})};
  // As wide as a middling fan-in: activations stay near one.
  std::vector<float> values = renderer::rule_values("bench/0", count);
  for (float& value : values) value *= 0.3F;
  model.buffer = renderer::weight_bytes(values, renderer::WeightType::fp32);
  fill(weights.unet, unet, model.buffer);
  fill(weights.vae, vae, model.buffer);
  fill(weights.text_encoder, text, model.buffer);
  fill(weights.motion, motion, model.buffer);
  return model;
}

}  // namespace pia::bench
