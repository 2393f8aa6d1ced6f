// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Words = std::vector<std::string>;

template <class Options>
Options read(const Words& words) {
  return std::get<Options>(parse_command_line(words));
}

std::string refusal(const Words& words) {
  try {
    parse_command_line(words);
  } catch (const jobs::Error& error) {
    EXPECT_EQ(error.code(), jobs::ExitCode::bad_usage);
    return error.what();
  }
  return "";
}

TEST(CommandLine, TakesRunForTheVerbWhereNoneIsGiven) {
  EXPECT_EQ(read<RunOptions>({"jobs/a.toml"}).job.target, "jobs/a.toml");
  EXPECT_EQ(read<RunOptions>({"run", "jobs/a.toml"}).job.target, "jobs/a.toml");
  EXPECT_EQ(read<RunOptions>({"--workers", "3", "jobs/a.toml"}).workers, 3);
}

TEST(CommandLine, KeepsTheOrderOfSets) {
  const auto run =
      read<RunOptions>({"a.toml", "--set", "steps=4", "--set=prompt=\"a, b\"", "--out", "there"});
  EXPECT_THAT(run.job.sets, ElementsAre("steps=4", "prompt=\"a, b\""));
  EXPECT_EQ(run.job.out, "there");
}

TEST(CommandLine, ASetTakesOneWordOnly) {
  const auto run = read<RunOptions>({"--set", "steps=4", "a.toml"});
  EXPECT_THAT(run.job.sets, ElementsAre("steps=4"));
  EXPECT_EQ(run.job.target, "a.toml");
  EXPECT_EQ(read<RunOptions>({"--set", "steps=4", "a.toml", "--quiet"}).job.target, "a.toml");
}

TEST(CommandLine, ReadsTheVoice) {
  EXPECT_EQ(read<RunOptions>({"a.toml", "--quiet"}).voice, Voice::quiet);
  EXPECT_EQ(read<RunOptions>({"a.toml", "--json"}).voice, Voice::json);
  EXPECT_THAT(refusal({"a.toml", "--json", "--quiet"}), HasSubstr("exclude each other"));
}

TEST(CommandLine, ATypoInAVerbGetsTheNearestOne) {
  EXPECT_THAT(refusal({"chekc", "a.toml"}), HasSubstr("did you mean \"check\"?"));
  EXPECT_THAT(refusal({"stauts"}), HasSubstr("did you mean \"status\"?"));
  EXPECT_THAT(refusal({"resume"}), HasSubstr("did you mean \"run\"?"));
}

TEST(CommandLine, AVerbOfLaterIsRefusedByName) {
  for (const char* verb : {"inspect", "eval"}) {
    EXPECT_THAT(refusal({verb, "a.toml"}), HasSubstr(std::string(verb) + " is not built yet"));
  }
}

TEST(CommandLine, AnUnknownFlagGetsTheNearestOne) {
  EXPECT_THAT(refusal({"a.toml", "--worker", "2"}), HasSubstr("did you mean --workers?"));
  EXPECT_THAT(refusal({"check", "a.toml", "--jsno"}), HasSubstr("check has no flag --jsno"));
}

TEST(CommandLine, WhatIsMissingOrTooMuchIsNamed) {
  EXPECT_THAT(refusal({}), HasSubstr("pia-farm jobs/quickstart.toml"));
  EXPECT_THAT(refusal({"check"}), HasSubstr("check needs JOB"));
  EXPECT_THAT(refusal({"check", "a.toml", "b.toml"}), HasSubstr("\"b.toml\" is one word too many"));
  EXPECT_THAT(refusal({"render", "a.toml"}), HasSubstr("needs --shot"));
  EXPECT_THAT(refusal({"a.toml", "--workers", "0"}), HasSubstr("--workers"));
  EXPECT_THAT(refusal({"a.toml", "--workers", "many"}), HasSubstr("--workers"));
  EXPECT_THAT(refusal({"a.toml", "--out"}), HasSubstr("--out"));
}

TEST(CommandLine, ARendererThatIsNoneIsRefused) {
  EXPECT_THAT(refusal({"a.toml", "--renderer", "blender"}), HasSubstr("it can be torch, fake"));
  EXPECT_THAT(refusal({"a.toml", "--renderer", "fake:explode"}), HasSubstr("explode"));
  EXPECT_EQ(read<RunOptions>({"a.toml", "--renderer=fake:crash@3:1"}).renderer, "fake:crash@3:1");
}

std::string all_help() {
  std::string text = help_text();
  for (const char* verb :
       {"run", "train", "check", "plan", "status", "submit", "encode", "gallery", "render", "verify",
        "journal", "watch", "gc", "schema", "import", "toy-model", "toy-pictures"}) {
    text += "\n---- " + std::string(verb) + "\n" + read<ShowText>({"help", verb}).text;
  }
  return text;
}

// After a change on purpose: PIA_UPDATE_GOLDEN=1 commands_test.
TEST(Help, IsWhatIsKept) {
  const std::string path = std::string(PIA_GOLDEN) + "/help.txt";
  if (std::getenv("PIA_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << all_help();
  std::ifstream file(path, std::ios::binary);
  EXPECT_EQ(all_help(), std::string(std::istreambuf_iterator<char>(file), {}));
}

TEST(Help, IsOneScreenAndNoLineIsTooLong) {
  const std::string text = help_text();
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 32);
  std::size_t start = 0;
  for (std::size_t end; (end = all_help().find('\n', start)) != std::string::npos; start = end + 1) {
    EXPECT_LE(end - start, 104U) << all_help().substr(start, end - start);
  }
}

TEST(Help, BugItNamedNeitherSetupNorTestOfACheckout) {
  EXPECT_THAT(help_text(), HasSubstr("\n  setup, test   in a checkout"));
}

TEST(Help, IsTheSameHoweverItIsAskedFor) {
  const std::string text = read<ShowText>({"help", "run"}).text;
  EXPECT_EQ(read<ShowText>({"run", "--help"}).text, text);
  EXPECT_EQ(read<ShowText>({"run", "a.toml", "-h"}).text, text);
  EXPECT_EQ(read<ShowText>({"--help"}).text, read<ShowText>({"help"}).text);
}

}  // namespace
}  // namespace pia::farm
