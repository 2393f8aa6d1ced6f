// SPDX-License-Identifier: Apache-2.0
#include "dsl/import/import_job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/dsl/annotated_picture.hpp"
#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using testing::HasSubstr;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::set<std::filesystem::path> inputs_in(const std::string& folder, const std::string& extension) {
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(PIA_GOLDEN + ("/import/" + folder))) {
    if (entry.path().extension() == extension) files.insert(entry.path());
  }
  return files;
}

// PIA's checkout in /pia, AnimateDiff CLI's in /ad, and what the tables and pictures in /jobs name.
MapCatalog checkouts() {
  MapCatalog catalog;
  for (const char* name : {"anya.jpg", "bear.jpg", "concert.png", "genshin.jpg", "harry.png", "labrador.png",
                           "lighthouse.jpg", "majic_girl.jpg"}) {
    catalog.image("/pia/example/img/" + std::string(name), {512, 512});
  }
  for (const char* name : {"rcnzCartoon3d_v10", "realisticVisionV51_v51VAE", "majicmixRealistic_v5"}) {
    catalog.model("/pia/models/DreamBooth_LoRA/" + std::string(name) + ".safetensors",
                  {.digest = {}, .has_unet = true, .has_vae = true, .has_text_encoder = true});
  }
  catalog.sd15("/pia/models/StableDiffusion").motion("/pia/models/PIA/pia.ckpt");
  catalog.file("/pia/example/config/base.yaml", content(PIA_GOLDEN "/import/pia/base.yaml"));
  for (const char* folder : {"/ad", "/jobs"}) {
    catalog.motion(std::string(folder) + "/pia.ckpt").image(std::string(folder) + "/image.png", {512, 512});
  }
  catalog.file("/ad/wildcards/camera.txt", "zoom\n");
  for (const char* lora :
       {"/pia/models/DreamBooth_LoRA/genshin", "/ad/data/share/Lora/muffet_v2",
        "/ad/data/share/Lora/add_detail", "/jobs/fur", "/jobs/genshin", "/jobs/a", "/jobs/ink"}) {
    catalog.file(std::string(lora) + ".safetensors");
  }
  catalog.sd15("/ad/data/share/Stable-diffusion/mistoonAnime_v20.safetensors")
      .sd15("/ad/data/models/sd/toonyou.safetensors");
  for (const char* name : {"model", "toonyou", "toonyou_beta6", "old", "folder"}) {
    catalog.sd15("/jobs/" + std::string(name) + ".safetensors");
  }
  for (const char* name : {"dog", "sub/cat", "1", "2", "3", "4", "6", "7"}) {
    catalog.image("/jobs/" + std::string(name) + ".png", {512, 768});
  }
  return catalog;
}

std::string notes_of(const dsl::Imported& imported) {
  std::string text;
  for (const dsl::Diagnostic& note : imported.notes) text += to_string(note) + "\n";
  return text;
}

// What compiling the job complains of as an error, where the files it names exist.
std::string errors_of(const std::string& toml, const std::string& folder) {
  static const MapCatalog kFiles = checkouts();
  static const dsl::Tokenizer kTokenizer;
  const dsl::Compiled compiled = dsl::compile(
      {.path = folder + "/job.toml", .text = toml, .working_directory = folder, .sets = {}, .out = ""},
      jobs::Site{}, kFiles, {.tokenizer = &kTokenizer});
  return compiled.plan ? "" : said(compiled) + "in\n" + toml;
}

// $PIA_WRITE_GOLDEN: writes what comes out, to be read before it is committed.
void expect_as_written(const std::filesystem::path& path, const std::string& actual) {
  const bool is_to_be = !actual.empty();
  if (std::getenv("PIA_WRITE_GOLDEN") != nullptr) {
    std::filesystem::remove(path);
    if (is_to_be) std::ofstream(path, std::ios::binary) << actual;
  }
  EXPECT_EQ(std::filesystem::exists(path), is_to_be) << path;
  EXPECT_EQ(actual, content(path)) << path;
}

void expect_golden(const std::filesystem::path& input, const dsl::Imported& imported,
                   const std::string& folder) {
  expect_as_written(std::filesystem::path(input).replace_extension(".toml"), imported.toml.value_or(""));
  expect_as_written(std::filesystem::path(input).replace_extension(".notes"), notes_of(imported));
  EXPECT_EQ(imported.toml ? errors_of(*imported.toml, folder) : "", "") << input;
}

void expect_all_golden(const std::string& kind, const std::string& extension,
                       const std::string& source_folder, const std::string& job_folder) {
  static const MapCatalog kFiles = checkouts();
  for (const auto& input : inputs_in(kind, extension)) {
    const std::string name = input.filename();
    const dsl::Imported imported =
        dsl::import_job({.path = source_folder + "/" + name, .shown = name, .text = content(input)},
                        {.job_folder = job_folder, .working_directory = job_folder}, kFiles);
    expect_golden(input, imported, job_folder);
  }
}

TEST(Import, EachOfPiasConfigsIsThisJob) {
  EXPECT_GE(inputs_in("pia", ".yaml").size(), 17U);
  expect_all_golden("pia", ".yaml", "/pia/example/config", "/pia");
}

TEST(Import, APromptTravelIsThisJob) {
  expect_all_golden("travel", ".json", "/ad/config/prompts", "/ad");
}

TEST(Import, ATableIsThisJob) {
  expect_all_golden("csv", ".csv", "/jobs", "/jobs");
}

TEST(Import, AnnotatedPicturesAreThisJob) {
  std::vector<dsl::AnnotatedPicture> pictures;
  for (const auto& input : inputs_in("infotext", ".txt")) {
    const std::string name = input.stem().string() + ".png";
    pictures.push_back({.path = "/jobs/" + name, .shown = name, .infotext = content(input)});
  }
  const std::map<dsl::ModelName, std::string> models = {
      {{.hash = "e3edb8a26f", .name = "toonyou_beta6"}, "/jobs/toonyou.safetensors"}};
  const dsl::Imported imported = dsl::import_pictures(
      pictures, models, {.job_folder = "/jobs", .working_directory = "/jobs", .motion = "/jobs/pia.ckpt"});
  expect_golden(PIA_GOLDEN "/import/infotext/all", imported, "/jobs");
}

TEST(Import, PathsStartAtTheJobFile) {
  static const MapCatalog kFiles = checkouts();
  const auto toml_in = [&](const std::string& folder) {
    return *dsl::import_job({.path = "/pia/example/config/harry.yaml",
                             .shown = "harry.yaml",
                             .text = content(PIA_GOLDEN "/import/pia/harry.yaml")},
                            {.job_folder = folder, .working_directory = folder}, kFiles)
                .toml;
  };
  EXPECT_THAT(toml_in("/pia/jobs"), HasSubstr("\"../models/PIA/pia.ckpt\""));
  EXPECT_THAT(toml_in("/far/away/from/there"), HasSubstr("\"/pia/models/PIA/pia.ckpt\""));
  EXPECT_EQ(errors_of(toml_in("/pia/jobs"), "/pia/jobs"), "");
  EXPECT_EQ(errors_of(toml_in("/far/away/from/there"), "/far/away/from/there"), "");
}

TEST(Import, WhatTheSourceHasNoWordForComesFromTheCommandLine) {
  static const MapCatalog kFiles = checkouts();
  const dsl::Imported imported = dsl::import_job(
      {.path = "/jobs/a.csv", .shown = "a.csv", .text = "model,prompt\ntoonyou.safetensors,x\n"},
      {.job_folder = "/jobs",
       .working_directory = "/jobs",
       .image = "/jobs/dog.png",
       .motion = "/jobs/pia.ckpt"},
      kFiles);
  EXPECT_EQ(notes_of(imported), "");
  EXPECT_THAT(*imported.toml, HasSubstr("image = \"dog.png\"\n"));
}

dsl::Imported import_text(const std::string& text) {
  static const MapCatalog kFiles = checkouts();
  return dsl::import_job({.path = "/jobs/x", .shown = "x", .text = text},
                         {.job_folder = "/jobs", .working_directory = "/jobs"}, kFiles);
}

TEST(Import, BugTwoPicturesOfOneStemGotTheSameName) {
  const std::string settings = "a dog\nSteps: 20, Seed: 7";
  const auto imported = dsl::import_pictures(
      {{.path = "/jobs/dog.jpg", .shown = "dog.jpg", .infotext = settings},
       {.path = "/jobs/dog.png", .shown = "dog.png", .infotext = settings}},
      {}, {.job_folder = "/jobs", .working_directory = "/jobs", .motion = "/jobs/pia.ckpt"});
  EXPECT_THAT(*imported.toml, HasSubstr("name = \"dog\"\n"));
  EXPECT_THAT(*imported.toml, HasSubstr("name = \"dog.png\"\n"));
}

TEST(Import, BugLorasOfAPromptAndAColumnWereTwoLinesOfOneKey) {
  const auto imported = import_text(
      "image,prompt,negative_prompt,model,loras\ndog.png,x <lora:fur:0.5:0.8>,y "
      "<lora:a:1>,toonyou.safetensors,ink.safetensors\n");
  EXPECT_THAT(*imported.toml,
              HasSubstr("loras = [\n  { path = \"fur.safetensors\", weight = 0.8, weight_te = 0.5 },\n"
                        "  { path = \"ink.safetensors\", weight = 1.0 },\n]\n"));
  EXPECT_EQ(imported.toml->find("loras ="), imported.toml->rfind("loras ="));
  EXPECT_THAT(notes_of(imported), HasSubstr("the LoRAs of negative_prompt are left out"));
}

TEST(Import, ATablesLorasAreNamesAndWeights) {
  const auto imported =
      import_text("image,prompt,model,loras\ndog.png,x,toonyou.safetensors,ink; genshin:0.8\n");
  EXPECT_THAT(*imported.toml, HasSubstr("loras = [\n  { path = \"ink.safetensors\", weight = 1.0 },\n"
                                        "  { path = \"genshin.safetensors\", weight = 0.8 },\n]\n"));
}

TEST(Import, BugAnEmptyNegativePromptShiftedThoseBehindIt) {
  const auto imported = import_text(
      "generate:\n  db_path: a.safetensors\nprompts: [[one], [two]]\nn_prompt: [null, bad]\n"
      "validation_data:\n  input_name: dog\n");
  ASSERT_TRUE(imported.toml.has_value()) << notes_of(imported);
  EXPECT_LT(imported.toml->find("prompt = \"two\""), imported.toml->find("negative_prompt = \"bad\""));
}

TEST(Import, HostileBytesAreToldByLine) {
  using testing::StartsWith;
  const auto said_of = [](const std::string& text) { return notes_of(import_text(text)); };
  EXPECT_THAT(said_of("generate:\n  a: \xff"), StartsWith("x:2:6: error: this byte is not UTF-8"));
  EXPECT_THAT(said_of(std::string("image,seed\na\0b,1\n", 17)),
              StartsWith("x:2:2: error: this is a zero byte"));
  EXPECT_THAT(said_of(std::string((1U << 20U) + 1, 'a')), HasSubstr("larger than 1 MiB"));
  EXPECT_THAT(said_of(" \n"), HasSubstr("the file is empty"));
  EXPECT_THAT(said_of("format = 1\n"), HasSubstr("none of what import reads"));
}

TEST(Import, DeepAndWideInputsEndSoon) {
  constexpr std::size_t kMost = std::size_t{1} << 18U;
  const auto repeated = [](const std::string& piece) {
    std::string text;
    while (text.size() + piece.size() < kMost) text += piece;
    return text;
  };
  for (const std::string& text :
       {repeated("["), repeated("{"), repeated("{a: "), repeated("- "), repeated("? "),
        repeated("a: &a [*a, "), "prompts: " + repeated("[[["), "{\"path\": " + repeated("{\"a\":"),
        "image,prompt\n" + repeated("\"\n"), "prompts: " + repeated("\n- a"),
        "image,prompt\n" + repeated("\"\"\"\n,"), repeated("!a "), repeated("a\n\n"), repeated("|\n "),
        "\"" + repeated("\\\n"), repeated("&a "), repeated(": ")}) {
    const dsl::Imported imported = import_text(text);
    EXPECT_FALSE(imported.toml.has_value()) << text.substr(0, 20);
    EXPECT_FALSE(imported.notes.empty());
    EXPECT_LE(imported.notes.size(), 1001U);
  }
}

TEST(Import, EveryControlCharacterComesBackAsItWas) {
  std::string prompt = "\"\\\n\t";
  for (char c = 1; c < 0x20; ++c) {
    if (c != '\r') prompt += c;
  }
  std::string cell;
  for (const char c : prompt) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
  const dsl::Imported imported = import_text(
      "image,model,motion,prompt,prompt_syntax\ndog,toonyou.safetensors,pia.ckpt,\"" + cell + "\",plain\n");
  ASSERT_TRUE(imported.toml.has_value()) << notes_of(imported);
  static const MapCatalog kFiles = checkouts();
  const dsl::Compiled compiled = dsl::compile(
      {.path = "/jobs/job.toml", .text = *imported.toml, .working_directory = "/jobs", .sets = {}, .out = ""},
      jobs::Site{}, kFiles, {});
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(compiled.plan->shots.at(0).prompt_text, prompt);
}

TEST(Infotext, IsFoundInEveryFormThatIsWritten) {
  const std::string latin = "a caf\xe9";
  const std::string text = "a café 😀";
  EXPECT_EQ(dsl::infotext_of(png_with("tEXt", std::string("parameters\0", 11) + latin)), "a café");
  EXPECT_EQ(dsl::infotext_of(png_with("iTXt", std::string("parameters\0\0\0\0\0", 15) + text)), text);
  EXPECT_EQ(dsl::infotext_of(png_with("tEXt", std::string("Comment\0", 8) + latin)), std::nullopt);
  EXPECT_EQ(dsl::infotext_of(png_with("iTXt", std::string("parameters\0\1\0\0\0", 15) + text)), std::nullopt);
  EXPECT_EQ(dsl::infotext_of(jpeg_with(std::string("UNICODE\0\0a\0 \0c\xd8\x3d\xde\0", 18))), "a c😀");
  EXPECT_EQ(dsl::infotext_of(jpeg_with(std::string("UNICODE\0a\0 \0c\0\x3d\xd8\0\xde", 18))), "a c😀");
  EXPECT_EQ(dsl::infotext_of(jpeg_with(std::string("ASCII\0\0\0abc", 11))), "abc");
  EXPECT_EQ(dsl::infotext_of(webp_with(std::string("ASCII\0\0\0abc", 11))), "abc");
  EXPECT_EQ(dsl::infotext_of(png_with("IDAT", "")), std::nullopt);
  EXPECT_EQ(dsl::infotext_of("GIF89a"), std::nullopt);
}

TEST(Infotext, APictureMayEndAnywhere) {
  for (const std::string& whole :
       {png_with("tEXt", std::string("parameters\0abc", 14)), jpeg_with(std::string("UNICODE\0\0a\0b", 12)),
        webp_with(std::string("ASCII\0\0\0abc", 11))}) {
    for (std::size_t size = 0; size < whole.size(); ++size) dsl::infotext_of(whole.substr(0, size));
  }
}

TEST(Infotext, TheModelIsNamedByTheBeginningOfItsDigest) {
  const auto model = [](const std::string& rest) {
    return dsl::model_named_in("x\nSteps: 1, Seed: 2, Size: 8x8" + rest);
  };
  EXPECT_EQ(model(", Model hash: E3EDB8A26F, Model: a"), (dsl::ModelName{.hash = "e3edb8a26f", .name = "a"}));
  EXPECT_EQ(model(", Model hash: 7f96a1a9"), dsl::ModelName{});
  EXPECT_EQ(model(", Model: x/b.ckpt"), (dsl::ModelName{.hash = "", .name = "b"}));
}

}  // namespace
}  // namespace pia::tests
