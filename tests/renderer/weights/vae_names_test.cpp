// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderer/weights/layout.hpp"
#include "tests/renderer/weights/tiny_model.hpp"

namespace pia::renderer {
namespace {

using testing::HasSubstr;
using tests::EditableWeights;
using tests::TinyModel;

std::string older_name(const std::string& name) {
  std::string text = tests::replaced(name, ".to_q.", ".query.");
  text = tests::replaced(text, ".to_k.", ".key.");
  text = tests::replaced(text, ".to_v.", ".value.");
  return tests::replaced(text, ".to_out.0.", ".proj_attn.");
}

TEST(OlderVaeNames, GiveTodaysWeights) {
  const TinyModel tiny;
  const EditableWeights today = EditableWeights::load(tiny.vae_file());
  EditableWeights(today).rename(older_name).save(tiny.vae_file());
  const ModelWeights weights = open_model(tiny.paths());
  for (const auto& [name, tensor] : today.tensors) {
    const auto at = weights.vae.find(name);
    ASSERT_NE(at, weights.vae.end()) << name;
    EXPECT_TRUE(std::ranges::equal(at->second.bytes, tensor.bytes)) << name;
  }
}

TEST(OlderVaeNames, MayBeOneByOneConvolutions) {
  const TinyModel tiny;
  EditableWeights weights = EditableWeights::load(tiny.vae_file());
  for (auto& [name, tensor] : weights.tensors) {
    const bool matrix = name.find("attentions.0.to_") != std::string::npos && tensor.shape.size() == 2;
    if (matrix) tensor.shape.insert(tensor.shape.end(), {1, 1});
  }
  weights.rename(older_name).save(tiny.vae_file());
  const ModelWeights opened = open_model(tiny.paths());
  EXPECT_EQ(opened.vae.at("decoder.mid_block.attentions.0.to_out.0.weight").shape,
            (std::vector<std::int64_t>{8, 8}));
}

TEST(OlderVaeNames, BesideTodaysAreRefused) {
  const TinyModel tiny;
  EditableWeights::load(tiny.vae_file())
      .add("encoder.mid_block.attentions.0.query.bias", {8})
      .save(tiny.vae_file());
  EXPECT_THAT(tiny.error(), HasSubstr("\"encoder.mid_block.attentions.0.to_q.bias\" is there twice"));
}

TEST(OlderVaeNames, AreNotTakenForAConvolutionOfAnotherSide) {
  const TinyModel tiny;
  EditableWeights::load(tiny.vae_file())
      .add("encoder.mid_block.attentions.0.to_q.weight", {8, 8, 1, 3})
      .save(tiny.vae_file());
  EXPECT_THAT(tiny.error(), HasSubstr("has the shape [8, 8, 1, 3], expected [8, 8]"));
}

TEST(VaeLevels, MayBeTwoToFour) {
  for (int levels = 2; levels <= 4; ++levels) {
    std::string channels = "8";
    std::string down = R"("DownEncoderBlock2D")";
    std::string up = R"("UpDecoderBlock2D")";
    for (int i = 1; i < levels; ++i) {
      channels += ", " + std::to_string(8 * (i + 1));
      down += R"(, "DownEncoderBlock2D")";
      up += R"(, "UpDecoderBlock2D")";
    }
    const TinyModel tiny({.vae = R"({"block_out_channels": [)" + channels + R"(], "down_block_types": [)" +
                                 down + R"(], "up_block_types": [)" + up + R"(], "norm_num_groups": 4})"});
    EXPECT_EQ(tiny.error(), "");
    EXPECT_EQ(inspect(tiny.model()).vae_factor, 1 << (levels - 1));
  }
}

}  // namespace
}  // namespace pia::renderer
