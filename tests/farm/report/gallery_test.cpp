// SPDX-License-Identifier: Apache-2.0
#include "farm/report/gallery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "farm/report/html.hpp"
#include "farm/report/write.hpp"
#include "tests/farm/report/story.hpp"
#include "tests/support/memory_file_ops.hpp"

namespace pia::farm {
namespace {

using jobs::GalleryKey;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Look {
  std::string image = "dog";
  std::string model = "toonyou";
  jobs::Magnitude magnitude = jobs::Magnitude::small;
  std::uint64_t seed = 1;
  std::string grid = {};
};

jobs::Plan plan_of(const std::vector<Look>& looks) {
  jobs::Plan plan{.job_name = "night", .out = "/run"};
  int number = 0;
  for (const Look& look : looks) {
    auto shot =
        tests::ShotBuilder{}.model(look.model).seed(look.seed).planned("s" + std::to_string(number++));
    shot.image_id = look.image;
    shot.model_id = look.model;
    shot.magnitude = look.magnitude;
    shot.grid = look.grid;
    plan.shots.push_back(shot);
  }
  return plan;
}

/// images x models x magnitudes x seeds
jobs::Plan night(const std::vector<std::string>& images, const std::vector<std::uint64_t>& seeds) {
  std::vector<Look> looks;
  for (const std::string& image : images) {
    for (const char* model : {"toonyou", "rcnz"}) {
      for (const auto magnitude : {jobs::Magnitude::small, jobs::Magnitude::large}) {
        for (const std::uint64_t seed : seeds) looks.push_back({image, model, magnitude, seed});
      }
    }
  }
  return plan_of(looks);
}

TEST(Gallery, PutsModelsBesideEachOtherAndMagnitudesBelow) {
  const auto pages = gallery_pages(night({"dog"}, {1}));
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_EQ(pages[0].cols, GalleryKey::model);
  EXPECT_EQ(pages[0].rows, GalleryKey::magnitude);
  EXPECT_THAT(pages[0].col_names, ElementsAre("toonyou", "rcnz"));
  EXPECT_THAT(pages[0].row_names, ElementsAre("small", "large"));
  EXPECT_THAT(pages[0].cells[1], ElementsAre(ElementsAre(1), ElementsAre(3)));
}

TEST(Gallery, HasAPageAPictureAndTellsOfEachClipWhatElseDiffers) {
  const auto pages = gallery_pages(night({"dog", "cat"}, {1, 2}));
  ASSERT_EQ(pages.size(), 2U);
  EXPECT_EQ(pages[1].title, "night, image cat");
  EXPECT_THAT(pages[1].told, ElementsAre(GalleryKey::seed));
  EXPECT_THAT(pages[1].cells[0][0], ElementsAre(8, 9));
}

TEST(Gallery, IsLaidOutAsTheJobWishes) {
  jobs::Plan plan = night({"dog", "cat"}, {1, 2});
  plan.output.gallery = {.rows = GalleryKey::image, .cols = GalleryKey::seed, .page = GalleryKey::magnitude};
  const auto pages = gallery_pages(plan);
  ASSERT_EQ(pages.size(), 2U);
  EXPECT_EQ(pages[0].title, "night, magnitude small");
  EXPECT_THAT(pages[0].row_names, ElementsAre("dog", "cat"));
  EXPECT_THAT(pages[0].col_names, ElementsAre("1", "2"));
  EXPECT_THAT(pages[0].told, ElementsAre(GalleryKey::model));
}

TEST(Gallery, OfClipsThatHaveNothingInCommonIsNoTableOfHoles) {
  const auto pages = gallery_pages(plan_of({{"a", "m1", {}, 1}, {"b", "m2", {}, 2}, {"c", "m3", {}, 3}}));
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_FALSE(pages[0].rows || pages[0].cols);
  EXPECT_THAT(pages[0].cells, ElementsAre(ElementsAre(ElementsAre(0, 1, 2))));
}

TEST(Gallery, OfOneKeyIsARowUntilItIsTooLong) {
  std::vector<Look> looks(6);
  for (std::size_t i = 0; i < looks.size(); ++i) looks[i].seed = i;
  EXPECT_EQ(gallery_pages(plan_of(looks))[0].cols, GalleryKey::seed);
  looks.push_back({.seed = 99});
  EXPECT_FALSE(gallery_pages(plan_of(looks))[0].cols);
}

TEST(Gallery, HasAPageAGridUnlessGridsAreCompared) {
  jobs::Plan plan = plan_of({{.grid = "first"}, {.seed = 2, .grid = "second"}});
  EXPECT_EQ(gallery_pages(plan).size(), 2U);
  plan.output.gallery.cols = GalleryKey::grid;
  const auto pages = gallery_pages(plan);
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_THAT(pages[0].col_names, ElementsAre("first", "second"));
}

TEST(Gallery, OfNoShotHasNoPage) {
  EXPECT_TRUE(gallery_pages(jobs::Plan{}).empty());
}

TEST(Gallery, EscapesEveryNameAndEncodesEveryLink) {
  jobs::Plan plan =
      plan_of({{.image = "<script>alert(1)</script>"}, {.model = "\"><b>&\x1b[31m", .seed = 2}});
  plan.job_name = "</title><script>";
  const std::vector<GalleryClip> clips = {{.files = {"videos/a b#%?\"<\xC3\xA9.mp4"}},
                                          {.trouble = "failed: <img src=x>"}};
  const auto pages = gallery_pages(plan);
  const std::string page = gallery_html(plan, pages, 0, clips);
  EXPECT_THAT(page, HasSubstr("src=\"../videos/a%20b%23%25%3F%22%3C%C3%A9.mp4\""));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)"));
  for (const char* hostile : {"<script>alert", "<img src=x", "\"><b>", "</title><script>", "\x1b"})
    EXPECT_THAT(page, Not(HasSubstr(hostile)));
  EXPECT_THAT(page, Not(HasSubstr("http")));
  EXPECT_THAT(gallery_index_html(plan, pages, clips), Not(HasSubstr("</title><script>")));
}

TEST(Gallery, SaysTheWordsThatAUserWrote) {
  jobs::PlannedShot shot = tests::ShotBuilder{}.planned();
  shot.prompt_travel = {{0, "dawn"}, {16, "night"}};
  shot.shot.loras = {{.file = {.path = "/l/ink.safetensors"}, .weight = 0.4, .weight_te = 0.4}};
  shot.shot.guidance_scale = 7.5;
  EXPECT_EQ(gallery_value(GalleryKey::prompt, shot), "0: dawn / 16: night");
  EXPECT_EQ(gallery_value(GalleryKey::loras, shot), "ink@0.4");
  EXPECT_EQ(gallery_value(GalleryKey::guidance_scale, shot), "7.5");
  shot.shot.loras[0].weight_te = 1;
  EXPECT_EQ(gallery_value(GalleryKey::loras, shot), "ink@0.4, text 1");
}

/// A run of `plan` with the videos of these of its shots.
tests::MemoryFileOps disk_with(const jobs::Plan& plan, const std::vector<std::size_t>& videos) {
  tests::MemoryFileOps disk;
  disk.make_folders(plan.out + "/videos");
  for (const std::size_t at : videos)
    disk.create(plan.out + "/videos/" + plan.shots[at].video_stem + ".mp4")->close();
  return disk;
}

std::string text_of(storage::FileOps& disk, const std::string& path) {
  const auto bytes = disk.read(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Gallery, ShowsWhatIsDoneAndSaysWhatBecameOfTheRest) {
  const tests::Story story = tests::a_hard_night();
  tests::MemoryFileOps disk = disk_with(story.plan(), {0, 2});
  write_gallery(disk, story.plan(), story.facts(), "e1-report");
  const std::string page = text_of(disk, "/runs/night/gallery/index.html");
  EXPECT_THAT(page, HasSubstr("1 of 3 clips"));
  EXPECT_THAT(page, HasSubstr("src=\"../videos/dog.mp4\""));
  EXPECT_THAT(page, HasSubstr("pia-farm encode makes it"));
  EXPECT_THAT(page, HasSubstr("failed: picture &quot;cow.png&quot; has changed"));
  EXPECT_THAT(page, Not(HasSubstr("cow.mp4"))) << "a video of what is not done is an old one";
}

TEST(Gallery, LeavesNoPageOfAnEarlierLayoutBehind) {
  jobs::Plan plan = night({"dog", "cat"}, {1});
  tests::MemoryFileOps disk = disk_with(plan, {});
  write_gallery(disk, plan, facts_of(plan, {}), "e1-report");
  EXPECT_THAT(disk.list("/run/gallery"), ElementsAre("index.html", "page-001.html", "page-002.html"));
  plan.output.gallery.page = GalleryKey::motion;
  write_gallery(disk, plan, facts_of(plan, {}), "e1-report");
  EXPECT_THAT(disk.list("/run/gallery"), ElementsAre("index.html"));
}

}  // namespace
}  // namespace pia::farm
