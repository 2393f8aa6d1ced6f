// SPDX-License-Identifier: Apache-2.0
#include "farm/report/measures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "farm/report/write.hpp"
#include "tests/farm/report/story.hpp"
#include "tests/support/memory_file_ops.hpp"

namespace pia::farm {
namespace {

using testing::HasSubstr;
using testing::Not;
using tests::Story;

ReportWords words() {
  return {.program = "pia-farm", .render_flags = "", .job_words = "night.toml", .when = [](double) {
            return std::string("Monday");
          }};
}

Story three_measured() {
  Story story;
  story.starts(1).gets(0, "dog").commits("dog", 10, {.psnr = 31.256, .motion = 4});
  story.gets(0, "cat").commits("cat", 10, {.psnr = 12.5, .motion = 0.25});
  return story.gets(0, "cow").commits("cow", 10, {.psnr = 99, .motion = 40});
}

/// `count` clips that moved by 0, 1, 2, ...
RunFacts moving(int count) {
  RunFacts facts;
  for (int i = 0; i < count; ++i)
    facts.shots.push_back(
        {.name = "s" + std::to_string(i), .done = true, .measures = {.motion = static_cast<double>(i)}});
  return facts;
}

TEST(Measures, TheReportTellsLeastMedianAndMostWithTheirShots) {
  const std::string text = report_text(three_measured().facts(), words());
  EXPECT_THAT(text, HasSubstr("\nMeasures of the clips (motion and flicker in 1/255)\n"
                              "  psnr, of 3 clips\n"
                              "    least   12.50 dB  cat\n"
                              "    median  31.26 dB  dog\n"
                              "    most    99.00 dB  cow\n"
                              "    least like the picture: cat 12.50 dB\n"
                              "  motion, of 3 clips\n"
                              "    least   0.25      cat\n"
                              "    median  4.00      dog\n"
                              "    most    40.00     cow\n"
                              "    moved least: cat 0.25\n"
                              "    moved most: cow 40.00\n"));
  EXPECT_THAT(text, Not(HasSubstr("  flicker,")));
  const std::string page = report_html(three_measured().facts(), words());
  EXPECT_THAT(page, HasSubstr("<tr><td>psnr</td><td>12.50 dB<br><span class=\"dim\">cat</span></td>"));
  EXPECT_THAT(page, HasSubstr("<p>moved most: cow 40.00</p>"));
}

TEST(Measures, TheReportOfClipsThatWereNotMeasuredHasNoWordOfThem) {
  EXPECT_THAT(report_text(tests::a_hard_night().facts(), words()), Not(HasSubstr("Measures")));
  EXPECT_THAT(report_html(tests::a_hard_night().facts(), words()), Not(HasSubstr("Measures")));
}

TEST(Measures, AnEndIsATenthOfTheClipsAndFiveAtMost) {
  const auto ends = [](int count) { return metric_facts(moving(count)).at(0).ends; };
  EXPECT_EQ(ends(20).at(0).shots.size(), 2U);
  EXPECT_EQ(ends(20).at(1).shots.at(0).name, "s19");
  EXPECT_EQ(ends(20).at(1).shots.at(1).name, "s18");
  EXPECT_EQ(ends(1000).at(0).shots.size(), 5U);
  EXPECT_TRUE(ends(2).empty());
}

TEST(Measures, ClipsThatAreAllAlikeHaveNoEnds) {
  RunFacts facts = moving(20);
  for (ShotFacts& shot : facts.shots) shot.measures.motion = 3;
  EXPECT_TRUE(metric_facts(facts).at(0).ends.empty());
}

TEST(Measures, OfAnEvenNumberTheMedianIsTheLowerInTheMiddle) {
  EXPECT_EQ(metric_facts(moving(4)).at(0).median.name, "s1");
}

TEST(Measures, OnlyClipsThatAreThereCount) {
  RunFacts facts = moving(4);
  facts.shots[3].done = false;
  EXPECT_EQ(metric_facts(facts).at(0).clips, 3U);
  EXPECT_EQ(metric_facts(facts).at(0).most.name, "s2");
}

TEST(Measures, StatusWhySaysThoseOfTheLastCommit) {
  Story story;
  story.starts(1).gets(0, "dog").commits("dog", 10, {.motion = 1});
  story.starts(1).gets(0, "dog").commits("dog", 10, {.psnr = 30, .flicker = 0.5});
  const RunFacts facts = story.facts();
  EXPECT_THAT(why_text(facts, facts.shots[0], words(), 0),
              HasSubstr("is done\n  psnr 30.00 dB, flicker 0.50\n"));
}

TEST(Measures, TheGalleryTellsThemBelowEachClip) {
  const Story story = three_measured();
  tests::MemoryFileOps disk;
  disk.make_folders("/runs/night");
  write_gallery(disk, story.plan(), story.facts(), "e1-report");
  const auto bytes = disk.read("/runs/night/gallery/index.html");
  const std::string page(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_THAT(page, HasSubstr("<figcaption>psnr 12.50 dB, motion 0.25<details>"));
}

}  // namespace
}  // namespace pia::farm
