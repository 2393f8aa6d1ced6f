// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/layout.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "jobs/core/digest.hpp"
#include "renderer/weights/safetensors.hpp"

namespace pia::renderer {
namespace {

/// How many, and the digest of the sorted lines "name [shape]". The expected ones are of the state dicts of
/// diffusers 0.33.1 and transformers 4.57 (without buffers), made with the same lines.
std::pair<std::size_t, std::string> summary(const std::vector<ExpectedTensor>& layout) {
  std::vector<std::string> lines;
  for (const ExpectedTensor& tensor : layout)
    lines.push_back(tensor.name + " " + shape_text(tensor.shape) + "\n");
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line;
  return {layout.size(), jobs::to_hex(jobs::sha256(all))};
}

std::pair<std::size_t, std::string> diffusers(std::size_t count, const std::string& digest) {
  return {count, digest};
}

TEST(UnetLayout, IsThatOfStableDiffusion15) {
  UnetConfig config;
  config.cross_attention_dim = 768;
  EXPECT_EQ(summary(unet_layout(config)),
            diffusers(686, "77ebc1df4e20916ac2e4cf489483e15661fccfe020d57eb554ab4671224d5de1"));
}

TEST(UnetLayout, IsThatOfAnUnmirroredNet) {
  UnetConfig config;
  config.block_out_channels = {8, 8};
  config.layers_per_block = {2, 2};
  config.down_attention = {true, false};
  config.up_attention = {true, false};
  config.cross_attention_dim = 8;
  EXPECT_EQ(summary(unet_layout(config)),
            diffusers(302, "fc9e9340b8ffaa580f25db04c3527909209b595c6c0f97defbc69190c240f180"));
}

TEST(UnetLayout, IsThatOfANetWhoseLevelsDiffer) {
  UnetConfig config;
  config.block_out_channels = {32, 64, 96};
  config.layers_per_block = {1, 2, 3};
  config.down_attention = {false, true, true};
  config.up_attention = {false, true, false};
  config.cross_attention_dim = 24;
  EXPECT_EQ(summary(unet_layout(config)),
            diffusers(444, "5c445e435cf3133b8660ddee59b22efe0c5fb0eef7006fbaa663fd86c95f8df8"));
}

TEST(UnetLayout, HasNoMiddleWhereTheConfigHasNone) {
  UnetConfig config;
  config.mid_block = false;
  for (const ExpectedTensor& tensor : unet_layout(config)) EXPECT_FALSE(tensor.name.starts_with("mid_block"));
}

TEST(VaeLayout, IsThatOfStableDiffusion15) {
  VaeConfig config;
  config.block_out_channels = {128, 256, 512, 512};
  config.layers_per_block = 2;
  EXPECT_EQ(summary(vae_layout(config)),
            diffusers(248, "5a0ba4e758a914142de788cfdc978a9e45274c037ef49e4aeac28723907be7c6"));
  EXPECT_EQ(config.factor(), 8);
}

TEST(VaeLayout, IsThatOfTwoAndThreeLevels) {
  VaeConfig config;
  config.block_out_channels = {8, 8};
  EXPECT_EQ(summary(vae_layout(config)),
            diffusers(120, "8d80d5b518c37ee651b15a593db0fd16538857d476630053767e8b1bf90f8767"));
  EXPECT_EQ(config.factor(), 2);
  config.block_out_channels = {16, 32, 48};
  EXPECT_EQ(summary(vae_layout(config)),
            diffusers(156, "fcfbc65a564a899da086958518ebe91ffffb095551e96e4847e5d429fa0ada60"));
  EXPECT_EQ(config.factor(), 4);
}

TEST(ClipTextLayout, IsThatOfStableDiffusion15) {
  ClipTextConfig config;
  config.hidden_size = 768;
  config.intermediate_size = 3072;
  EXPECT_EQ(summary(clip_text_layout(config)),
            diffusers(196, "2d6bd75085bd03af52a7719c719d4a51a986392b52812388305320cfb0500046"));
}

TEST(MotionLayout, IsThatOfPia) {
  MotionConfig config;
  config.use_motion_mid_block = false;
  config.conv_in_channels = 9;
  EXPECT_EQ(summary(motion_layout(config)),
            diffusers(522, "68a7eee71203f0183f3bd5fb13580d52863a210028cf8c3b1c539eebfc93839e"));
}

TEST(MotionLayout, IsThatOfAnimateDiff2) {
  EXPECT_EQ(summary(motion_layout(MotionConfig())),
            diffusers(546, "af469d9ca80af38f2c105a5518a9886af93169d5e90b204953043716d5742804"));
}

TEST(MotionLayout, IsThatOfLevelsThatDiffer) {
  MotionConfig config;
  config.block_out_channels = {8, 16};
  config.layers_per_block = {1, 3};
  config.conv_in_channels = 9;
  EXPECT_EQ(summary(motion_layout(config)),
            diffusers(288, "7b45b6ae1456c19e463e4260cff582634f11fad1517489f51b75cc5041bd3ff1"));
}

}  // namespace
}  // namespace pia::renderer
