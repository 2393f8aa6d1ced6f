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

MapCatalog with_more_files() {
  MapCatalog catalog = job_files();
  const dsl::ModelFacts whole{.digest = {},
                              .has_unet = true,
                              .has_vae = true,
                              .has_text_encoder = true,
                              .text_layers = 12,
                              .is_single_file = true};
  catalog.file("/jobs/bad-hands.pt").model("/jobs/whole.ckpt", whole).image("/jobs/face.png", {64, 64});
  return catalog;
}

dsl::Compiled compile_in(const std::string& text) {
  static const MapCatalog kFiles = with_more_files();
  static const dsl::Tokenizer kTokenizer;
  return dsl::compile(
      {.path = "/jobs/job.toml", .text = text, .working_directory = "/jobs", .sets = {}, .out = ""}, {},
      kFiles, {.tokenizer = &kTokenizer});
}

// One shot with `keys`, after `tables`.
dsl::Compiled one_shot(const std::string& keys, const std::string& tables = "") {
  return compile_in(with_defaults(tables + "[[shot]]\nimage = \"labrador.png\"\n" + keys));
}

// The shot of a plan that is refused only for what can't be rendered yet.
jobs::PlannedShot refused(const std::string& keys, const std::string& tables = "") {
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
