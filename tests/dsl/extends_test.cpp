// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using testing::HasSubstr;

dsl::Compiled compile_over(const MapCatalog& catalog, const std::string& text,
                           const std::vector<std::string>& sets = {}) {
  return dsl::compile(
      {.path = "/jobs/job.toml", .text = text, .working_directory = "/jobs", .sets = sets, .out = ""}, {},
      catalog, {});
}

const std::string kBase =
    "format = 1\n[job]\nname = \"base\"\nseed = 5\n[models.m]\ncheckpoint = \"sd15\"\nsteps = 3\n"
    "[defaults]\nmodel = \"m\"\nmotion = \"/jobs/pia.ckpt\"\nimage = \"own.png\"\ntags = [\"a\", \"b\"]\n"
    "[[shot]]\nseed = 1\n[[shot]]\nseed = 2\n";

MapCatalog with_base() {
  MapCatalog catalog = job_files();
  catalog.file("/jobs/base/base.toml", kBase).sd15("/jobs/base/sd15").image("/jobs/base/own.png", {64, 64});
  return catalog;
}

TEST(Extends, TablesMergeAndArraysReplace) {
  const auto compiled =
      compile_over(with_base(),
                   "extends = \"base/base.toml\"\nformat = 1\n[job]\nname = \"mine\"\n[models.m]\nfps = 9\n"
                   "[defaults]\ntags = [\"c\"]\n[[shot]]\nseed = 7\n");
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  ASSERT_EQ(compiled.plan->shots.size(), 1U);
  const auto& shot = compiled.plan->shots[0];
  EXPECT_EQ(compiled.plan->job_name, "mine");
  EXPECT_EQ(shot.shot.seed, 7U);
  EXPECT_EQ(shot.shot.steps, 3);
  EXPECT_EQ(shot.fps, 9);
  EXPECT_EQ(shot.tags, std::vector<std::string>{"c"});
}

TEST(Extends, RelativePathsStartAtTheFileThatHoldsThem) {
  const auto compiled = compile_over(with_base(), "format = 1\nextends = \"base/base.toml\"\n");
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(compiled.plan->shots.at(0).shot.model.path, "/jobs/base/sd15");
  EXPECT_EQ(compiled.plan->shots.at(0).shot.image.path, "/jobs/base/own.png");
  EXPECT_EQ(compiled.plan->shots.at(0).source, "base.toml:13");
  EXPECT_EQ(compiled.origins.at(0).at("steps"), "base/base.toml:7:9");
}

TEST(Extends, GoesOnOverSeveralFiles) {
  MapCatalog catalog = with_base();
  catalog.file("/jobs/middle.toml", "format = 1\nextends = \"base/base.toml\"\n[defaults]\nfps = 7\n");
  const auto compiled = compile_over(catalog, "format = 1\nextends = \"middle.toml\"\n");
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(compiled.plan->shots.at(1).fps, 7);
  EXPECT_EQ(compiled.plan->shots.at(1).shot.steps, 3);
}

TEST(Extends, SetEditsWhatTheFilesComeTo) {
  const auto compiled =
      compile_over(with_base(), "format = 1\nextends = \"base/base.toml\"\n", {"models.m.steps=4"});
  ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
  EXPECT_EQ(compiled.plan->shots.at(0).shot.steps, 4);
}

TEST(Extends, ACircleIsRefused) {
  MapCatalog catalog = job_files();
  catalog.file("/jobs/a.toml", "format = 1\nextends = \"b.toml\"\n");
  catalog.file("/jobs/b.toml", "format = 1\n\nextends = \"./a.toml\"\n");
  EXPECT_EQ(
      said(compile_over(catalog, "format = 1\nextends = \"a.toml\"\n")),
      "b.toml:3:11: error: extends = \"./a.toml\" comes back to a file that leads here: /jobs/a.toml\n");
  EXPECT_THAT(said(compile_over(catalog, "format = 1\nextends = \"job.toml\"\n")), HasSubstr("comes back"));
}

TEST(Extends, ALongChainIsRefused) {
  MapCatalog catalog = job_files();
  for (int i = 0; i < 100; ++i) {
    catalog.file("/jobs/" + std::to_string(i) + ".toml",
                 "format = 1\nextends = \"" + std::to_string(i + 1) + ".toml\"\n");
  }
  EXPECT_THAT(said(compile_over(catalog, "format = 1\nextends = \"0.toml\"\n")),
              HasSubstr("more than 16 files"));
}

TEST(Extends, WhatIsWrongInTheOtherFileIsSaidThere) {
  MapCatalog catalog = job_files();
  catalog.file("/jobs/base/bad.toml", "format = 1\n[defaults]\nstepz = 1\n");
  catalog.file("/jobs/base/worse.toml", "format = \n");
  EXPECT_THAT(said(compile_over(catalog, "format = 1\nextends = \"base/bad.toml\"\n")),
              HasSubstr("base/bad.toml:3:1: error: unknown key \"stepz\" in [defaults]"));
  EXPECT_THAT(said(compile_over(catalog, "format = 1\nextends = \"base/worse.toml\"\n")),
              HasSubstr("base/worse.toml:1:"));
  EXPECT_THAT(said(compile_over(catalog, "format = 1\nextends = \"nix.toml\"\n")),
              HasSubstr("job.toml:2:11: error: extends = \"nix.toml\": "));
  const auto compiled = compile_over(catalog, "format = 1\nextends = \"base/worse.toml\"\n");
  EXPECT_EQ(compiled.sources.at("base/worse.toml"), "format = \n");
  EXPECT_EQ(compiled.sources.at("job.toml"), "format = 1\nextends = \"base/worse.toml\"\n");
  EXPECT_THAT(said(compile_over(catalog, "format = 1\nextends = 3\n")), HasSubstr("must be the path"));
}

}  // namespace
}  // namespace pia::tests
