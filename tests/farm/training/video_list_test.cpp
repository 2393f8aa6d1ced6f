// SPDX-License-Identifier: Apache-2.0
#include "farm/training/video_list.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "jobs/core/error.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kHead = "videoid,name,page_dir\n";

std::string refusal(const std::string& text) {
  try {
    parse_video_list(text, "clips.csv");
  } catch (const jobs::InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(VideoList, HasARowAVideo) {
  EXPECT_THAT(
      parse_video_list(kHead + "1,a dog runs,006\n21,\"red, then \"\"blue\"\"\",\n", "clips.csv"),
      ElementsAre(ListedVideo{"1", "a dog runs", "006"}, ListedVideo{"21", "red, then \"blue\"", ""}));
}

TEST(VideoList, TakesColumnsByNameInAnyOrder) {
  EXPECT_THAT(parse_video_list("duration,name,videoid\n3,a dog,7\n", "clips.csv"),
              ElementsAre(ListedVideo{"7", "a dog", ""}));
}

TEST(VideoList, TakesAByteOrderMarkAndAnyLineEnds) {
  const auto expected = ElementsAre(ListedVideo{"1", "a dog", "x"}, ListedVideo{"2", "two\nlines", "y"});
  EXPECT_THAT(
      parse_video_list("\xEF\xBB\xBFvideoid,name,page_dir\r\n1,a dog,x\r\n2,\"two\r\nlines\",y", "clips.csv"),
      expected);
  EXPECT_THAT(parse_video_list("\xEF\xBB\xBF\"videoid\",\"name\",page_dir\n1,a dog,x\n\n2,\"two\nlines\",y\n",
                               "clips.csv"),
              expected);
}

TEST(VideoList, SaysWhichLineIsWrong) {
  EXPECT_EQ(refusal("videoid,page_dir\n1,x\n"),
            "clips.csv:1: there is no column name; the first line has to name the columns: "
            "videoid,name,page_dir");
  EXPECT_THAT(refusal("1,a dog,x\n2,a cat,x\n"), HasSubstr("clips.csv:1: there is no column videoid"));
  EXPECT_EQ(refusal(kHead + "1,a dog,x\n2,red, then blue,x\n"),
            "clips.csv:3: this row has 4 cells, the first line 3; put quotes around a text with separators "
            "in it");
  EXPECT_EQ(refusal(kHead + "1,a dog,x\n2,\"a cat,x\n3,a cow,x\n"),
            "clips.csv:3: a quote opens here and does not close");
  EXPECT_EQ(refusal(kHead + ",a dog,x\n2\n3,4,5,6\n"),
            "clips.csv:2: videoid is empty; name the video, or take the row out (2 more rows are wrong)");
  EXPECT_THAT(refusal(kHead + "1,\"two\nlines\",x\n,a dog,x\n"), HasSubstr("clips.csv:4: videoid is empty"));
}

TEST(VideoList, NamesAVideoAtLeast) {
  for (const std::string& text : {std::string(), std::string("\n\n"), kHead}) {
    EXPECT_THAT(refusal(text), HasSubstr("clips.csv:1: no row names a video; write lines of")) << text;
  }
}

TEST(VideoList, IsReadFromAFile) {
  const tests::TempFolder folder;
  std::ofstream(folder / "clips.csv") << kHead << "1,a dog,x\n";
  EXPECT_EQ(read_video_list(folder / "clips.csv").size(), 1U);
  for (const std::string& path : {folder / "none.csv", folder.path()}) {
    try {
      read_video_list(path);
      FAIL() << path;
    } catch (const jobs::Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(path + ", can't be read; check ")) << path;
    }
  }
}

}  // namespace
}  // namespace pia::farm
