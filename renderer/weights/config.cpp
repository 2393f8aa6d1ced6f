// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/config.hpp"

#include <algorithm>

#include "renderer/weights/config_checks.hpp"
#include "renderer/weights/config_reader.hpp"

namespace pia::renderer {
namespace {

constexpr std::int64_t kTokens = 77;

void check_types(ConfigReader& reader, const char* key, const std::string& type, std::size_t levels) {
  const auto types = reader.words(key, {type});
  check_count(reader, key, types.size(), levels);
  if (std::any_of(types.begin(), types.end(), [&](const std::string& word) { return word != type; })) {
    reader.problem(std::string(key) + " has a block that is not " + type);
  }
}

void refuse_unsupported_vae(ConfigReader& reader) {
  reader.only("_class_name", {"\"AutoencoderKL\""});
  reader.only("act_fn", {"\"silu\"", "\"swish\""});
  for (const char* key : {"use_quant_conv", "use_post_quant_conv", "mid_block_add_attention"}) {
    reader.only(key, {"true"});
  }
  reader.only("shift_factor", {"null", "0"});
  reader.absent({"latents_mean", "latents_std"});
}

void refuse_unsupported_motion(ConfigReader& reader) {
  reader.only("_class_name", {"\"MotionAdapter\""});
  reader.only_each("motion_transformer_layers_per_block", {"1"});
  reader.only_each("motion_transformer_layers_per_mid_block", {"1"});
  reader.only("motion_mid_block_layers_per_block", {"1"});
}

ClipActivation activation(ConfigReader& reader) {
  const std::string word = reader.word("hidden_act").value_or("quick_gelu");
  if (word == "gelu") return ClipActivation::gelu;
  if (word != "quick_gelu") reader.problem("hidden_act is neither quick_gelu nor gelu");
  return ClipActivation::quick_gelu;
}

}  // namespace

VaeConfig parse_vae_config(std::string_view json, const std::string& file) {
  ConfigReader reader(json, file);
  refuse_unsupported_vae(reader);
  reader.only("in_channels", {"3"});
  reader.only("out_channels", {"3"});
  reader.only("latent_channels", {"4"});
  VaeConfig config;
  config.block_out_channels = reader.integers("block_out_channels", config.block_out_channels);
  config.layers_per_block = reader.integer("layers_per_block", config.layers_per_block);
  config.norm_num_groups = required_groups(reader, "norm_num_groups");
  config.scaling_factor = reader.positive("scaling_factor", config.scaling_factor);
  check_types(reader, "down_block_types", "DownEncoderBlock2D", config.levels());
  check_types(reader, "up_block_types", "UpDecoderBlock2D", config.levels());
  check_layers(reader, "layers_per_block", {config.layers_per_block});
  check_divides(reader, "norm_num_groups", {config.norm_num_groups}, config.block_out_channels);
  reader.finish();
  return config;
}

ClipTextConfig parse_clip_text_config(std::string_view json, const std::string& file) {
  ConfigReader reader(json, file);
  reader.only("model_type", {"\"clip_text_model\""});
  reader.only("use_attention_mask", {"false", "null"});
  ClipTextConfig config;
  config.vocab_size = reader.integer("vocab_size", config.vocab_size, {.most = 1 << 24});
  config.hidden_size = reader.integer("hidden_size", config.hidden_size);
  config.intermediate_size = reader.integer("intermediate_size", config.intermediate_size);
  config.num_hidden_layers = reader.integer("num_hidden_layers", config.num_hidden_layers, {.most = 128});
  config.num_attention_heads = reader.integer("num_attention_heads", config.num_attention_heads);
  config.max_position_embeddings =
      reader.integer("max_position_embeddings", config.max_position_embeddings, {.least = kTokens});
  config.layer_norm_eps = reader.positive("layer_norm_eps", config.layer_norm_eps);
  config.hidden_act = activation(reader);
  check_divides(reader, "num_attention_heads", {config.num_attention_heads}, {config.hidden_size});
  reader.finish();
  return config;
}

MotionConfig parse_motion_config(std::string_view json, const std::string& file) {
  ConfigReader reader(json, file);
  refuse_unsupported_motion(reader);
  const MotionConfig defaults;
  MotionConfig config;
  config.block_out_channels = reader.integers("block_out_channels", defaults.block_out_channels);
  config.layers_per_block = reader.per_level("motion_layers_per_block", 2, config.levels());
  config.heads = reader.per_level("motion_num_attention_heads", 8, config.levels());
  config.norm_num_groups = required_groups(reader, "motion_norm_num_groups");
  config.max_seq_length = reader.integer("motion_max_seq_length", defaults.max_seq_length);
  config.use_motion_mid_block = reader.flag("use_motion_mid_block", defaults.use_motion_mid_block);
  if (!reader.is_null("conv_in_channels")) {
    config.conv_in_channels = reader.integer("conv_in_channels", 0, {.least = 0});
  }
  check_layers(reader, "motion_layers_per_block", config.layers_per_block);
  check_divides(reader, "motion_norm_num_groups", {config.norm_num_groups}, config.block_out_channels);
  check_divides(reader, "motion_num_attention_heads", config.heads, config.block_out_channels);
  reader.finish();
  return config;
}

}  // namespace pia::renderer
