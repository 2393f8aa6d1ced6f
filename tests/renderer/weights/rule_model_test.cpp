// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/rule_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "jobs/core/digest.hpp"
#include "tests/renderer/weights/tiny_model.hpp"

namespace pia::renderer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using tests::TempFolder;
using tests::TinyModel;
using tests::weight_error;
namespace fs = std::filesystem;

TEST(RuleValues, AreThoseOfTheRuleInPython) {
  const auto golden = nlohmann::json::parse(tests::read_file(std::string(PIA_GOLDEN) + "/rule.json"));
  ASSERT_FALSE(golden.empty());
  for (const auto& entry : golden) {
    const std::string name = entry.at("name");
    const std::vector<float> values = rule_values(name, entry.at("shape").get<std::vector<std::int64_t>>());
    const auto first = entry.at("first").get<std::vector<std::string>>();
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_EQ(values.at(i), std::strtof(first[i].c_str(), nullptr)) << name << " " << i;
    }
    EXPECT_EQ(jobs::to_hex(jobs::sha256(std::as_bytes(std::span(values)))), entry.at("sha256")) << name;
  }
}

std::uint16_t rounded(float value, WeightType type) {
  const auto bytes = weight_bytes(std::span(&value, 1), type);
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[0]) | std::to_integer<unsigned>(bytes[1])
                                                                              << 8U);
}

TEST(WeightBytes, RoundToTheNearestHalfAndTiesToEven) {
  const auto half = [](float value) { return rounded(value, WeightType::fp16); };
  EXPECT_EQ(half(0.0F), 0x0000);
  EXPECT_EQ(half(-0.0F), 0x8000);
  EXPECT_EQ(half(1.0F), 0x3c00);
  EXPECT_EQ(half(-2.0F), 0xc000);
  EXPECT_EQ(half(0.1F), 0x2e66);
  EXPECT_EQ(half(1.0F + 0x1p-11F), 0x3c00);
  EXPECT_EQ(half(1.0F + 0x1.8p-10F), 0x3c02);
  EXPECT_EQ(half(std::nextafter(1.0F + 0x1p-11F, 2.0F)), 0x3c01);
  EXPECT_EQ(half(65504.0F), 0x7bff);
  EXPECT_EQ(half(65519.0F), 0x7bff);
  EXPECT_EQ(half(65520.0F), 0x7c00);
  EXPECT_EQ(half(1e10F), 0x7c00);
  EXPECT_EQ(half(0x1p-14F), 0x0400);
  EXPECT_EQ(half(0x1p-24F), 0x0001);
  EXPECT_EQ(half(0x1p-25F), 0x0000);
  EXPECT_EQ(half(0x1.8p-24F), 0x0002);
  EXPECT_EQ(half(std::numeric_limits<float>::infinity()), 0x7c00);
  EXPECT_EQ(half(std::numeric_limits<float>::quiet_NaN()) & 0x7e00, 0x7e00);
}

TEST(WeightBytes, RoundToTheNearestBfloat) {
  const auto bfloat = [](float value) { return rounded(value, WeightType::bf16); };
  EXPECT_EQ(bfloat(1.0F), 0x3f80);
  EXPECT_EQ(bfloat(-1.0F - 0x1p-8F), 0xbf80);
  EXPECT_EQ(bfloat(1.0F + 0x1.8p-7F), 0x3f82);
  EXPECT_EQ(bfloat(0.1F), 0x3dcd);
}

TEST(RuleModel, OfTheToyConfigsOpens) {
  const TempFolder folder;
  EXPECT_EQ(write_rule_model(std::string(PIA_SOURCE) + "/jobs/toy", folder / "toy"),
            RuleModelOutcome::written);
  const ModelWeights weights = open_model({folder / "toy/model", "", folder / "toy/motion"});
  EXPECT_EQ(weights.vae_config.factor(), 8);
  EXPECT_EQ(weights.text_config.vocab_size, 49408);
  EXPECT_EQ(weights.motion_config.conv_in_channels, 9);
}

TEST(RuleModel, IsMadeOnce) {
  const TinyModel tiny;
  const std::string output = tiny.at("tiny");
  const auto before = fs::last_write_time(tiny.unet_file());
  EXPECT_EQ(write_rule_model(tiny.configs(), output + "/"), RuleModelOutcome::already_there);
  EXPECT_EQ(fs::last_write_time(tiny.unet_file()), before);
}

TEST(RuleModel, NeverReplacesAnotherFolder) {
  const TinyModel tiny;
  const auto again = [&](WeightType type) {
    return weight_error([&] { write_rule_model(tiny.configs(), tiny.at("tiny"), type); });
  };
  EXPECT_THAT(again(WeightType::fp16), HasSubstr("is there already and is not the model"));
  tests::write_file(tiny.motion() + "/config.json", "{}");
  EXPECT_THAT(again(WeightType::fp32), HasSubstr("(motion differs)"));
  fs::create_directory(tiny.at("empty"));
  tests::write_file(tiny.at("full/file"), "mine");
  EXPECT_THAT(weight_error([&] { write_rule_model(tiny.configs(), tiny.at("full")); }), HasSubstr("full"));
  EXPECT_EQ(tests::read_file(tiny.at("full/file")), "mine");
}

TEST(RuleModel, LeavesNothingOfAFailure) {
  const TinyModel tiny;
  const TempFolder folder;
  tests::write_file(tiny.configs() + "/motion/config.json", "{]");
  EXPECT_THAT(weight_error([&] { write_rule_model(tiny.configs(), folder / "out"); }),
              HasSubstr("motion/config.json"));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(RuleModel, SweepsWhatAKilledWriterLeft) {
  const TinyModel tiny;
  const TempFolder folder;
  tests::write_file(folder / "out.writing-abc123/model/unet/diffusion_pytorch_model.safetensors", "half");
  write_rule_model(tiny.configs(), folder / "out");
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder.path())) names.push_back(entry.path().filename());
  EXPECT_THAT(names, ElementsAre("out"));
}

TEST(RuleModel, TwoWritersAtOnceMakeOneModel) {
  const TinyModel tiny;
  const TempFolder folder;
  std::vector<RuleModelOutcome> outcomes(4);
  std::vector<std::thread> writers;
  for (RuleModelOutcome& outcome : outcomes) {
    writers.emplace_back([&] { outcome = write_rule_model(tiny.configs(), folder / "out"); });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(std::ranges::count(outcomes, RuleModelOutcome::written), 1);
  EXPECT_EQ(weight_error([&] { inspect(folder / "out/model"); }), "");
}

TEST(RuleModel, NeedsAParentFolder) {
  const TinyModel tiny;
  EXPECT_THROW(write_rule_model(tiny.configs(), tiny.at("no/such/out")), jobs::StorageError);
}

}  // namespace
}  // namespace pia::renderer
