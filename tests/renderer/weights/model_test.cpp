// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderer/weights/layout.hpp"
#include "tests/renderer/weights/tiny_model.hpp"

namespace pia::renderer {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::EditableWeights;
using tests::TinyModel;
using tests::weight_error;
namespace fs = std::filesystem;

void expect_layout(const TensorMap& tensors, const std::vector<ExpectedTensor>& layout) {
  ASSERT_EQ(tensors.size(), layout.size());
  for (const ExpectedTensor& expected : layout) {
    const auto at = tensors.find(expected.name);
    ASSERT_NE(at, tensors.end()) << expected.name;
    EXPECT_EQ(at->second.name, expected.name);
    EXPECT_EQ(at->second.shape, expected.shape) << expected.name;
  }
}

TEST(OpenModel, GivesEveryTensorOfEveryLayout) {
  const TinyModel tiny;
  const ModelWeights weights = open_model(tiny.paths());
  expect_layout(weights.unet, unet_layout(weights.unet_config));
  expect_layout(weights.vae, vae_layout(weights.vae_config));
  expect_layout(weights.text_encoder, clip_text_layout(weights.text_config));
  expect_layout(weights.motion, motion_layout(weights.motion_config));
  EXPECT_TRUE(weights.ignored.empty());
  EXPECT_EQ(weights.files.size(), 4U);
  EXPECT_EQ(weights.unet.at("conv_in.weight").shape[1], 4);
  EXPECT_EQ(weights.motion.at("conv_in.weight").shape[1], 9);
}

TEST(OpenModel, GivesTheBytesOfTheRule) {
  const TinyModel tiny;
  const ModelWeights moved = open_model(tiny.paths());
  const TensorView& view = moved.motion.at("up_blocks.1.motion_modules.0.proj_out.weight");
  const auto values = rule_values("motion/up_blocks.1.motion_modules.0.proj_out.weight", view.shape);
  EXPECT_TRUE(std::ranges::equal(view.bytes, weight_bytes(values, WeightType::fp32)));
}

TEST(OpenModel, ListsAMissingAnExtraAndAMisshapenTensorOfAnyComponentAtOnce) {
  const TinyModel tiny;
  EditableWeights unet = EditableWeights::load(tiny.unet_file());
  unet.tensors.erase("conv_in.bias");
  unet.add("extra.weight", {3, 4}).save(tiny.unet_file());
  EditableWeights::load(tiny.text_file()).add("text_model.final_layer_norm.bias", {9}).save(tiny.text_file());
  EditableWeights::load(tiny.motion_file()).add("conv_in.weight", {32, 9, 1, 1}).save(tiny.motion_file());
  EXPECT_THAT(
      tiny.error(),
      AllOf(HasSubstr(tiny.model() + "/unet: conv_in.bias [32] is missing"),
            HasSubstr("/unet: \"extra.weight\" [3, 4] is no part of the network"),
            HasSubstr("/text_encoder: text_model.final_layer_norm.bias has the shape [9], expected [8]"),
            HasSubstr("conv_in.weight has the shape [32, 9, 1, 1], expected [32, 9, 3, 3]")));
}

TEST(OpenModel, BugOnlyTwentyOfManyWrongTensorsWereNamed) {
  const TinyModel tiny;
  EditableWeights{}.add("a", {1}).save(tiny.vae_file());
  const auto layout = vae_layout(parse_vae_config(TinyModel::kVae, "vae"));
  ASSERT_GT(layout.size(), 20U);
  const std::string error = tiny.error();
  for (const ExpectedTensor& tensor : layout) EXPECT_THAT(error, HasSubstr(": " + tensor.name + " ["));
  EXPECT_THAT(error, HasSubstr("\"a\" [1] is no part of the network"));
}

TEST(OpenModel, RefusesWeightsOfAnotherType) {
  const TinyModel tiny;
  EditableWeights::load(tiny.unet_file()).add("conv_in.bias", {32}, WeightType::int64).save(tiny.unet_file());
  EXPECT_THAT(tiny.error(), HasSubstr("conv_in.bias is of type I64, expected F32, F16 or BF16"));
}

TEST(OpenModel, NamesTheBuffersThatItIgnores) {
  const TinyModel tiny;
  EditableWeights::load(tiny.text_file())
      .add("text_model.embeddings.position_ids", {1, 77}, WeightType::int64)
      .save(tiny.text_file());
  const std::string table = "down_blocks.0.motion_modules.0.transformer_blocks.0.pos_embed.pe";
  EditableWeights::load(tiny.motion_file()).add(table, {1, 24, 32}).save(tiny.motion_file());
  EXPECT_THAT(open_model(tiny.paths()).ignored,
              ElementsAre(tiny.text_file() + ": text_model.embeddings.position_ids",
                          tiny.motion_file() + ": " + table));
}

TEST(OpenModel, ReadsHalfPrecisionAndItsVariantFiles) {
  for (const WeightType type : {WeightType::fp16, WeightType::bf16}) {
    const TinyModel tiny({.type = type});
    EXPECT_EQ(open_model(tiny.paths()).vae.at("quant_conv.weight").type, type);
    fs::rename(tiny.unet_file(), tiny.model() + "/unet/diffusion_pytorch_model.fp16.safetensors");
    fs::rename(tiny.text_file(), tiny.model() + "/text_encoder/model.fp16.safetensors");
    EXPECT_EQ(open_model(tiny.paths()).unet.at("conv_in.bias").type, type);
  }
}

TEST(OpenModel, PrefersTheFullWeightsToTheirFp16Variant) {
  const TinyModel tiny;
  EditableWeights{}.add("a", {1}).save(tiny.model() + "/unet/diffusion_pytorch_model.fp16.safetensors");
  EXPECT_EQ(tiny.error(), "");
}

TEST(OpenModel, TakesFromTheBaseOnlyWhatTheModelLacks) {
  const TinyModel base;
  const TinyModel tiny({.type = WeightType::fp16});
  fs::remove_all(tiny.model() + "/vae");
  fs::remove_all(tiny.model() + "/text_encoder");
  ModelPaths paths = tiny.paths();
  EXPECT_THAT(weight_error([&] { open_model(paths); }),
              HasSubstr(tiny.model() + " lacks vae/, text_encoder/"));
  paths.base = base.model();
  const ModelWeights weights = open_model(paths);
  EXPECT_EQ(weights.unet.at("conv_in.bias").type, WeightType::fp16);
  EXPECT_EQ(weights.vae.at("quant_conv.bias").type, WeightType::fp32);
  fs::remove_all(base.model() + "/vae");
  EXPECT_THAT(weight_error([&] { open_model(paths); }),
              AllOf(HasSubstr("lacks vae/"), HasSubstr(base.model())));
}

TEST(OpenModel, SaysWhichFilesAreMissing) {
  const TinyModel tiny;
  fs::rename(tiny.unet_file(), tiny.model() + "/unet/diffusion_pytorch_model.bin");
  EXPECT_THAT(tiny.error(), HasSubstr("only as diffusion_pytorch_model.bin"));
  fs::remove(tiny.model() + "/unet/diffusion_pytorch_model.bin");
  EXPECT_THAT(tiny.error(), HasSubstr(tiny.model() + "/unet has no weights"));
  fs::remove(tiny.model() + "/unet/config.json");
  EXPECT_THAT(tiny.error(), HasSubstr(tiny.model() + "/unet has no config.json"));
}

TEST(OpenModel, RefusesPathsThatAreNoModelFolder) {
  const TinyModel tiny;
  ModelPaths paths = tiny.paths();
  paths.model = tiny.unet_file();
  EXPECT_THAT(weight_error([&] { open_model(paths); }), HasSubstr("single-file checkpoint"));
  paths.model = tiny.at("absent");
  EXPECT_THAT(weight_error([&] { open_model(paths); }), HasSubstr("absent is not there"));
  paths.model = tiny.model() + "/unet";
  EXPECT_THAT(weight_error([&] { open_model(paths); }), HasSubstr("lacks unet/, vae/, text_encoder/"));
  EXPECT_THAT(weight_error([&] {
                open_model({tiny.model(), "", ""});
              }),
              HasSubstr("No motion model is named"));
}

struct Misfit {
  const char* file;
  const char* from;
  const char* to;
  const char* sentence;
};

class OpenModelMisfit : public testing::TestWithParam<Misfit> {};

TEST_P(OpenModelMisfit, IsSaidBeforeAnyTensor) {
  const TinyModel tiny;
  const std::string path = tiny.at(std::string("tiny/") + GetParam().file + "/config.json");
  std::string text = tests::read_file(path);
  text.replace(text.find(GetParam().from), std::string(GetParam().from).size(), GetParam().to);
  tests::write_file(path, text);
  EXPECT_THAT(tiny.error(), AllOf(HasSubstr("do not fit each other"), HasSubstr(GetParam().sentence)));
}

INSTANTIATE_TEST_SUITE_P(
    Configs, OpenModelMisfit,
    testing::Values(
        Misfit{"motion", "[32, 32]", "[32, 64]",
               "block_out_channels is [32, 64] but the U-Net's is [32, 32]"},
        Misfit{"motion", "\"motion_layers_per_block\": 1", "\"motion_layers_per_block\": 2",
               "layers per block is [2, 2]"},
        Misfit{"motion", "\"conv_in_channels\": 9", "\"conv_in_channels\": null", "has no conv_in"},
        Misfit{"motion", "\"conv_in_channels\": 9", "\"conv_in_channels\": 8",
               "conv_in_channels is 8 but what PIA needs for this U-Net is 9"},
        Misfit{"motion", "\"conv_in_channels\"", "\"motion_norm_num_groups\": 16, \"conv_in_channels\"",
               "norm groups is 16"},
        Misfit{"model/unet", "\"cross_attention_dim\": 8", "\"cross_attention_dim\": 16", "hidden_size is 8"},
        Misfit{"model/unet", "\"_class_name\"", "\"mid_block_type\": null, \"_class_name\"",
               "middle block"}));

TEST(OpenModel, ACutFileIsRefusedWhereverItIsCut) {
  const TinyModel tiny;
  const std::string whole = tests::read_file(tiny.unet_file());
  std::vector<std::size_t> lengths = {0, 1, 7, 8, 9, whole.size() - 1};
  for (std::size_t i = 1; i < 40; ++i) lengths.push_back(whole.size() * i / 40);
  for (const std::size_t length : lengths) {
    tests::write_file(tiny.unet_file(), whole.substr(0, length));
    EXPECT_THAT(tiny.error(), HasSubstr(tiny.unet_file())) << length;
  }
}

TEST(ModelFiles, AreTheConfigsAndWeightsThatAreRead) {
  const TinyModel tiny;
  tests::write_file(tiny.model() + "/model_index.json", "{}");
  tests::write_file(tiny.model() + "/unet/README.md", "x");
  EXPECT_THAT(model_files(tiny.model()),
              ElementsAre("text_encoder/config.json", "text_encoder/model.safetensors", "unet/config.json",
                          "unet/diffusion_pytorch_model.safetensors", "vae/config.json",
                          "vae/diffusion_pytorch_model.safetensors"));
  EXPECT_THAT(model_files(tiny.motion()), ElementsAre("config.json", "diffusion_pytorch_model.safetensors"));
  EXPECT_THAT(model_files(tiny.motion_file()), ElementsAre("diffusion_pytorch_model.safetensors"));
  EXPECT_THAT(weight_error([&] { model_files(tiny.at("absent")); }), HasSubstr("is not there"));
}

TEST(Inspect, SaysWhatAModelHolds) {
  const TinyModel tiny;
  const Inspection model = inspect(tiny.model());
  EXPECT_TRUE(model.has_unet && model.has_vae && model.has_text_encoder);
  EXPECT_FALSE(model.has_motion);
  EXPECT_EQ(model.vae_factor, 2);
  EXPECT_EQ(model.motion_frames, 0);
  fs::remove_all(tiny.model() + "/vae");
  EXPECT_FALSE(inspect(tiny.model()).has_vae);
  EXPECT_EQ(inspect(tiny.model()).vae_factor, 0);
  const Inspection motion = inspect(tiny.motion());
  EXPECT_TRUE(motion.has_motion);
  EXPECT_FALSE(motion.has_unet);
  EXPECT_EQ(motion.motion_frames, 24);
}

TEST(Inspect, IsAsStrictAsOpening) {
  const TinyModel tiny;
  EditableWeights::load(tiny.vae_file()).add("extra", {1}).save(tiny.vae_file());
  EXPECT_THAT(weight_error([&] { inspect(tiny.model()); }), HasSubstr("\"extra\" [1] is no part"));
  EXPECT_THAT(weight_error([&] { inspect(tiny.at("")); }), HasSubstr("holds no unet/"));
  EXPECT_THAT(weight_error([&] { inspect(tiny.unet_file()); }), HasSubstr("holds no motion modules"));
}

}  // namespace
}  // namespace pia::renderer
