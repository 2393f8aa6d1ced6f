// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/lora.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderer/weights/layout.hpp"
#include "tests/renderer/weights/tiny_model.hpp"

namespace pia::tests {
namespace {

using renderer::WeightType;
using testing::HasSubstr;

const std::string kQuery = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
const std::string kQueryName = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";
const std::string kText = "lora_te_text_model_encoder_layers_1_mlp_fc1";

renderer::LoraTarget target(const TinyModel& model) {
  const auto weights = renderer::open_model(model.paths());
  return {.unet = renderer::unet_layout(weights.unet_config),
          .text_encoder = renderer::clip_text_layout(weights.text_config)};
}

/// One layer of the U-Net, one of the text encoder.
EditableWeights small_lora() {
  EditableWeights lora;
  lora.add(kQueryName + ".lora_down.weight", {4, 32}).add(kQueryName + ".lora_up.weight", {32, 4});
  lora.add(kText + ".lora_down.weight", {2, 8}, WeightType::fp16)
      .add(kText + ".lora_up.weight", {37, 2}, WeightType::fp16);
  return lora;
}

EditableWeights& with_number(EditableWeights& lora, const std::string& name, WeightType type,
                             const std::vector<unsigned char>& bytes) {
  OwnedTensor& tensor = lora.add(name, {}, type).tensors[name];
  for (std::size_t i = 0; i < bytes.size(); ++i) tensor.bytes[i] = std::byte{bytes[i]};
  return lora;
}

class LoraFiles : public testing::Test {
 protected:
  renderer::LoraFile open(const EditableWeights& lora) const {
    lora.save(path());
    return renderer::open_lora(path(), target(model_));
  }
  std::string error(const EditableWeights& lora) const {
    return weight_error([&] { open(lora); });
  }
  std::string path() const { return model_.at("x.safetensors"); }

  TinyModel model_;
};

TEST_F(LoraFiles, LayersAreFoundByTheirNamesInKohyasSpelling) {
  const auto lora = open(small_lora());
  ASSERT_EQ(lora.layers.unet.size(), 1U);
  EXPECT_EQ(lora.layers.unet.begin()->first, kQuery + ".weight");
  EXPECT_EQ(lora.layers.unet.begin()->second.at(0).scale, 1);
  EXPECT_EQ(lora.layers.text_encoder.begin()->first, "text_model.encoder.layers.1.mlp.fc1.weight");
}

TEST_F(LoraFiles, LayersAreFoundByTheirNamesInDiffusersSpellings) {
  using Ends = std::pair<const char*, const char*>;
  for (const auto& [down, up] : {Ends{".lora_A", ".lora_B"}, Ends{".lora.down", ".lora.up"},
                                 Ends{".lora_linear_layer.down", ".lora_linear_layer.up"}}) {
    EditableWeights weights;
    weights.add("unet." + kQuery + down + ".weight", {4, 32}).add("unet." + kQuery + up + ".weight", {32, 4});
    const std::string text = "text_encoder.text_model.encoder.layers.0.self_attn.q_proj";
    weights.add(text + down + ".weight", {4, 8}).add(text + up + ".weight", {8, 4});
    const auto lora = open(weights);
    EXPECT_TRUE(lora.layers.unet.contains(kQuery + ".weight")) << down;
    EXPECT_TRUE(lora.layers.text_encoder.contains("text_model.encoder.layers.0.self_attn.q_proj.weight"))
        << down;
  }
}

TEST_F(LoraFiles, SoAreThoseOfDiffusersProcessors) {
  EditableWeights weights;
  const std::string place = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.";
  for (const char* layer : {"to_q", "to_out"}) {
    weights.add(place + layer + "_lora.down.weight", {4, 32}).add(place + layer + "_lora.up.weight", {32, 4});
  }
  const auto lora = open(weights);
  EXPECT_TRUE(lora.layers.unet.contains(kQuery + ".weight"));
  EXPECT_TRUE(
      lora.layers.unet.contains("down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0.weight"));
}

TEST_F(LoraFiles, AnAlphaInTheHeaderThatIsNotTheRankIsRefused) {
  small_lora().save(path());
  const renderer::SafetensorsFile file(path());
  const auto said = [&](const std::string& header) {
    return weight_error([&] {
      renderer::lora_layers(file.tensors(), {{"lora_adapter_metadata", header}}, "x", target(model_));
    });
  };
  EXPECT_EQ(said(R"({"unet.lora_alpha": 4, "unet.r": 4})"), "");
  EXPECT_THAT(said(R"({"unet.lora_alpha": 8, "unet.r": 4})"), HasSubstr("a lora_alpha that is not its rank"));
  EXPECT_EQ(said("no JSON"), "");
}

TEST_F(LoraFiles, AlphaOverRankIsTheScaleInWhateverTypeItIs) {
  const auto scale = [&](WeightType type, const std::vector<unsigned char>& bytes) {
    EditableWeights lora = small_lora();
    return open(with_number(lora, kQueryName + ".alpha", type, bytes))
        .layers.unet.begin()
        ->second.at(0)
        .scale;
  };
  EXPECT_EQ(scale(WeightType::fp32, {0, 0, 0, 0x40}), 0.5);            // 2 of 4
  EXPECT_EQ(scale(WeightType::fp16, {0x00, 0x42}), 0.75);              // 3
  EXPECT_EQ(scale(WeightType::fp16, {0x01, 0x80}), -0.25 / 16777216);  // the smallest, negative
  EXPECT_EQ(scale(WeightType::bf16, {0x80, 0x3f}), 0.25);              // 1
  EXPECT_EQ(scale(WeightType::int64, {8, 0, 0, 0, 0, 0, 0, 0}), 2);
  EXPECT_EQ(scale(WeightType::int32, {2, 0, 0, 0}), 0.5);
  EXPECT_EQ(scale(WeightType::fp64, {0, 0, 0, 0, 0, 0, 0x10, 0x40}), 1);  // 4
}

TEST_F(LoraFiles, OnesThatDontFitAreNamed) {
  const auto changed = [&](const std::function<void(EditableWeights&)>& change) {
    EditableWeights lora = small_lora();
    change(lora);
    return error(lora);
  };
  EXPECT_EQ(error(small_lora()), "");
  EXPECT_THAT(changed([](auto& lora) { lora.tensors.erase(kQueryName + ".lora_up.weight"); }),
              HasSubstr("\"" + kQueryName + "\" lacks its lora_up"));
  EXPECT_THAT(changed([](auto& lora) {
                lora.add(kQueryName + ".lora_down.weight", {4, 31});
              }),
              HasSubstr("has the shapes [4, 31] and [32, 4], which don't make a weight of [32, 32]"));
  EXPECT_THAT(changed([](auto& lora) {
                lora.add(kQueryName + ".lora_down.weight", {0, 32});
              }),
              HasSubstr("which don't make"));
  EXPECT_THAT(changed([](auto& lora) {
                lora.add(kQueryName + ".lora_up.weight", {32, 4}, WeightType::int8);
              }),
              HasSubstr("which don't make"));
  EXPECT_THAT(changed([](auto& lora) {
                lora.add("lora_te1_x.lora_up.weight", {32, 4});
              }),
              HasSubstr("\"lora_te1_x\" is no layer of this model"));
  EXPECT_THAT(changed([](auto& lora) {
                lora.add(kQueryName + ".hada_w1_a", {32, 4});
              }),
              HasSubstr("LoHa, LoKr and DoRA are not rendered"));
  EXPECT_THAT(changed([](auto& lora) {
                lora.add("unet." + kQuery + ".lora_A.weight", {4, 32});
              }),
              HasSubstr("is there twice, by two names"));
  EXPECT_THAT(changed([](auto& lora) { lora.add(kQueryName + ".alpha", {2}); }),
              HasSubstr("is not one number, or a huge one"));
  EXPECT_THAT(changed([](auto& lora) {
                with_number(lora, kQueryName + ".alpha", WeightType::fp16, {0x00, 0x7c});
              }),
              HasSubstr("is not one number, or a huge one"));
  EXPECT_THAT(changed([](auto& lora) {
                with_number(lora, kQueryName + ".alpha", WeightType::fp32, {0xff, 0xff, 0x7f, 0x7f});
              }),
              HasSubstr("is not one number, or a huge one"));
  EXPECT_THAT(error({}), HasSubstr("it holds nothing"));
}

TEST_F(LoraFiles, OfManyFaultsThreeAreToldAndTheRestIsCounted) {
  EditableWeights lora;
  for (int i = 0; i < 100; ++i) lora.add("lora_unet_x" + std::to_string(i) + ".alpha", {});
  EXPECT_THAT(error(lora), HasSubstr("and 97 more"));
  EXPECT_LT(error(lora).size(), 500U);
}

TEST_F(LoraFiles, BytesThatAreNoSafetensorsAreRefused) {
  write_file(path(), std::as_bytes(std::span("not a LoRA")));
  EXPECT_THAT(weight_error([&] { renderer::open_lora(path(), target(model_)); }), HasSubstr(path()));
}

TEST_F(LoraFiles, SeveralAreLaidOnInTheirOrderByTheirWeights) {
  EditableWeights lora = small_lora();
  with_number(lora, kQueryName + ".alpha", WeightType::fp32, {0, 0, 0, 0x40}).save(path());
  renderer::ModelPaths paths = model_.paths();
  paths.loras = {{.path = path(), .weight = 0.5, .weight_te = 0}, {.path = path(), .weight = 2}};
  const auto weights = renderer::open_model(paths);
  const auto& changes = weights.unet_loras.at(kQuery + ".weight");
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].scale, 0.25);
  EXPECT_EQ(changes[1].scale, 1);
  EXPECT_EQ(weights.text_loras.begin()->second.size(), 1U);
}

TEST_F(LoraFiles, AreRequiredToFitAModelByItsHeadersAlone) {
  small_lora().save(path());
  EXPECT_NO_THROW(renderer::require_lora(path(), model_.model(), ""));
  EXPECT_THAT(weight_error([&] { renderer::require_lora(path(), model_.at("nothing"), ""); }),
              HasSubstr("name a base model that has it"));
  EditableWeights wrong;
  wrong.add("lora_unet_x.alpha", {}).save(path());
  EXPECT_THAT(weight_error([&] { renderer::require_lora(path(), model_.model(), ""); }),
              HasSubstr("is no LoRA for this model"));
}

}  // namespace
}  // namespace pia::tests
