// SPDX-License-Identifier: Apache-2.0
#include "farm/catalog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "jobs/core/error.hpp"
#include "renderer/weights/model.hpp"
#include "tests/farm/commands/program.hpp"
#include "tests/support/sealed_png.hpp"

namespace pia::farm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using tests::file_content;
using tests::safetensors;
using tests::TempFolder;
using tests::write_file;

/// A catalog on a folder of its own, with a digest cache that lasts as long.
struct Shop {
  TempFolder folder;
  DigestCache digests{{.wall_clock_ns = [] { return std::int64_t{0}; }}};
  WholePictures pictures{folder / "pictures"};
  FileCatalog catalog{digests, pictures};
};

/// The tiny model, made once.
const std::string& tiny_model() {
  static const TempFolder folder;
  static const std::string path = [] {
    renderer::write_rule_model(PIA_SOURCE "/jobs/toy", folder / "toy");
    return folder / "toy";
  }();
  return path;
}

TEST(FileCatalog, KnowsFilesFromFoldersAndTakesPipesForNothing) {
  const Shop shop;
  write_file(shop.folder / "file", "x");
  mkfifo((shop.folder / "pipe").c_str(), 0600);
  EXPECT_EQ(shop.catalog.kind(shop.folder / "file"), dsl::Catalog::Kind::file);
  EXPECT_EQ(shop.catalog.kind(shop.folder.path()), dsl::Catalog::Kind::folder);
  EXPECT_EQ(shop.catalog.kind(shop.folder / "pipe"), dsl::Catalog::Kind::none);
  EXPECT_EQ(shop.catalog.kind(shop.folder / "none"), dsl::Catalog::Kind::none);
}

TEST(FileCatalog, ListsNamesInOrderAndNothingForNoFolder) {
  const Shop shop;
  for (const char* name : {"b", "a", "c"}) write_file(shop.folder / name, "");
  EXPECT_THAT(shop.catalog.list(shop.folder.path()), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(shop.catalog.list(shop.folder / "none").empty());
}

TEST(FileCatalog, GivesAPicturesSizeAndDigest) {
  const Shop shop;
  write_file(shop.folder / "dog.png", tests::png(16, 8));
  const auto facts = std::get<dsl::ImageFacts>(shop.catalog.image(shop.folder / "dog.png"));
  EXPECT_EQ(facts.size, (jobs::Size{16, 8}));
  EXPECT_EQ(facts.digest, jobs::sha256(tests::png(16, 8)));
}

TEST(FileCatalog, BugAPicturesSizeAndDigestCameFromTwoReads) {
  Shop shop;
  const std::string path = shop.folder / "dog.png";
  write_file(path, tests::png(16, 8));
  shop.digests.digest(path);
  const auto time = std::filesystem::last_write_time(path);
  ASSERT_EQ(tests::png(8, 16).size(), std::filesystem::file_size(path)) << "else the digest is not kept";
  write_file(path, tests::png(8, 16));
  std::filesystem::last_write_time(path, time);
  const auto facts = std::get<dsl::ImageFacts>(shop.catalog.image(path));
  EXPECT_EQ(facts.size, (jobs::Size{8, 16}));
  EXPECT_EQ(facts.digest, jobs::sha256(tests::png(8, 16)));
}

TEST(FileCatalog, SaysWhatIsWrongWithAPictureThatIsNone) {
  const Shop shop;
  write_file(shop.folder / "dog.png", "no picture at all");
  const auto trouble = std::get<dsl::Trouble>(shop.catalog.image(shop.folder / "dog.png"));
  EXPECT_THAT(trouble.sentence, HasSubstr("dog.png"));
}

/// Headers, lengths and checksums are right; the pixels are not.
std::string ruined_png() {
  std::string png = file_content(PIA_GOLDEN "/images/rgb.png");
  for (std::size_t at = png.find("IDAT") + 14, end = at + 8; at < end; ++at) png[at] = '\xff';
  return tests::sealed_png(png);
}

TEST(FileCatalog, BugAPictureWithRuinedPixelsPassedTheCheckAndFailedInTheNight) {
  const Shop shop;
  write_file(shop.folder / "dog.png", ruined_png());
  const auto trouble = std::get<dsl::Trouble>(shop.catalog.image(shop.folder / "dog.png"));
  EXPECT_THAT(trouble.sentence, HasSubstr("dog.png"));
  EXPECT_THAT(trouble.sentence, HasSubstr("pixel data"));
}

TEST(WholePictures, AreDecodedOnceWhateverTheyAreCalled) {
  const TempFolder folder;
  const std::string bytes = tests::png(16, 8);
  const auto look = [&](WholePictures& pictures, const std::string& name) {
    pictures.require(std::as_bytes(std::span(bytes)), jobs::sha256(bytes), name);
  };
  WholePictures first(folder / "cache/pictures");
  look(first, "dog.png");
  look(first, "cat.png");
  EXPECT_EQ(first.decoded(), 1);
  WholePictures next(folder / "cache/pictures");
  look(next, "dog.png");
  EXPECT_EQ(next.decoded(), 0);
}

TEST(WholePictures, RuinedOnesAndTornLinesAreNotRemembered) {
  const TempFolder folder;
  const std::string bytes = ruined_png();
  const std::string good = tests::png(16, 8);
  write_file(folder / "pictures", to_hex(jobs::sha256(good)).substr(0, 40));
  for (int start = 0; start < 2; ++start) {
    WholePictures pictures(folder / "pictures");
    EXPECT_THROW(pictures.require(std::as_bytes(std::span(bytes)), jobs::sha256(bytes), "dog.png"),
                 jobs::InputError);
    pictures.require(std::as_bytes(std::span(good)), jobs::sha256(good), "cat.png");
    EXPECT_EQ(pictures.decoded(), start == 0 ? 1 : 0);
  }
}

TEST(FileCatalog, EveryShotOfAPlanSeesTheSameFile) {
  const Shop shop;
  write_file(shop.folder / "dog.png", tests::png(16, 8));
  const auto before = std::get<dsl::ImageFacts>(shop.catalog.image(shop.folder / "dog.png"));
  write_file(shop.folder / "dog.png", tests::png(32, 32));
  const auto after = std::get<dsl::ImageFacts>(shop.catalog.image(shop.folder / "dog.png"));
  EXPECT_EQ(before.digest, after.digest);
}

TEST(FileCatalog, AModelFoldersDigestCanBeRecomputedFromItsFiles) {
  const Shop shop;
  const std::string model = tiny_model() + "/model";
  const auto facts = std::get<dsl::ModelFacts>(shop.catalog.model(model));
  std::string lines;
  for (const std::string& name : renderer::model_files(model)) {
    lines += name + std::string(1, '\0') + to_hex(jobs::sha256(file_content(model + "/" + name))) + "\n";
  }
  EXPECT_EQ(facts.digest, jobs::sha256(lines));
  EXPECT_TRUE(facts.has_unet && facts.has_vae && facts.has_text_encoder);
  EXPECT_FALSE(facts.has_motion);
  EXPECT_EQ(facts.vae_factor, 8);
  EXPECT_GT(facts.text_layers, 0);
}

TEST(FileCatalog, KnowsSingleFileCheckpoints) {
  const Shop shop;
  write_file(shop.folder / "a.ckpt", "pickled");
  write_file(shop.folder / "b.safetensors", safetensors("model.diffusion_model.out.2.bias"));
  for (const char* name : {"a.ckpt", "b.safetensors"}) {
    const auto facts = std::get<dsl::ModelFacts>(shop.catalog.model(shop.folder / name));
    EXPECT_TRUE(facts.is_single_file) << name;
    EXPECT_EQ(facts.digest, jobs::sha256(file_content(shop.folder / name)));
    EXPECT_EQ(std::get<jobs::Digest>(shop.catalog.digest(shop.folder / name)), facts.digest);
  }
  write_file(shop.folder / "c.safetensors", safetensors("other"));
  EXPECT_TRUE(std::holds_alternative<dsl::Trouble>(shop.catalog.model(shop.folder / "c.safetensors")));
}

TEST(FileCatalog, WhatTheRendererDoesNotReadIsNotInAModelsDigest) {
  const TempFolder folder;
  std::filesystem::copy(tiny_model() + "/motion", folder / "motion");
  const Shop before;
  const auto first = std::get<dsl::ModelFacts>(before.catalog.model(folder / "motion"));
  write_file(folder / "motion/README.md", "hello");
  const Shop after;
  EXPECT_EQ(std::get<dsl::ModelFacts>(after.catalog.model(folder / "motion")).digest, first.digest);
  EXPECT_TRUE(first.has_motion);
}

TEST(FileCatalog, SaysWhatIsWrongWithAModelThatIsNone) {
  const Shop shop;
  const auto trouble = std::get<dsl::Trouble>(shop.catalog.model(shop.folder.path()));
  EXPECT_THAT(trouble.sentence, HasSubstr(shop.folder.path()));
}

TEST(RuleMade, IsMarkedInTheModelThatTheRuleMakes) {
  EXPECT_TRUE(is_rule_made(tiny_model() + "/model"));
}

TEST(RuleMade, IsNothingElse) {
  const TempFolder folder;
  EXPECT_FALSE(is_rule_made(folder.path()));
  write_file(folder / "model_index.json", "{\"_pia_rule\": 1}");
  EXPECT_FALSE(is_rule_made(folder.path()));
  write_file(folder / "model_index.json", "{\"_pia_ru");
  EXPECT_FALSE(is_rule_made(folder.path()));
}

}  // namespace
}  // namespace pia::farm
