// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/layout.hpp"

#include <algorithm>

namespace pia::renderer {
namespace {

/// Collects a component's tensors under nested prefixes.
class Layout {
 public:
  void add(const std::string& name, std::vector<std::int64_t> shape) {
    tensors_.push_back({name, std::move(shape)});
  }
  void norm(const std::string& stem, std::int64_t channels) {
    add(stem + ".weight", {channels});
    add(stem + ".bias", {channels});
  }
  void linear(const std::string& stem, std::int64_t in, std::int64_t out) {
    add(stem + ".weight", {out, in});
    add(stem + ".bias", {out});
  }
  void conv(const std::string& stem, std::int64_t in, std::int64_t out, std::int64_t side) {
    add(stem + ".weight", {out, in, side, side});
    add(stem + ".bias", {out});
  }
  std::vector<ExpectedTensor> take() { return std::move(tensors_); }

 private:
  std::vector<ExpectedTensor> tensors_;
};

struct Resnet {
  std::int64_t in;
  std::int64_t out;
  std::int64_t time_channels = 0;  ///< 0: without time embedding (VAE)
};

std::string numbered(const std::string& stem, std::size_t index) {
  return stem + "." + std::to_string(index);
}

void add_resnet(Layout& layout, const std::string& stem, const Resnet& resnet) {
  layout.norm(stem + ".norm1", resnet.in);
  layout.conv(stem + ".conv1", resnet.in, resnet.out, 3);
  if (resnet.time_channels > 0) layout.linear(stem + ".time_emb_proj", resnet.time_channels, resnet.out);
  layout.norm(stem + ".norm2", resnet.out);
  layout.conv(stem + ".conv2", resnet.out, resnet.out, 3);
  if (resnet.in != resnet.out) layout.conv(stem + ".conv_shortcut", resnet.in, resnet.out, 1);
}

void add_attention(Layout& layout, const std::string& stem, std::int64_t channels, std::int64_t context) {
  layout.add(stem + ".to_q.weight", {channels, channels});
  layout.add(stem + ".to_k.weight", {channels, context});
  layout.add(stem + ".to_v.weight", {channels, context});
  layout.linear(stem + ".to_out.0", channels, channels);
}

void add_transformer_block(Layout& layout, const std::string& stem, std::int64_t channels,
                           std::int64_t context) {
  layout.norm(stem + ".norm1", channels);
  add_attention(layout, stem + ".attn1", channels, channels);
  layout.norm(stem + ".norm2", channels);
  add_attention(layout, stem + ".attn2", channels, context);
  layout.norm(stem + ".norm3", channels);
  layout.linear(stem + ".ff.net.0.proj", channels, 8 * channels);
  layout.linear(stem + ".ff.net.2", 4 * channels, channels);
}

void add_spatial_transformer(Layout& layout, const std::string& stem, std::int64_t channels,
                             std::int64_t context) {
  layout.norm(stem + ".norm", channels);
  layout.conv(stem + ".proj_in", channels, channels, 1);
  add_transformer_block(layout, stem + ".transformer_blocks.0", channels, context);
  layout.conv(stem + ".proj_out", channels, channels, 1);
}

void add_unet_down(Layout& layout, const UnetConfig& config, std::size_t level) {
  const std::string stem = numbered("down_blocks", level);
  const std::int64_t out = config.block_out_channels[level];
  std::int64_t in = config.block_out_channels[level == 0 ? 0 : level - 1];
  const auto layers = static_cast<std::size_t>(config.layers_per_block[level]);
  for (std::size_t j = 0; j < layers; ++j, in = out) {
    add_resnet(layout, numbered(stem + ".resnets", j), {in, out, 4 * config.block_out_channels[0]});
  }
  for (std::size_t j = 0; config.down_attention[level] && j < layers; ++j) {
    add_spatial_transformer(layout, numbered(stem + ".attentions", j), out, config.cross_attention_dim);
  }
  if (level + 1 < config.levels()) layout.conv(stem + ".downsamplers.0.conv", out, out, 3);
}

void add_unet_mid(Layout& layout, const UnetConfig& config) {
  const std::int64_t channels = config.block_out_channels.back();
  const Resnet resnet{channels, channels, 4 * config.block_out_channels[0]};
  add_resnet(layout, "mid_block.resnets.0", resnet);
  add_spatial_transformer(layout, "mid_block.attentions.0", channels, config.cross_attention_dim);
  add_resnet(layout, "mid_block.resnets.1", resnet);
}

void add_unet_up(Layout& layout, const UnetConfig& config, std::size_t block) {
  const std::string stem = numbered("up_blocks", block);
  const std::size_t level = config.levels() - 1 - block;
  const std::int64_t out = config.block_out_channels[level];
  const std::int64_t last_skip = config.block_out_channels[level == 0 ? 0 : level - 1];
  std::int64_t in = config.block_out_channels[block == 0 ? level : level + 1];
  const auto layers = static_cast<std::size_t>(config.layers_per_block[level]) + 1;
  for (std::size_t j = 0; j < layers; ++j, in = out) {
    const std::int64_t skip = j + 1 == layers ? last_skip : out;
    add_resnet(layout, numbered(stem + ".resnets", j), {in + skip, out, 4 * config.block_out_channels[0]});
  }
  for (std::size_t j = 0; config.up_attention[block] && j < layers; ++j) {
    add_spatial_transformer(layout, numbered(stem + ".attentions", j), out, config.cross_attention_dim);
  }
  if (level > 0) layout.conv(stem + ".upsamplers.0.conv", out, out, 3);
}

void add_vae_mid(Layout& layout, const std::string& stem, std::int64_t channels) {
  add_resnet(layout, stem + ".resnets.0", {channels, channels});
  layout.norm(stem + ".attentions.0.group_norm", channels);
  for (const char* part : {".to_q", ".to_k", ".to_v", ".to_out.0"}) {
    layout.linear(stem + ".attentions.0" + part, channels, channels);
  }
  add_resnet(layout, stem + ".resnets.1", {channels, channels});
}

void add_vae_encoder(Layout& layout, const VaeConfig& config) {
  std::int64_t in = config.block_out_channels.front();
  layout.conv("encoder.conv_in", config.in_channels, in, 3);
  for (std::size_t level = 0; level < config.levels(); ++level) {
    const std::string stem = numbered("encoder.down_blocks", level);
    const std::int64_t out = config.block_out_channels[level];
    for (std::size_t j = 0; j < static_cast<std::size_t>(config.layers_per_block); ++j, in = out) {
      add_resnet(layout, numbered(stem + ".resnets", j), {in, out});
    }
    if (level + 1 < config.levels()) layout.conv(stem + ".downsamplers.0.conv", out, out, 3);
  }
  add_vae_mid(layout, "encoder.mid_block", in);
  layout.norm("encoder.conv_norm_out", in);
  layout.conv("encoder.conv_out", in, 2 * config.latent_channels, 3);
}

void add_vae_decoder(Layout& layout, const VaeConfig& config) {
  std::int64_t in = config.block_out_channels.back();
  layout.conv("decoder.conv_in", config.latent_channels, in, 3);
  add_vae_mid(layout, "decoder.mid_block", in);
  for (std::size_t block = 0; block < config.levels(); ++block) {
    const std::string stem = numbered("decoder.up_blocks", block);
    const std::int64_t out = config.block_out_channels[config.levels() - 1 - block];
    for (std::size_t j = 0; j < static_cast<std::size_t>(config.layers_per_block) + 1; ++j, in = out) {
      add_resnet(layout, numbered(stem + ".resnets", j), {in, out});
    }
    if (block + 1 < config.levels()) layout.conv(stem + ".upsamplers.0.conv", out, out, 3);
  }
  layout.norm("decoder.conv_norm_out", in);
  layout.conv("decoder.conv_out", in, config.out_channels, 3);
}

void add_clip_layer(Layout& layout, const std::string& stem, const ClipTextConfig& config) {
  const std::int64_t hidden = config.hidden_size;
  for (const char* part :
       {".self_attn.q_proj", ".self_attn.k_proj", ".self_attn.v_proj", ".self_attn.out_proj"}) {
    layout.linear(stem + part, hidden, hidden);
  }
  layout.norm(stem + ".layer_norm1", hidden);
  layout.linear(stem + ".mlp.fc1", hidden, config.intermediate_size);
  layout.linear(stem + ".mlp.fc2", config.intermediate_size, hidden);
  layout.norm(stem + ".layer_norm2", hidden);
}

void add_motion_modules(Layout& layout, const std::string& stem, std::int64_t channels, std::int64_t count) {
  for (std::size_t j = 0; j < static_cast<std::size_t>(count); ++j) {
    const std::string module = numbered(stem + ".motion_modules", j);
    layout.norm(module + ".norm", channels);
    layout.linear(module + ".proj_in", channels, channels);
    add_transformer_block(layout, module + ".transformer_blocks.0", channels, channels);
    layout.linear(module + ".proj_out", channels, channels);
  }
}

}  // namespace

std::vector<ExpectedTensor> unet_layout(const UnetConfig& config) {
  Layout layout;
  const std::int64_t first = config.block_out_channels.front();
  layout.conv("conv_in", config.in_channels, first, 3);
  layout.linear("time_embedding.linear_1", first, 4 * first);
  layout.linear("time_embedding.linear_2", 4 * first, 4 * first);
  for (std::size_t level = 0; level < config.levels(); ++level) add_unet_down(layout, config, level);
  if (config.mid_block) add_unet_mid(layout, config);
  for (std::size_t block = 0; block < config.levels(); ++block) add_unet_up(layout, config, block);
  layout.norm("conv_norm_out", first);
  layout.conv("conv_out", first, config.out_channels, 3);
  return layout.take();
}

std::vector<ExpectedTensor> vae_layout(const VaeConfig& config) {
  Layout layout;
  add_vae_encoder(layout, config);
  layout.conv("quant_conv", 2 * config.latent_channels, 2 * config.latent_channels, 1);
  layout.conv("post_quant_conv", config.latent_channels, config.latent_channels, 1);
  add_vae_decoder(layout, config);
  return layout.take();
}

std::vector<ExpectedTensor> clip_text_layout(const ClipTextConfig& config) {
  Layout layout;
  const std::string embeddings = "text_model.embeddings.";
  layout.add(embeddings + "token_embedding.weight", {config.vocab_size, config.hidden_size});
  layout.add(embeddings + "position_embedding.weight", {config.max_position_embeddings, config.hidden_size});
  for (std::size_t i = 0; i < static_cast<std::size_t>(config.num_hidden_layers); ++i) {
    add_clip_layer(layout, numbered("text_model.encoder.layers", i), config);
  }
  layout.norm("text_model.final_layer_norm", config.hidden_size);
  return layout.take();
}

std::vector<ExpectedTensor> motion_layout(const MotionConfig& config) {
  Layout layout;
  if (config.conv_in_channels > 0) {
    layout.conv("conv_in", config.conv_in_channels, config.block_out_channels.front(), 3);
  }
  const std::size_t levels = config.levels();
  for (std::size_t i = 0; i < levels; ++i) {
    add_motion_modules(layout, numbered("down_blocks", i), config.block_out_channels[i],
                       config.layers_per_block[i]);
  }
  if (config.use_motion_mid_block) {
    add_motion_modules(layout, "mid_block", config.block_out_channels.back(), 1);
  }
  for (std::size_t i = 0; i < levels; ++i) {
    const std::size_t level = levels - 1 - i;
    add_motion_modules(layout, numbered("up_blocks", i), config.block_out_channels[level],
                       config.layers_per_block[level] + 1);
  }
  return layout.take();
}

}  // namespace pia::renderer
