// SPDX-License-Identifier: Apache-2.0
#include "renderer/nn/unet.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/silu.h>

#include <utility>

#include "jobs/core/error.hpp"

namespace pia::renderer {
namespace {

// Takes x over where the caller gives it, so that it is gone when the resnet is through.
at::Tensor forward(const UnetLayer& layer, at::Tensor x, const Pass& pass, TextCursor& text) {
  x = forward(layer.resnet, x, pass.time, joined(pass.resnet_norm, pass.frames));
  if (layer.attention) x = forward(*layer.attention, x, *text++);
  if (layer.motion_module) x = forward(*layer.motion_module, x, pass.frames, pass.motion_norm);
  return x;
}

void add_keys(const UnetLayer& layer, const at::Tensor& text, TextContext& context) {
  if (layer.attention) context.push_back(keys_of(layer.attention->attn2, text));
}

TextContext keys_of_all(const Unet& net, const at::Tensor& text) {
  TextContext context;
  for (const DownBlock& block : net.down_blocks) {
    for (const UnetLayer& layer : block.layers) add_keys(layer, text, context);
  }
  if (net.mid_block) add_keys(net.mid_block->layer, text, context);
  for (const UpBlock& block : net.up_blocks) {
    for (const UnetLayer& layer : block.layers) add_keys(layer, text, context);
  }
  return context;
}

}  // namespace

TextContext text_context(const Unet& net, const at::Tensor& text, const std::vector<TextRun>& runs) {
  TextContext context = keys_of_all(net, text);
  for (TextKeys& keys : context) keys.runs = runs;
  return context;
}

at::Tensor forward(const DownBlock& block, at::Tensor x, const Pass& pass, TextCursor& text,
                   std::vector<at::Tensor>& skips) {
  for (const UnetLayer& layer : block.layers) {
    x = forward(layer, x, pass, text);
    skips.push_back(x);
  }
  if (block.downsampler) {
    x = forward(*block.downsampler, x);
    skips.push_back(x);
  }
  return x;
}

at::Tensor forward(const MidBlock& block, at::Tensor x, const Pass& pass, TextCursor& text) {
  x = forward(block.layer, x, pass, text);
  return forward(block.last, x, pass.time, joined(pass.resnet_norm, pass.frames));
}

at::Tensor forward(const UpBlock& block, at::Tensor x, const Pass& pass, TextCursor& text,
                   std::vector<at::Tensor>& skips) {
  for (const UnetLayer& layer : block.layers) {
    PIA_ASSERT(!skips.empty());
    x = at::cat({x, skips.back()}, 1);
    skips.pop_back();
    x = forward(layer, std::move(x), pass, text);
  }
  if (!block.upsampler) return x;
  const std::int64_t height = skips.empty() ? 2 * x.size(2) : skips.back().size(2);
  const std::int64_t width = skips.empty() ? 2 * x.size(3) : skips.back().size(3);
  return forward(*block.upsampler, resize_nearest(x, height, width));
}

at::Tensor times_of(const Unet& net, const at::Tensor& timesteps) {
  return at::silu(forward(net.time_embedding, timestep_sinusoid(timesteps, net.conv_in.weight.size(0))));
}

at::Tensor time_of(const Unet& net, double timestep) {
  return times_of(net, at::full({1}, timestep, at::kFloat));
}

at::Tensor forward(const Unet& net, const at::Tensor& sample, const Pass& pass, const TextContext& text) {
  TextCursor cursor = text.begin();
  at::Tensor x = forward(net.conv_in, channels_last(sample));
  std::vector<at::Tensor> skips = {x};
  for (const DownBlock& block : net.down_blocks) x = forward(block, std::move(x), pass, cursor, skips);
  if (net.mid_block) x = forward(*net.mid_block, std::move(x), pass, cursor);
  for (const UpBlock& block : net.up_blocks) x = forward(block, std::move(x), pass, cursor, skips);
  PIA_ASSERT(skips.empty() && cursor == text.end());
  x = forward(net.conv_norm_out, x, joined(pass.resnet_norm, pass.frames), After::silu);
  return forward(net.conv_out, x);
}

}  // namespace pia::renderer
