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
  const dsl::ModelFacts whole{.digest = {},
                              .has_unet = true,
                              .has_vae = true,
                              .has_text_encoder = true,
                              .text_layers = 12,
                              .is_single_file = true};
  catalog.file("/data/loras/genshin.safetensors")
      .file("/data/loras/ink.safetensors")
      .file("/data/loras/two.pt")
      .file("/data/loras/two.ckpt")
      .file("/jobs/bad-hands.pt")
      .model("/jobs/whole.ckpt", whole)
      .image("/jobs/face.png", {64, 64});
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

// The shot of a plan that is refused only for what can't be rendered yet.
jobs::PlannedShot refused(const std::string& keys, const std::string& tables = kLoras) {
  const auto compiled = one_shot(keys, tables);
  EXPECT_FALSE(compiled.plan.has_value());
  EXPECT_TRUE(compiled.refused.has_value()) << said(compiled);
  return compiled.refused ? compiled.refused->shots.at(0) : jobs::PlannedShot{};
}

jobs::PlannedShot planned(const std::string& keys, const std::string& tables = "") {
  const auto compiled = one_shot(keys, tables);
  EXPECT_TRUE(compiled.plan.has_value()) << said(compiled);
  return compiled.plan ? compiled.plan->shots.at(0) : jobs::PlannedShot{};
}

TEST(Loras, ArePlannedWholeAndRefusedByNameAndPlace) {
  const std::string keys = "prompt = \"1girl\"\nloras = [{ id = \"genshin\", weight = 0.4 }]\n";
  EXPECT_EQ(said(one_shot(keys)),
            "job.toml:14:10: error: LoRA \"genshin\" can't be rendered yet; leave it out\n");
  const auto shot = refused(keys);
  EXPECT_EQ(shot.prompt_text, "raidenshogundef, 1girl");
  const jobs::FileRef file{"/data/loras/genshin.safetensors",
                           jobs::sha256("/data/loras/genshin.safetensors")};
  EXPECT_EQ(shot.shot.loras, (std::vector{jobs::LoraUse{.file = file, .weight = 0.4, .weight_te = 0.4}}));
  EXPECT_EQ(
      Json::parse(dsl::shot_to_json(shot))["loras"],
      Json({{{"path", file.path}, {"digest", to_hex(file.digest)}, {"weight", 0.4}, {"weight_te", 0.4}}}));
}

TEST(Loras, EachIsRefusedOnceHoweverManyShotsHaveIt) {
  const auto compiled =
      compile_in(with_defaults("loras = [{ id = \"genshin\" }, { path = \"ink\" }]\n" + kLoras +
                               "[[grid]]\nimage = \"labrador.png\"\naxes.seed = [1, 2, 3]\n"));
  EXPECT_EQ(said(compiled),
            "job.toml:5:10: error: LoRA \"genshin\" can't be rendered yet; leave it out\n"
            "job.toml:5:30: error: LoRA \"ink\" can't be rendered yet; leave it out\n");
  ASSERT_TRUE(compiled.refused.has_value());
  EXPECT_EQ(compiled.refused->shots.size(), 3U);
  EXPECT_EQ(compiled.refused->shots[0].shot.loras.at(0).weight, 0.7) << "its own weight";
  EXPECT_EQ(compiled.refused->shots[0].shot.loras.at(1).weight, 1);
}

TEST(Loras, TagsInPromptsAddThemAndAreNoText) {
  EXPECT_EQ(refused("prompt = \"1girl <lora:genshin:0.8>, smiling\"\n").prompt_text,
            "raidenshogundef, 1girl , smiling");
  const auto use = [](const std::string& tag) {
    const auto loras = refused("prompt = \"" + tag + "\"\n").shot.loras;
    return loras.size() == 1 ? std::pair(loras[0].weight_te, loras[0].weight) : std::pair(0.0, 0.0);
  };
  EXPECT_EQ(use("<lora:genshin:0.8>"), (std::pair(0.8, 0.8)));
  EXPECT_EQ(use("<lora:genshin:0.5:0.8>"), (std::pair(0.5, 0.8)));
  EXPECT_EQ(use("<lora:genshin>"), (std::pair(0.7, 0.7)));
  EXPECT_EQ(use("<lora:ink>"), (std::pair(1.0, 1.0)));
}

TEST(Loras, ATagOfOneKeyframeHoldsForTheWholeClip) {
  const auto shot = refused(
      "frames = 32\nprompt.0 = \"sun\"\nprompt.16 = \"rain <lora:genshin:0.8>\"\n"
      "prompt.31 = \"<lora:genshin:0.8> fog\"\n");
  EXPECT_EQ(shot.shot.loras.size(), 1U);
  EXPECT_EQ(shot.prompt_travel.at(0), "raidenshogundef, sun");
  EXPECT_THAT(said(one_shot("prompt.0 = \"<lora:ink:0.8>\"\nprompt.15 = \"<lora:ink:0.5>\"\n")),
              HasSubstr("LoRA \"ink\" is there twice"));
}

TEST(Loras, TriggerWordsCanBeTurnedOff) {
  const std::string keys = "prompt = \"1girl\"\nloras = [{ id = \"genshin\" }]\n";
  EXPECT_EQ(refused(keys + "trigger_words = false\n").prompt_text, "1girl");
  EXPECT_EQ(refused("prompt = \"RaidenShogunDef\"\nloras = [{ id = \"genshin\" }]\n").prompt_text,
            "RaidenShogunDef");
  const std::string list = "[paths]\nloras = \"/data/loras\"\n[loras.x]\npath = \"ink\"\ntrigger = ";
  EXPECT_EQ(refused("prompt = \"b\"\nloras = [{ id = \"x\" }]\n", list + "[\"a\", \"b\"]\n").prompt_text,
            "a, b");
  EXPECT_EQ(refused("prompt = \"b\"\nloras = [{ id = \"x\" }]\n", list + "false\n").prompt_text, "b");
}

TEST(Loras, OneWithoutWeightChangesNoId) {
  const std::string keys = "prompt = \"1girl\"\n";
  const auto plain = planned(keys);
  EXPECT_EQ(planned(keys + "loras = []\nip_adapter_scale = 0\n").id, plain.id);
  EXPECT_EQ(planned(keys + "loras = [{ path = \"/data/loras/ink.safetensors\", weight = 0 }]\n").id,
            plain.id);
  EXPECT_EQ(planned("prompt = \"1girl<lora:genshin:0>\"\n", kLoras).id, plain.id);
  EXPECT_NE(refused(keys + "loras = [{ path = \"ink\", weight = 0, weight_te = 0.5 }]\n").id, plain.id);
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

TEST(Samplers, AllAreKnownByTheirOtherNames) {
  for (const auto& [name, canonical] :
       std::vector<std::pair<std::string, jobs::Sampler>>{{"euler", jobs::Sampler::euler},
                                                          {"Euler", jobs::Sampler::euler},
                                                          {"Euler a", jobs::Sampler::euler_a},
                                                          {"euler_a", jobs::Sampler::euler_a},
                                                          {"k_dpmpp_2m", jobs::Sampler::dpmpp_2m},
                                                          {"DPM++ 2M Karras", jobs::Sampler::dpmpp_2m},
                                                          {"dpmpp_2m", jobs::Sampler::dpmpp_2m},
                                                          {"pndm", jobs::Sampler::pndm}}) {
    EXPECT_EQ(refused("sampler = \"" + name + "\"\n", "").shot.sampler, canonical) << name;
  }
  EXPECT_EQ(planned("scheduler = \"DDIM\"\n").shot.sampler, jobs::Sampler::ddim);
}

TEST(Refused, SingleFileCheckpointsAVaeAndAnIpAdapterArePlanned) {
  const auto file = one_shot("model = \"whole.ckpt\"\n", "");
  EXPECT_THAT(said(file), HasSubstr("job.toml:7:9: error: the single-file checkpoint \"whole.ckpt\" can't be "
                                    "rendered yet; make a folder of it and name that: python3 -c"));
  EXPECT_THAT(said(file), HasSubstr("save_pretrained(sys.argv[2])\" /jobs/whole.ckpt /jobs/whole\n"));
  EXPECT_TRUE(file.refused.has_value());
  const std::string tables = "[models.m]\ncheckpoint = \"unet.safetensors\"\nbase = \"sd15\"\nvae = ";
  const auto shot = refused("model = \"m\"\n", tables + "\"vae.safetensors\"\n");
  EXPECT_EQ(shot.shot.vae, (jobs::FileRef{"/jobs/vae.safetensors", jobs::sha256("/jobs/vae.safetensors")}));
  EXPECT_THAT(said(one_shot("model = \"m\"\n", tables + "\"unet.safetensors\"\n")),
              HasSubstr("holds no VAE"));
  EXPECT_EQ(refused("ip_adapter_scale = 0.5\n", "").shot.ip_adapter->image.path, "/jobs/labrador.png");
  const auto other = refused("ip_adapter_scale = 0.5\nip_adapter_image = \"face\"\n", "");
  EXPECT_EQ(other.shot.ip_adapter->image.path, "/jobs/face.png");
  EXPECT_EQ(Json::parse(dsl::shot_to_json(other))["ip_adapter"]["scale"], 0.5);
}

TEST(Refused, EmbeddingsThatPromptsNameArePlanned) {
  const std::string tables = "[embeddings]\nbad-hands = \"bad-hands.pt\"\nnix = \"bad-hands.pt\"\n";
  const std::string keys = "prompt = \"a\"\nnegative_prompt = \"blur, (Bad-Hands:1.2)\"\n";
  const auto shot = refused(keys, tables);
  ASSERT_EQ(shot.shot.embeddings.size(), 1U);
  EXPECT_EQ(shot.shot.embeddings[0].word, "bad-hands");
  EXPECT_EQ(Json::parse(dsl::shot_to_json(shot))["embeddings"]["bad-hands"]["path"], "/jobs/bad-hands.pt");
  EXPECT_THAT(
      said(one_shot(keys, tables)),
      HasSubstr("job.toml:6:1: error: embedding \"bad-hands\" can't be rendered yet; leave it out\n"));
  EXPECT_EQ(said(one_shot("prompt = \"bad-handsome\"\nnegative_prompt = \"\"\n", tables)),
            "job.toml:6:1: warning: [embeddings.bad-hands] is used by no shot\n"
            "job.toml:7:1: warning: [embeddings.nix] is used by no shot\n");
}

TEST(Refused, BugAPromptOfPrefixesAloneWasLiteral) {
  const std::string tables =
      "[embeddings]\neasy = \"bad-hands.pt\"\n[images.dog]\npath = \"labrador.png\"\nprompt = "
      "\"(easy:1.3)\"\n";
  const auto compiled = compile_in(with_defaults(tables + "[[shot]]\nimage = \"dog\"\n"));
  EXPECT_FALSE(compiled.plan.has_value());
  EXPECT_THAT(said(compiled), HasSubstr("embedding \"easy\" can't be rendered yet"));
}

}  // namespace
}  // namespace pia::tests
