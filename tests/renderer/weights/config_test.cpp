// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/renderer/weights/tiny_model.hpp"

namespace pia::renderer {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using tests::weight_error;
using Numbers = std::vector<std::int64_t>;

UnetConfig unet(const std::string& json) {
  return parse_unet_config(json, "unet/config.json");
}
std::string unet_error(const std::string& json) {
  return weight_error([&] { unet(json); });
}
std::string vae_error(const std::string& json) {
  return weight_error([&] { parse_vae_config(json, "vae/config.json"); });
}
std::string text_error(const std::string& json) {
  return weight_error([&] { parse_clip_text_config(json, "text_encoder/config.json"); });
}
std::string motion_error(const std::string& json) {
  return weight_error([&] { parse_motion_config(json, "motion/config.json"); });
}

TEST(UnetConfig, HasDiffusersDefaultsWhereKeysAreAbsent) {
  EXPECT_EQ(unet("{}"), UnetConfig());
}

TEST(UnetConfig, ReadsEverySize) {
  const UnetConfig config = unet(R"({"block_out_channels": [32, 64], "layers_per_block": [1, 3],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"], "attention_head_dim": [4, 8],
    "cross_attention_dim": [24, 24], "norm_num_groups": 16, "norm_eps": 1e-6, "sample_size": [64, 96],
    "mid_block_type": null, "in_channels": 4, "out_channels": 4})");
  EXPECT_EQ(config.block_out_channels, (Numbers{32, 64}));
  EXPECT_EQ(config.layers_per_block, (Numbers{1, 3}));
  EXPECT_EQ(config.down_attention, (std::vector<bool>{false, true}));
  EXPECT_EQ(config.up_attention, (std::vector<bool>{false, true}));
  EXPECT_EQ(config.heads, (Numbers{4, 8}));
  EXPECT_EQ(config.cross_attention_dim, 24);
  EXPECT_EQ(config.norm_num_groups, 16);
  EXPECT_EQ(config.norm_eps, 1e-6);
  EXPECT_EQ(config.sample_size, 64);
  EXPECT_FALSE(config.mid_block);
}

TEST(UnetConfig, OneNumberStandsForAllLevels) {
  const UnetConfig config = unet(R"({"attention_head_dim": 4, "layers_per_block": 3})");
  EXPECT_EQ(config.heads, (Numbers{4, 4, 4, 4}));
  EXPECT_EQ(config.layers_per_block, (Numbers{3, 3, 3, 3}));
}

TEST(UnetConfig, IgnoresKeysThatDiffusersIgnores) {
  EXPECT_EQ(unet(R"({"_name_or_path": "x", "decay": 0.9999, "dropout": 0.1})"), UnetConfig());
}

TEST(UnetConfig, RefusesByNameWhatTheRendererCannotDo) {
  const std::vector<std::string> unsupported = {R"("use_linear_projection": true)",
                                                R"("upcast_attention": true)",
                                                R"("class_embed_type": "timestep")",
                                                R"("num_class_embeds": 10)",
                                                R"("only_cross_attention": true)",
                                                R"("only_cross_attention": [false, true])",
                                                R"("mid_block_only_cross_attention": true)",
                                                R"("mid_block_type": "UNetMidBlock2DSimpleCrossAttn")",
                                                R"("transformer_layers_per_block": 2)",
                                                R"("transformer_layers_per_block": [1, 2, 10, 1])",
                                                R"("reverse_transformer_layers_per_block": [1])",
                                                R"("addition_embed_type": "text_time")",
                                                R"("addition_time_embed_dim": 256)",
                                                R"("projection_class_embeddings_input_dim": 2816)",
                                                R"("encoder_hid_dim": 4096)",
                                                R"("encoder_hid_dim_type": "ip_image_proj")",
                                                R"("num_attention_heads": 8)",
                                                R"("dual_cross_attention": true)",
                                                R"("center_input_sample": true)",
                                                R"("flip_sin_to_cos": false)",
                                                R"("freq_shift": 1)",
                                                R"("downsample_padding": 0)",
                                                R"("mid_block_scale_factor": 1.4)",
                                                R"("act_fn": "gelu")",
                                                R"("resnet_time_scale_shift": "scale_shift")",
                                                R"("resnet_skip_time_act": true)",
                                                R"("resnet_out_scale_factor": 0.5)",
                                                R"("time_embedding_type": "fourier")",
                                                R"("time_embedding_dim": 64)",
                                                R"("time_embedding_act_fn": "silu")",
                                                R"("timestep_post_act": "silu")",
                                                R"("time_cond_proj_dim": 256)",
                                                R"("conv_in_kernel": 1)",
                                                R"("conv_out_kernel": 1)",
                                                R"("attention_type": "gated")",
                                                R"("class_embeddings_concat": true)",
                                                R"("cross_attention_norm": "group_norm")",
                                                R"("_class_name": "UNetMotionModel")",
                                                R"("norm_num_groups": null)"};
  for (const std::string& entry : unsupported) {
    const std::string key = entry.substr(1, entry.find('"', 1) - 1);
    EXPECT_THAT(unet_error("{" + entry + "}"), AllOf(HasSubstr(key), HasSubstr("not supported")));
  }
}

TEST(UnetConfig, AcceptsTheSameKeysAtTheirNeutralValues) {
  EXPECT_EQ(
      unet(tests::read_file(std::string(PIA_SOURCE) + "/jobs/toy/model/unet/config.json")).block_out_channels,
      (Numbers{32, 64, 128, 128}));
  EXPECT_EQ(unet_error(R"({"only_cross_attention": [false, false, false, false],
    "transformer_layers_per_block": [1, 1, 1, 1], "mid_block_scale_factor": 1.0, "num_attention_heads": null})"),
            "");
}

TEST(UnetConfig, RefusesSizesThatCannotBeBuilt) {
  EXPECT_THAT(unet_error(R"({"block_out_channels": []})"), HasSubstr("block_out_channels is []"));
  EXPECT_THAT(unet_error(R"({"block_out_channels": [0, 1, 2, 3]})"), HasSubstr("block_out_channels"));
  EXPECT_THAT(unet_error(R"({"block_out_channels": "320"})"), HasSubstr("block_out_channels"));
  EXPECT_THAT(unet_error(R"({"block_out_channels": [320, 640]})"),
              HasSubstr("down_block_types has 4 entries"));
  EXPECT_THAT(unet_error(R"({"layers_per_block": 1000000000000})"), HasSubstr("layers_per_block"));
  EXPECT_THAT(unet_error(R"({"layers_per_block": 17})"), HasSubstr("layers_per_block is over 16"));
  EXPECT_THAT(unet_error(R"({"layers_per_block": [2, 2]})"), HasSubstr("layers_per_block has 2 entries"));
  EXPECT_THAT(unet_error(R"({"attention_head_dim": 7})"), HasSubstr("does not divide the 320 channels"));
  EXPECT_THAT(unet_error(R"({"attention_head_dim": -8})"), HasSubstr("attention_head_dim is -8"));
  EXPECT_THAT(unet_error(R"({"norm_num_groups": 48})"), HasSubstr("norm_num_groups = 48"));
  EXPECT_THAT(unet_error(R"({"norm_eps": 0})"), HasSubstr("norm_eps is 0"));
  EXPECT_THAT(unet_error(R"({"in_channels": 18446744073709551615})"), HasSubstr("in_channels"));
  EXPECT_THAT(unet_error(R"({"cross_attention_dim": [1, 2, 3, 4]})"),
              HasSubstr("cross_attention_dim differs"));
  EXPECT_THAT(unet_error(R"({"down_block_types": ["A", "DownBlock2D", "DownBlock2D", "DownBlock2D"]})"),
              HasSubstr("neither CrossAttnDownBlock2D nor DownBlock2D"));
}

TEST(UnetConfig, SaysEverythingThatIsWrongAtOnce) {
  EXPECT_THAT(unet_error(R"({"upcast_attention": true, "norm_eps": "x", "freq_shift": 2})"),
              AllOf(HasSubstr("unet/config.json"), HasSubstr("upcast_attention"), HasSubstr("norm_eps"),
                    HasSubstr("freq_shift")));
}

TEST(UnetConfig, RefusesWhatIsNoJsonObject) {
  EXPECT_THAT(unet_error(""), HasSubstr("not JSON"));
  EXPECT_THAT(unet_error("[1]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(unet_error(std::string(100000, '[')), HasSubstr("nested too deeply"));
}

TEST(Configs, BugOtherThanFourLatentChannelsPassedTheCheckAndFailedInTheNight) {
  for (const char* key : {"in_channels", "out_channels"}) {
    EXPECT_THAT(unet_error("{\"" + std::string(key) + "\": 9}"),
                AllOf(HasSubstr(std::string(key) + " = 9 is not supported (only 4)"),
                      HasSubstr("use a model of Stable Diffusion 1.5's architecture")));
  }
  EXPECT_THAT(vae_error(R"({"latent_channels": 16})"),
              HasSubstr("latent_channels = 16 is not supported (only 4)"));
}

TEST(VaeConfig, TakesTheUsualScalingFactorWhereTheConfigIsSilent) {
  EXPECT_EQ(parse_vae_config(tests::TinyModel::kVae, "vae").scaling_factor, 0.18215);
  EXPECT_EQ(parse_vae_config("{}", "vae"), (VaeConfig{.block_out_channels = {64}}));
}

TEST(VaeConfig, RefusesByNameWhatTheRendererCannotDo) {
  for (const std::string entry :
       {R"("use_quant_conv": false)", R"("use_post_quant_conv": false)",
        R"("mid_block_add_attention": false)", R"("shift_factor": 0.1)", R"("latents_mean": [0.1])",
        R"("latents_std": [1.1])", R"("in_channels": 1)", R"("out_channels": 6)", R"("act_fn": "relu")",
        R"("_class_name": "AutoencoderTiny")"}) {
    const std::string key = entry.substr(1, entry.find('"', 1) - 1);
    EXPECT_THAT(vae_error("{" + entry + "}"), AllOf(HasSubstr(key), HasSubstr("not supported")));
  }
  EXPECT_THAT(vae_error(R"({"down_block_types": ["AttnDownEncoderBlock2D"]})"),
              HasSubstr("down_block_types has a block that is not DownEncoderBlock2D"));
  EXPECT_THAT(vae_error(R"({"block_out_channels": [64, 64]})"), HasSubstr("down_block_types has 1 entries"));
}

TEST(ClipTextConfig, ReadsBothActivations) {
  EXPECT_EQ(parse_clip_text_config("{}", "text"), ClipTextConfig());
  EXPECT_EQ(parse_clip_text_config(R"({"hidden_act": "gelu"})", "text").hidden_act, ClipActivation::gelu);
  EXPECT_THAT(text_error(R"({"hidden_act": "relu"})"), HasSubstr("hidden_act"));
}

TEST(ClipTextConfig, RefusesWhatItCannotBe) {
  EXPECT_THAT(text_error(R"({"model_type": "t5"})"), HasSubstr("model_type"));
  EXPECT_THAT(text_error(R"({"use_attention_mask": true})"), HasSubstr("use_attention_mask"));
  EXPECT_THAT(text_error(R"({"num_attention_heads": 7})"), HasSubstr("does not divide the 512"));
  EXPECT_THAT(text_error(R"({"max_position_embeddings": 64})"), HasSubstr("max_position_embeddings"));
  EXPECT_THAT(text_error(R"({"num_hidden_layers": 1000000})"), HasSubstr("num_hidden_layers"));
}

TEST(MotionConfig, HasDiffusersDefaultsWhereKeysAreAbsent) {
  EXPECT_EQ(parse_motion_config("{}", "motion"), MotionConfig());
  EXPECT_EQ(parse_motion_config(R"({"conv_in_channels": null})", "motion").conv_in_channels, 0);
}

TEST(MotionConfig, RefusesByNameWhatTheRendererCannotDo) {
  for (const std::string entry :
       {R"("motion_transformer_layers_per_block": 2)",
        R"("motion_transformer_layers_per_block": [1, 1, 1, 2])",
        R"("motion_transformer_layers_per_mid_block": [2])", R"("motion_mid_block_layers_per_block": 2)",
        R"("_class_name": "UNet2DConditionModel")"}) {
    const std::string key = entry.substr(1, entry.find('"', 1) - 1);
    EXPECT_THAT(motion_error("{" + entry + "}"), AllOf(HasSubstr(key), HasSubstr("not supported")));
  }
  EXPECT_THAT(motion_error(R"({"use_motion_mid_block": 1})"), HasSubstr("use_motion_mid_block is 1"));
  EXPECT_THAT(motion_error(R"({"motion_num_attention_heads": 3})"), HasSubstr("does not divide the 320"));
}

}  // namespace
}  // namespace pia::renderer
