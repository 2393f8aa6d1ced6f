// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/config.hpp"
#include "renderer/weights/config_checks.hpp"
#include "renderer/weights/config_reader.hpp"

namespace pia::renderer {
namespace {

void refuse_unsupported(ConfigReader& reader) {
  reader.only("_class_name", {"\"UNet2DConditionModel\""});
  for (const char* key : {"center_input_sample", "dual_cross_attention", "use_linear_projection",
                          "upcast_attention", "resnet_skip_time_act", "class_embeddings_concat"}) {
    reader.only(key, {"false", "null"});
  }
  reader.only_each("only_cross_attention", {"false"});
  reader.only_each("transformer_layers_per_block", {"1"});
  reader.only("mid_block_only_cross_attention", {"false", "null"});
  reader.only("flip_sin_to_cos", {"true"});
  reader.only("act_fn", {"\"silu\"", "\"swish\""});
  reader.only("resnet_time_scale_shift", {"\"default\""});
  reader.only("time_embedding_type", {"\"positional\""});
  reader.only("attention_type", {"\"default\""});
  reader.only("mid_block_type", {"\"UNetMidBlock2DCrossAttn\"", "null"});
  for (const char* key : {"downsample_padding", "mid_block_scale_factor", "resnet_out_scale_factor"}) {
    reader.only(key, {"1"});
  }
  reader.only("in_channels", {"4"});
  reader.only("out_channels", {"4"});
  reader.only("freq_shift", {"0"});
  reader.only("conv_in_kernel", {"3"});
  reader.only("conv_out_kernel", {"3"});
  reader.absent({"num_attention_heads", "reverse_transformer_layers_per_block", "encoder_hid_dim",
                 "encoder_hid_dim_type", "class_embed_type", "num_class_embeds", "addition_embed_type",
                 "addition_time_embed_dim", "projection_class_embeddings_input_dim", "time_embedding_dim",
                 "time_embedding_act_fn", "timestep_post_act", "time_cond_proj_dim", "cross_attention_norm"});
}

/// Which blocks attend, by their types' names.
std::vector<bool> attention(ConfigReader& reader, const char* key, const std::vector<bool>& fallback,
                            const std::string& direction) {
  const std::string attending = "CrossAttn" + direction + "Block2D";
  const std::string plain = direction + "Block2D";
  std::vector<std::string> types;
  for (const bool attends : fallback) types.push_back(attends ? attending : plain);
  std::vector<bool> attends;
  for (const std::string& type : reader.words(key, types)) {
    if (type != attending && type != plain) {
      reader.problem(std::string(key) + " has a block that is neither " + attending + " nor " + plain);
    }
    attends.push_back(type == attending);
  }
  return attends;
}

std::int64_t sample_size(ConfigReader& reader) {
  if (reader.is_null("sample_size")) return 0;
  if (reader.is_list("sample_size")) return reader.integers("sample_size", {0}).front();
  return reader.integer("sample_size", 0);
}

std::int64_t cross_attention_dim(ConfigReader& reader, const UnetConfig& defaults, std::size_t levels) {
  const auto dims = reader.per_level("cross_attention_dim", defaults.cross_attention_dim, levels);
  for (const std::int64_t dim : dims) {
    if (dim != dims.front()) {
      reader.problem("cross_attention_dim differs between the levels, which is not supported");
      break;
    }
  }
  return dims.front();
}

}  // namespace

UnetConfig parse_unet_config(std::string_view json, const std::string& file) {
  ConfigReader reader(json, file);
  refuse_unsupported(reader);
  const UnetConfig defaults;
  UnetConfig config;
  config.sample_size = sample_size(reader);
  config.block_out_channels = reader.integers("block_out_channels", defaults.block_out_channels);
  const std::size_t levels = config.levels();
  config.layers_per_block = reader.per_level("layers_per_block", 2, levels);
  config.down_attention = attention(reader, "down_block_types", defaults.down_attention, "Down");
  config.up_attention = attention(reader, "up_block_types", defaults.up_attention, "Up");
  config.heads = reader.per_level("attention_head_dim", 8, levels);
  config.cross_attention_dim = cross_attention_dim(reader, defaults, levels);
  config.norm_num_groups = required_groups(reader, "norm_num_groups");
  config.norm_eps = reader.positive("norm_eps", defaults.norm_eps);
  config.mid_block = !reader.is_null("mid_block_type");
  check_count(reader, "down_block_types", config.down_attention.size(), levels);
  check_count(reader, "up_block_types", config.up_attention.size(), levels);
  check_layers(reader, "layers_per_block", config.layers_per_block);
  check_divides(reader, "norm_num_groups", {config.norm_num_groups}, config.block_out_channels);
  check_divides(reader, "attention_head_dim (the number of heads)", config.heads, config.block_out_channels);
  if (config.block_out_channels.front() % 2 != 0)
    reader.problem("block_out_channels begins with an odd number");
  reader.finish();
  return config;
}

}  // namespace pia::renderer
