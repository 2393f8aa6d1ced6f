// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "farm/videos.hpp"
#include "jobs/core/recipe.hpp"
#include "tests/support/shot_builder.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using testing::HasSubstr;
using testing::Not;

jobs::PlannedShot labelled() {
  jobs::PlannedShot shot = tests::ShotBuilder{}.planned("travel");
  shot.prompt_text = "spring, \"flowers\"";
  shot.prompt_travel = {{0, "spring, \"flowers\""}, {16, "winter"}};
  shot.negative_prompt_text = "blurry";
  shot.model_id = "toonyou";
  shot.shot.image.path = "/home/me/pictures/Hund l\u00e4uft.png";
  shot.shot.model.path = "/data/models/toonyou.safetensors";
  shot.video_stem = "travel-1";
  return shot;
}

TEST(VideoLabels, BugAVideoKnewTheTokensOfItsPromptAndNotItsWords) {
  EXPECT_EQ(labels_json(labelled()),
            R"({"name":"travel","prompt":{"0":"spring, \"flowers\"","16":"winter"},)"
            R"("negative_prompt":"blurry","image":"Hund läuft.png","model":"toonyou"})");
}

TEST(VideoLabels, StandBeforeTheRecipeWhichStaysAsItIs) {
  const jobs::PlannedShot shot = labelled();
  auto metadata = nlohmann::json::parse(video_metadata(shot));
  EXPECT_EQ(metadata["labels"]["model"], "toonyou");
  metadata.erase("labels");
  EXPECT_EQ(metadata.dump(), jobs::recipe_json(shot.shot));
}

TEST(VideoLabels, TellNothingOfTheMachine) {
  EXPECT_THAT(video_metadata(labelled()), Not(HasSubstr("/home/")));
  EXPECT_THAT(video_metadata(labelled()), Not(HasSubstr("/data/")));
}

TEST(VideoLabels, AreWrittenIntoTheVideoUnlessTheJobWantsNone) {
  const tests::TempFolder folder;
  std::filesystem::create_directories(folder / "lease");
  const jobs::PlannedShot shot = labelled();
  const jobs::Clip clip{.frames = 1, .width = 2, .height = 2, .rgb = std::vector<std::uint8_t>(12)};
  jobs::OutputWishes output{.formats = {jobs::VideoFormat::mp4}};
  const auto written = [&] {
    EXPECT_EQ(make_videos(shot, output, clip, {.run_directory = folder.path(), .epoch = 1}).trouble, "");
    std::ostringstream bytes;
    bytes << std::ifstream(folder / "videos/travel-1.mp4", std::ios::binary).rdbuf();
    return bytes.str();
  };
  EXPECT_THAT(written(), HasSubstr(video_metadata(shot)));
  output.metadata = false;
  EXPECT_THAT(written(), Not(HasSubstr("winter")));
}

TEST(VideoLabels, OthersMakeAVideoStale) {
  jobs::PlannedShot shot = labelled();
  const jobs::OutputWishes output;
  const jobs::Digest before = made_from(shot, output, jobs::VideoFormat::mp4);
  EXPECT_EQ(made_from(shot, output, jobs::VideoFormat::mp4), before);
  shot.model_id = "toonyou beta";
  EXPECT_NE(made_from(shot, output, jobs::VideoFormat::mp4), before);
}

}  // namespace
}  // namespace pia::farm
