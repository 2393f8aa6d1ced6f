// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "dsl/plan_json.hpp"
#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

MapCatalog with_loras() {
  MapCatalog catalog = job_files();
  catalog.file("/data/loras/genshin.safetensors")
      .file("/data/loras/ink.safetensors")
      .misfit("/data/loras/xl.safetensors", "it is for another network")
      .file("/data/loras/two.pt")
      .file("/data/loras/two.ckpt");
  return catalog;
}

dsl::Compiled compile_in(const std::string& text) {
  static const MapCatalog kFiles = with_loras();
  static const dsl::Tokenizer kTokenizer;
  return dsl::compile(
      {.path = "/jobs/job.toml", .text = text, .working_directory = "/jobs", .sets = {}, .out = ""}, {},
      kFiles, {.tokenizer = &kTokenizer});
}

const std::string kLoras =
    "[paths]\nloras = \"/data/loras\"\n[loras.genshin]\npath = \"genshin.safetensors\"\n"
    "trigger = \"raidenshogundef\"\nweight = 0.7\n";

// One shot with `keys`, after `tables`.
dsl::Compiled one_shot(const std::string& keys, const std::string& tables = kLoras) {
  return compile_in(with_defaults(tables + "[[shot]]\nimage = \"labrador.png\"\n" + keys));
}

jobs::PlannedShot planned(const std::string& keys, const std::string& tables = kLoras) {
  const auto compiled = one_shot(keys, tables);
  EXPECT_TRUE(compiled.plan.has_value()) << said(compiled);
  return compiled.plan ? compiled.plan->shots.at(0) : jobs::PlannedShot{};
}

TEST(Loras, ArePlannedWhole) {
  const std::string keys = "prompt = \"1girl\"\nloras = [{ id = \"genshin\", weight = 0.4 }]\n";
  const auto shot = planned(keys);
  EXPECT_EQ(shot.prompt_text, "raidenshogundef, 1girl");
  const jobs::FileRef file{"/data/loras/genshin.safetensors",
                           jobs::sha256("/data/loras/genshin.safetensors")};
  EXPECT_EQ(shot.shot.loras, (std::vector{jobs::LoraUse{.file = file, .weight = 0.4, .weight_te = 0.4}}));
  EXPECT_EQ(
      Json::parse(dsl::shot_to_json(shot))["loras"],
      Json({{{"path", file.path}, {"digest", to_hex(file.digest)}, {"weight", 0.4}, {"weight_te", 0.4}}}));
}

TEST(Loras, OnesOwnWeightHoldsWhereAShotSaysNone) {
  const auto shot = planned("loras = [{ id = \"genshin\" }, { path = \"ink\" }]\n");
  EXPECT_EQ(shot.shot.loras.at(0).weight, 0.7);
  EXPECT_EQ(shot.shot.loras.at(1).weight, 1);
}

TEST(Loras, OneThatFitsNoModelIsRefusedOnceHoweverManyShotsHaveIt) {
  const auto compiled =
      compile_in(with_defaults("loras = [{ id = \"genshin\" }, { path = \"xl\" }]\n" + kLoras +
                               "[[grid]]\nimage = \"labrador.png\"\naxes.seed = [1, 2, 3]\n"));
  EXPECT_EQ(said(compiled),
            "job.toml:5:30: error: LoRA \"xl\" can't be laid on model \"tiny\": it is for another network\n");
  EXPECT_EQ(said(one_shot("prompt = \"<lora:xl:0>\"\n", "[paths]\nloras = \"/data/loras\"\n")), "");
}

TEST(Loras, TagsInPromptsAddThemAndAreNoText) {
  EXPECT_EQ(planned("prompt = \"1girl <lora:genshin:0.8>, smiling\"\n").prompt_text,
            "raidenshogundef, 1girl , smiling");
  const auto use = [](const std::string& tag) {
    const auto loras = planned("prompt = \"" + tag + "\"\n").shot.loras;
    return loras.size() == 1 ? std::pair(loras[0].weight_te, loras[0].weight) : std::pair(0.0, 0.0);
  };
  EXPECT_EQ(use("<lora:genshin:0.8>"), (std::pair(0.8, 0.8)));
  EXPECT_EQ(use("<lora:genshin:0.5:0.8>"), (std::pair(0.5, 0.8)));
  EXPECT_EQ(use("<lora:genshin>"), (std::pair(0.7, 0.7)));
  EXPECT_EQ(use("<lora:ink>"), (std::pair(1.0, 1.0)));
}

TEST(Loras, ATagOfOneKeyframeHoldsForTheWholeClip) {
  const auto shot = planned(
      "frames = 32\nprompt.0 = \"sun\"\nprompt.16 = \"rain <lora:genshin:0.8>\"\n"
      "prompt.31 = \"<lora:genshin:0.8> fog\"\n");
  EXPECT_EQ(shot.shot.loras.size(), 1U);
  EXPECT_EQ(shot.prompt_travel.at(0), "raidenshogundef, sun");
  EXPECT_THAT(said(one_shot("prompt.0 = \"<lora:ink:0.8>\"\nprompt.15 = \"<lora:ink:0.5>\"\n")),
              HasSubstr("LoRA \"ink\" is there twice"));
}

TEST(Loras, TriggerWordsCanBeTurnedOff) {
  const std::string keys = "prompt = \"1girl\"\nloras = [{ id = \"genshin\" }]\n";
  EXPECT_EQ(planned(keys + "trigger_words = false\n").prompt_text, "1girl");
  EXPECT_EQ(planned("prompt = \"RaidenShogunDef\"\nloras = [{ id = \"genshin\" }]\n").prompt_text,
            "RaidenShogunDef");
  const std::string list = "[paths]\nloras = \"/data/loras\"\n[loras.x]\npath = \"ink\"\ntrigger = ";
  EXPECT_EQ(planned("prompt = \"b\"\nloras = [{ id = \"x\" }]\n", list + "[\"a\", \"b\"]\n").prompt_text,
            "a, b");
  EXPECT_EQ(planned("prompt = \"b\"\nloras = [{ id = \"x\" }]\n", list + "false\n").prompt_text, "b");
}

TEST(Loras, OneWithoutWeightChangesNoId) {
  const std::string keys = "prompt = \"1girl\"\n";
  const auto plain = planned(keys);
  EXPECT_EQ(planned(keys + "loras = []\nip_adapter_scale = 0\n").id, plain.id);
  EXPECT_EQ(planned(keys + "loras = [{ path = \"/data/loras/ink.safetensors\", weight = 0 }]\n").id,
            plain.id);
  EXPECT_EQ(planned("prompt = \"1girl<lora:genshin:0>\"\n", kLoras).id, plain.id);
  EXPECT_NE(planned(keys + "loras = [{ path = \"ink\", weight = 0, weight_te = 0.5 }]\n").id, plain.id);
}

TEST(Loras, MistakesAreErrors) {
  const auto error = [](const std::string& keys) {
    const auto compiled = one_shot(keys);
    EXPECT_FALSE(compiled.refused.has_value()) << keys;
    return said(compiled);
  };
  EXPECT_THAT(error("loras = [{ id = \"genshim\" }]\n"),
              HasSubstr("job.toml:13:17: error: LoRA \"genshim\" is not there: looked for /jobs/genshim, "
                        "/data/loras/genshim; did you mean \"genshin\"?"));
  EXPECT_THAT(error("prompt = \"a <lora:genshim:1>\"\n"), HasSubstr("13:10: error: LoRA \"genshim\" is not"));
  EXPECT_THAT(error("loras = [{ id = \"genshin\" }]\nprompt = \"<lora:genshin:1>\"\n"),
              HasSubstr("LoRA \"genshin\" is there twice; a shot gives it one weight"));
  EXPECT_THAT(error("loras = [{ path = \"two\" }]\n"), HasSubstr("two.pt or /data/loras/two.ckpt"));
  EXPECT_THAT(error("negative_prompt = \"<lora:ink:1>\"\n"), HasSubstr("a LoRA acts on the whole picture"));
  EXPECT_THAT(error("prompt = \"<lora:ink:much>\"\n"), HasSubstr("a weight that is no number"));
  EXPECT_THAT(error("prompt = \"<lora:ink:1:1:1>\"\n"), HasSubstr("is no LoRA"));
  EXPECT_THAT(error("prompt = \"<lora: :1>\"\n"), HasSubstr("is no LoRA"));
  EXPECT_THAT(error("prompt = \"<lora:ink\"\n"), HasSubstr("is not closed"));
}

TEST(Loras, TagsAreWordsInAPlainPrompt) {
  const auto shot = planned("prompt_syntax = \"plain\"\nprompt = \"<lora:nix:1>\"\n");
  EXPECT_EQ(shot.prompt_text, "<lora:nix:1>");
}

TEST(Loras, UnusedOnesAreSaid) {
  EXPECT_EQ(said(one_shot("")), "job.toml:7:8: warning: [loras.genshin] is used by no shot\n");
}

}  // namespace
}  // namespace pia::tests
