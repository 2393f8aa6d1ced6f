// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderer/weights/motion_file.hpp"
#include "tests/renderer/weights/tiny_model.hpp"

namespace pia::renderer {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using tests::EditableWeights;
using tests::TinyModel;
using tests::weight_error;

constexpr const char* kTable =
    "down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.0.pos_encoder."
    "pe";

/// The tiny model's motion part as PIA's own file has it.
EditableWeights official(const TinyModel& tiny) {
  return EditableWeights::load(tiny.motion_file()).rename(official_motion_name).add(kTable, {1, 24, 32});
}

class OfficialMotion : public testing::Test {
 protected:
  ModelPaths paths() const { return {tiny_.model(), "", path_}; }
  std::string error() const {
    return weight_error([&] { open_model(paths()); });
  }
  void expect_same_as_the_folder() const {
    const ModelWeights folder = open_model(tiny_.paths());
    const ModelWeights file = open_model(paths());
    EXPECT_EQ(file.motion_config, folder.motion_config);
    ASSERT_EQ(file.motion.size(), folder.motion.size());
    for (const auto& [name, view] : folder.motion) {
      const auto at = file.motion.find(name);
      ASSERT_NE(at, file.motion.end()) << name;
      EXPECT_EQ(at->second.shape, view.shape) << name;
      EXPECT_TRUE(std::ranges::equal(at->second.bytes, view.bytes)) << name;
    }
    EXPECT_THAT(file.ignored, Contains(EndsWith(".pos_encoder.pe")));
  }

  TinyModel tiny_;
  std::string path_ = tiny_.at("pia.safetensors");
};

TEST(OfficialNames, AreThoseOfPiasCheckpoint) {
  const std::string module = "up_blocks.3.motion_modules.2.";
  const std::string official = module + "temporal_transformer.";
  const std::string block = "transformer_blocks.0.";
  for (const auto& [ours, theirs] :
       {std::pair("norm.weight", "norm.weight"),
        {"proj_out.bias", "proj_out.bias"},
        {"transformer_blocks.0.attn2.to_out.0.bias", "transformer_blocks.0.attention_blocks.1.to_out.0.bias"},
        {"transformer_blocks.0.norm1.weight", "transformer_blocks.0.norms.0.weight"},
        {"transformer_blocks.0.norm3.bias", "transformer_blocks.0.ff_norm.bias"},
        {"transformer_blocks.0.ff.net.0.proj.weight", "transformer_blocks.0.ff.net.0.proj.weight"}}) {
    EXPECT_EQ(official_motion_name(module + ours), official + theirs);
    EXPECT_EQ(canonical_motion_name(official + theirs).key, module + ours);
  }
  EXPECT_EQ(official_motion_name("conv_in.weight"), "conv_in.weight");
  EXPECT_EQ(official_table_name(official + block + "attention_blocks.0.to_q.weight"),
            official + block + "attention_blocks.0.pos_encoder.pe");
  EXPECT_EQ(official_table_name(official + block + "attention_blocks.0.to_k.weight"), "");
}

TEST_F(OfficialMotion, GivesTheSameWeightsAsTheFolder) {
  official(tiny_).save(path_);
  expect_same_as_the_folder();
}

TEST_F(OfficialMotion, MayHaveModulePrefixesAndCounters) {
  EditableWeights weights = official(tiny_);
  weights.rename([](const std::string& name) { return "module." + name; });
  weights.add("global_step", {}, WeightType::int64).add("epoch", {}, WeightType::int64).save(path_);
  expect_same_as_the_folder();
}

TEST_F(OfficialMotion, IgnoresTheSpatialWeightsOfAFullUnet) {
  EditableWeights weights = official(tiny_);
  for (const auto& [name, tensor] : EditableWeights::load(tiny_.unet_file()).tensors) {
    if (!name.starts_with("conv_in.")) weights.add(name, tensor.shape);
  }
  weights.save(path_);
  expect_same_as_the_folder();
  const ModelWeights opened = open_model(paths());
  EXPECT_THAT(opened.ignored, Contains(path_ + ": time_embedding.linear_1.weight"));
  EXPECT_NE(opened.unet.at("time_embedding.linear_1.weight").bytes[0], std::byte{0});
  const std::vector<std::string> told = inspect(path_).ignored;
  EXPECT_THAT(told, Contains("time_embedding.linear_1.weight"));
  EXPECT_THAT(told, testing::Not(Contains(EndsWith(".pe")))) << "every such file has these";
}

TEST_F(OfficialMotion, WithoutTablesHas32Frames) {
  EditableWeights weights = official(tiny_);
  weights.tensors.erase(kTable);
  weights.save(path_);
  EXPECT_EQ(open_model(paths()).motion_config.max_seq_length, 32);
  EXPECT_EQ(inspect(path_).motion_frames, 32);
  EXPECT_TRUE(inspect(path_).has_motion);
}

TEST_F(OfficialMotion, WithoutAMiddleHasNone) {
  EditableWeights weights = official(tiny_);
  std::erase_if(weights.tensors, [](const auto& entry) { return entry.first.starts_with("mid_block."); });
  weights.save(path_);
  EXPECT_FALSE(open_model(paths()).motion_config.use_motion_mid_block);
}

TEST_F(OfficialMotion, OfPlainAnimateDiffIsNoPia) {
  EditableWeights weights = official(tiny_);
  weights.tensors.erase("conv_in.weight");
  weights.tensors.erase("conv_in.bias");
  weights.save(path_);
  EXPECT_THAT(error(), HasSubstr("without PIA's condition module"));
  EXPECT_FALSE(inspect(path_).has_motion);
  EXPECT_EQ(inspect(path_).motion_frames, 24);
}

TEST_F(OfficialMotion, ListsEveryTensorThatIsWrong) {
  EditableWeights weights = official(tiny_);
  weights.tensors.erase("mid_block.motion_modules.0.temporal_transformer.norm.weight");
  weights.add("up_blocks.0.motion_modules.1.temporal_transformer.proj_in.bias", {31}).add("extra", {2});
  weights.save(path_);
  EXPECT_THAT(error(),
              AllOf(HasSubstr("mid_block.motion_modules.0.norm.weight [32] is missing"),
                    HasSubstr("up_blocks.0.motion_modules.1.proj_in.bias has the shape [31], expected [32]"),
                    HasSubstr("\"extra\" [2] is no part")));
}

TEST_F(OfficialMotion, RefusesAWholeLevelThatIsMissing) {
  EditableWeights weights = official(tiny_);
  std::erase_if(weights.tensors, [](const auto& entry) { return entry.first.starts_with("down_blocks.0."); });
  weights.save(path_);
  EXPECT_THAT(error(), HasSubstr("level 0 has no motion_modules"));
}

TEST_F(OfficialMotion, RefusesTwoTensorsOfOneMeaning) {
  official(tiny_).add("module.conv_in.bias", {32}).save(path_);
  EXPECT_THAT(error(), HasSubstr("\"conv_in.bias\" is there twice"));
}

TEST_F(OfficialMotion, RefusesTablesOfDifferentLengths) {
  std::string other = kTable;
  other.replace(other.find("blocks.0.pos"), 8, "blocks.1");
  official(tiny_).add(other, {1, 32, 32}).save(path_);
  EXPECT_THAT(error(), HasSubstr("expected [1, "));
}

TEST_F(OfficialMotion, RefusesHostileIndexes) {
  for (const std::string index : {"8", "99999999", "99999999999999999999999"}) {
    const std::string name = "down_blocks." + index + ".motion_modules.0.temporal_transformer.norm.weight";
    official(tiny_).add(name, {32}).save(path_);
    EXPECT_NE(error(), "") << index;
  }
  official(tiny_)
      .add("down_blocks.0.motion_modules.4000000000.temporal_transformer.norm.bias", {32})
      .save(path_);
  EXPECT_THAT(error(), HasSubstr("it has \"down_blocks.0.motion_modules.4000000000.norm.bias\""));
}

TEST_F(OfficialMotion, RefusesPicklesAndDiffusersNames) {
  path_ = tiny_.at("pia.ckpt");
  tests::write_file(path_, "PK");
  EXPECT_THAT(error(), HasSubstr("is a pickle"));
  path_ = tiny_.motion_file();
  EXPECT_THAT(error(), HasSubstr("give its folder"));
  path_ = tiny_.at("absent.safetensors");
  EXPECT_THAT(error(), HasSubstr("is not there"));
}

TEST(MotionFolder, RefusesTablesThatContradictItsConfig) {
  const TinyModel tiny;
  EditableWeights::load(tiny.motion_file())
      .add("mid_block.motion_modules.0.transformer_blocks.0.pos_embed.pe", {1, 32, 32})
      .save(tiny.motion_file());
  EXPECT_THAT(tiny.error(),
              HasSubstr("position tables have 32 frames, its config's motion_max_seq_length is 24"));
}

}  // namespace
}  // namespace pia::renderer
