// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/error.hpp"
#include "renderer/weights/config.hpp"
#include "tests/support/fuzz.hpp"

namespace {

template <class Action>
void try_it(Action action) {
  try {
    action();
  } catch (const pia::jobs::WeightError&) {
  }
}

/// A config that was read can be built: one entry a level, a sane number of levels.
void must_have(std::size_t levels, std::initializer_list<std::size_t> sizes) {
  PIA_ASSERT(levels >= 1 && levels <= 8);
  for (const std::size_t size : sizes) PIA_ASSERT(size == levels);
}

}  // namespace

int main() {
  using namespace pia::renderer;
  const std::vector<std::string> seeds = {
      "{}", R"({"block_out_channels": [32, 64], "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"], "layers_per_block": [1, 2], "norm_num_groups": 32,
        "attention_head_dim": 8, "mid_block_type": null, "norm_eps": 1e-05, "sample_size": [8, 8]})",
      R"({"block_out_channels": [8, 8], "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
        "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "norm_num_groups": 2, "scaling_factor": 0.18})",
      R"({"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4,
        "hidden_act": "gelu", "max_position_embeddings": 77, "vocab_size": 1000, "layer_norm_eps": 1e-5})",
      R"({"block_out_channels": [32, 64], "motion_layers_per_block": 2, "motion_num_attention_heads": [8, 4],
        "use_motion_mid_block": false, "conv_in_channels": 9, "motion_max_seq_length": 32})"};
  return pia::tests::fuzz("model_config_fuzz", seeds, [](const std::string& input) {
    try_it([&] {
      const UnetConfig unet = parse_unet_config(input, "fuzzed");
      must_have(unet.levels(), {unet.layers_per_block.size(), unet.down_attention.size(),
                                unet.up_attention.size(), unet.heads.size()});
    });
    try_it([&] { must_have(parse_vae_config(input, "fuzzed").levels(), {}); });
    try_it([&] { parse_clip_text_config(input, "fuzzed"); });
    try_it([&] {
      const MotionConfig motion = parse_motion_config(input, "fuzzed");
      must_have(motion.levels(), {motion.layers_per_block.size(), motion.heads.size()});
    });
  });
}
