// SPDX-License-Identifier: Apache-2.0
#include <ATen/Context.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "renderer/pipeline/resident_model.hpp"
#include "tests/renderer/golden.hpp"
#include "tests/renderer/rule_weights.hpp"

namespace pia::tests {
namespace {

using renderer::ModelWeights;
using renderer::Pass;
using renderer::Placement;
using renderer::TextContext;
using renderer::UnetLayer;
using renderer::WeightTree;
using Tensors = std::map<std::string, at::Tensor>;

/// A device and a dtype, and how far from the fp32 originals they may be, in standard deviations.
struct Site {
  const char* name;
  Placement placement;
  double tolerance;
};

std::vector<Site> sites() {
  std::vector<Site> all = {{"cpu_fp32", {at::kCPU, at::kFloat}, 1e-4}};
  if (at::globalContext().hasCUDA()) {
    all.push_back({"cuda_fp32", {at::kCUDA, at::kFloat}, 1e-3});
    all.push_back({"cuda_fp16", {at::kCUDA, at::kHalf}, 0.1});
    all.push_back({"cuda_bf16", {at::kCUDA, at::kBFloat16}, 0.5});
  } else {
    std::puts("no CUDA device: CPU only");
  }
  return all;
}

/// One golden module on one site with one reference's choices: what to compute, from what.
struct Bench {
  const Golden& golden;
  const ModelWeights& weights;
  Placement placement;
  renderer::ReferenceChoices choices;

  at::Tensor in(const std::string& name) const {
    return golden["in_" + name].to(placement.device, placement.dtype);
  }
  at::Tensor picture(const std::string& name) const { return renderer::channels_last(in(name)); }
  std::int64_t frames() const { return golden.settings.at("frames"); }
  std::string path() const { return golden.settings.at("path"); }
  std::size_t block() const { return static_cast<std::size_t>(path().back() - '0'); }
  WeightTree spatial() const { return WeightTree(weights.unet, placement) / path(); }
  WeightTree motion() const { return WeightTree(weights.motion, placement) / path(); }
  std::int64_t groups() const { return weights.unet_config.norm_num_groups; }
  Pass pass() const {
    return {.frames = frames(),
            .resnet_norm = choices.resnet_norm,
            .motion_norm = choices.motion_norm,
            .time = golden.has("in_temb") ? at::silu(in("temb")) : at::Tensor()};
  }
};

TextContext texts_of(const std::vector<UnetLayer>& layers, const Bench& bench) {
  TextContext context;
  for (const UnetLayer& layer : layers) {
    if (layer.attention) context.push_back(renderer::keys_of(layer.attention->attn2, bench.in("text")));
  }
  return context;
}

Tensors run_resnet(const Bench& bench) {
  const auto layer =
      renderer::load_resnet(bench.spatial(), bench.groups(), bench.weights.unet_config.norm_eps);
  const Pass pass = bench.pass();
  const std::int64_t together = renderer::joined(pass.resnet_norm, pass.frames);
  return {{"hidden", forward(layer, bench.picture("hidden"), pass.time, together)}};
}

Tensors run_spatial_transformer(const Bench& bench) {
  const auto layer =
      renderer::load_spatial_transformer(bench.spatial(), {.heads = 8, .groups = bench.groups()});
  return {
      {"hidden", forward(layer, bench.picture("hidden"), renderer::keys_of(layer.attn2, bench.in("text")))}};
}

Tensors run_motion_module(const Bench& bench) {
  const auto layer = renderer::load_motion_module(bench.motion(), {.heads = 8, .groups = bench.groups()});
  return {{"hidden", forward(layer, bench.picture("hidden"), bench.frames(), bench.choices.motion_norm)}};
}

Tensors run_down(const Bench& bench) {
  const auto unet = renderer::load_unet(bench.weights, bench.placement);
  const auto& block = unet.down_blocks.at(bench.block());
  const TextContext texts = texts_of(block.layers, bench);
  auto cursor = texts.begin();
  std::vector<at::Tensor> skips;
  Tensors results = {{"hidden", forward(block, bench.picture("hidden"), bench.pass(), cursor, skips)}};
  for (std::size_t i = 0; i < skips.size(); ++i) results["skip_" + std::to_string(i)] = skips[i];
  return results;
}

Tensors run_mid(const Bench& bench) {
  const auto unet = renderer::load_unet(bench.weights, bench.placement);
  const TextContext texts = {renderer::keys_of(unet.mid_block->layer.attention->attn2, bench.in("text"))};
  auto cursor = texts.begin();
  return {{"hidden", forward(*unet.mid_block, bench.picture("hidden"), bench.pass(), cursor)}};
}

Tensors run_up(const Bench& bench) {
  const auto unet = renderer::load_unet(bench.weights, bench.placement);
  const auto& block = unet.up_blocks.at(bench.block());
  const TextContext texts = texts_of(block.layers, bench);
  auto cursor = texts.begin();
  std::vector<at::Tensor> skips;
  // The size to upsample to is that of the skip which the next block will take.
  const auto& size = bench.golden.settings.at("upsample_size");
  if (!size.is_null())
    skips.push_back(at::zeros({1, 1, size[0].get<std::int64_t>(), size[1].get<std::int64_t>()}));
  for (int i = 0; bench.golden.has("in_skip_" + std::to_string(i)); ++i) {
    skips.push_back(bench.picture("skip_" + std::to_string(i)));
  }
  return {{"hidden", forward(block, bench.picture("hidden"), bench.pass(), cursor, skips)}};
}

Tensors run_unet(const Bench& bench) {
  const auto unet = renderer::load_unet(bench.weights, bench.placement);
  const at::Tensor sample = bench.in("sample").transpose(1, 2).flatten(0, 1);
  Pass pass = bench.pass();
  pass.time = renderer::time_of(unet, bench.golden.settings.at("timestep"));
  const at::Tensor answer = forward(unet, sample, pass, renderer::text_context(unet, bench.in("text")));
  return {{"sample", answer.unflatten(0, {-1, bench.frames()}).transpose(1, 2)}};
}

Tensors run_timestep_embedding(const Bench& bench) {
  const at::Tensor times = bench.golden["in_timestep"];
  const at::Tensor narrow = renderer::timestep_sinusoid(times, 32);
  const auto layer = renderer::load_timestep_embedding(bench.spatial());
  return {{"sinusoid_320", renderer::timestep_sinusoid(times, 320)},
          {"sinusoid_32", narrow},
          {"temb", forward(layer, narrow)}};
}

Tensors run_clip_text(const Bench& bench) {
  const auto net = renderer::load_clip_text(WeightTree(bench.weights.text_encoder, bench.placement),
                                            bench.weights.text_config);
  const at::Tensor ids = bench.golden["in_ids"].to(bench.placement.device, at::kLong);
  return {{"hidden", forward(net, ids)}, {"hidden_clip_skip_1", forward(net, ids, 2)}};
}

Tensors run_vae_encode(const Bench& bench) {
  const Placement place{bench.placement.device, at::kFloat};
  const auto net = renderer::load_vae_encoder(WeightTree(bench.weights.vae, place), bench.weights.vae_config);
  return {{"moments", forward(net, bench.golden["in_image"].to(place.device))}};
}

Tensors run_vae_decode(const Bench& bench) {
  const Placement place{bench.placement.device, at::kFloat};
  const auto net = renderer::load_vae_decoder(WeightTree(bench.weights.vae, place), bench.weights.vae_config);
  return {{"image", forward(net, bench.golden["in_latent"].to(place.device))}};
}

using Run = Tensors (*)(const Bench&);

Run run_for(const std::string& name) {
  const std::vector<std::pair<std::string, Run>> runs = {{"resnet", run_resnet},
                                                         {"spatial_transformer", run_spatial_transformer},
                                                         {"motion_module", run_motion_module},
                                                         {"down", run_down},
                                                         {"mid", run_mid},
                                                         {"up", run_up},
                                                         {"unet", run_unet},
                                                         {"timestep_embedding", run_timestep_embedding},
                                                         {"clip_text", run_clip_text},
                                                         {"vae_encode", run_vae_encode},
                                                         {"vae_decode", run_vae_decode}};
  for (const auto& [beginning, run] : runs) {
    if (name.starts_with(beginning)) return run;
  }
  throw std::runtime_error("no module test runs the golden " + name);
}

void PrintTo(const Site& site, std::ostream* out) {
  *out << site.name;
}

class Modules : public testing::TestWithParam<std::tuple<Site, std::string>> {};

TEST_P(Modules, AgreeWithBothReferences) {
  const auto& [site, name] = GetParam();
  const c10::InferenceMode inference;
  const Golden golden = read_golden("modules/" + name);
  const ModelWeights& weights = rule_weights(golden.settings.at("model"));
  double worst = 0;
  for (const auto reference : {jobs::Reference::official, jobs::Reference::diffusers}) {
    const Bench bench{golden, weights, site.placement, renderer::choices_of(reference)};
    int compared = 0;
    for (const auto& [what, found] : run_for(name)(bench)) {
      const std::string own = "out_" + std::string(to_word(reference)) + "_" + what;
      const at::Tensor& expected = golden[golden.has(own) ? own : "out_" + what];
      const double error = largest_error(found, expected);
      EXPECT_LE(error, site.tolerance) << name << " " << what << " " << to_word(reference);
      worst = std::max(worst, error);
      ++compared;
    }
    EXPECT_GT(compared, 0);
  }
  std::printf("%-10s %-28s largest error %.1e of std\n", site.name, name.c_str(), worst);
}

INSTANTIATE_TEST_SUITE_P(Golden, Modules,
                         testing::Combine(testing::ValuesIn(sites()),
                                          testing::ValuesIn(goldens_in("modules"))),
                         [](const auto& place) {
                           std::string name =
                               std::string(std::get<0>(place.param).name) + "_" + std::get<1>(place.param);
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace pia::tests
