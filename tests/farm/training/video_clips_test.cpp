// SPDX-License-Identifier: Apache-2.0
#include "farm/training/video_clips.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>

#include "farm/media/affinity.hpp"
#include "farm/media/video.hpp"
#include "farm/training/clip_cut.hpp"
#include "jobs/core/error.hpp"
#include "renderer/training/affinity.hpp"
#include "renderer/training/toy/scene.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

/// Frame f is grey of value 2 f + 20, brighter by 30 on the right; red tells which video it is.
jobs::Clip counting_clip(int frames, jobs::Size size, int video) {
  jobs::Clip clip{frames, size.width, size.height, {}};
  for (int f = 0; f < frames; ++f) {
    for (int y = 0; y < size.height; ++y) {
      for (int x = 0; x < size.width; ++x) {
        const int value = 20 + 2 * f + (2 * x >= size.width ? 30 : 0);
        clip.rgb.insert(clip.rgb.end(), {static_cast<std::uint8_t>(40 * video),
                                         static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value)});
      }
    }
  }
  return clip;
}

// A list and a folder of videos, and the training that learns from them.
class VideoClipsTest : public testing::Test {
 protected:
  VideoClipsTest() {
    data.videos = folder / "clips.csv";
    data.folder = folder / "videos";
    data.width = data.height = 16;
    data.stride = 2;
    denoiser.frames = 4;
    std::filesystem::create_directory(data.folder);
  }

  std::string file(const std::string& videoid) const { return data.folder + "/" + videoid + ".mp4"; }

  void list(const std::string& videoid, const std::string& caption, const std::string& page_dir = "") {
    rows_ += videoid + "," + caption + "," + page_dir + "\n";
    std::ofstream(data.videos) << rows_;
  }
  void add(int number, int frames = 24, jobs::Size size = {32, 24}) {
    const std::string videoid = std::to_string(number);
    list(videoid, "video " + videoid);
    write_video(counting_clip(frames, size, number), {.path = file(videoid), .crf = 4});
  }

  VideoClips clips(std::size_t bytes_kept = VideoSet{}.bytes_kept) {
    told.clear();
    return {data,
            denoiser,
            {.notice = [this](const std::string& sentence) { told.push_back(sentence); },
             .bytes_kept = bytes_kept}};
  }
  std::string refusal() {
    try {
      clips();
    } catch (const jobs::InputError& error) {
      return error.what();
    }
    return "no error";
  }

  const tests::TempFolder folder;
  jobs::ClipData data;
  jobs::DenoiserTraining denoiser;
  std::vector<std::string> told;

 private:
  std::string rows_ = "videoid,name,page_dir\n";
};

// Green of a pixel in the darker half: of frame f in the video it is 20 + 2 f.
int darker(const jobs::Clip& clip, int frame) {
  const std::size_t row = clip.frame_bytes() * static_cast<std::size_t>(frame) +
                          clip.frame_bytes() / static_cast<std::size_t>(clip.height) * 8;
  return std::min(clip.rgb[row + 3 * 2 + 1], clip.rgb[row + 3 * 13 + 1]);
}
bool is_mirrored(const jobs::Clip& clip) {
  return clip.rgb[3 * 2 + 1] > clip.rgb[3 * 13 + 1];
}
int video_of(const renderer::Example& example) {
  return example.caption.back() - '0';
}

bool same(const renderer::Example& a, const renderer::Example& b) {
  return a.clip == b.clip && a.caption == b.caption && a.affinity == b.affinity &&
         a.condition_frame == b.condition_frame;
}

TEST(ClipFrames, AreSpreadOverAWindowAsTheReleasedCodeSpreadsThem) {
  const ClipCut cut{.frames = 16, .stride = 4};
  EXPECT_THAT(clip_frames(cut, 1000, 0),
              ElementsAre(0, 4, 8, 12, 16, 21, 25, 29, 33, 37, 42, 46, 50, 54, 58, 63));
  EXPECT_EQ(clip_frames(cut, 1000, 0.9999999).back(), 998) << "begins in 0 .. 1000 - 64 - 1";
  EXPECT_EQ(clip_frames(cut, 65, 0.9999999).front(), 0);
  EXPECT_EQ(clip_frames(cut, 66, 0.9999999).front(), 1);
}

TEST(ClipFrames, OfAShortVideoAreSpreadOverTheWholeOfIt) {
  EXPECT_THAT(clip_frames({.frames = 4, .stride = 4}, 10, 0.7), ElementsAre(0, 3, 6, 9));
  EXPECT_THAT(clip_frames({.frames = 4, .stride = 4}, 4, 0.7), ElementsAre(0, 1, 2, 3));
}

TEST(ClipFrames, OfAStillIsAnyFrame) {
  EXPECT_THAT(clip_frames({.frames = 1, .stride = 4}, 10, 0), ElementsAre(0));
  EXPECT_THAT(clip_frames({.frames = 1, .stride = 4}, 10, 0.9999999), ElementsAre(9));
}

TEST_F(VideoClipsTest, AreFramesAtTheStrideWithTheCaptionOfTheirVideo) {
  add(1);
  add(2);
  const VideoClips source = clips();
  for (std::uint64_t index = 0; index < 20; ++index) {
    const renderer::Example example = source.example(index);
    ASSERT_EQ(example.clip.frames, 4);
    EXPECT_NEAR(example.clip.rgb[0], 40 * video_of(example), 8);
    const int first = darker(example.clip, 0);
    EXPECT_GE(first, 18);
    EXPECT_LE(first, 20 + 2 * (24 - 8 - 1) + 2);
    // 0, 2, 4, 7 of eight frames.
    EXPECT_NEAR(darker(example.clip, 1) - first, 4, 3);
    EXPECT_NEAR(darker(example.clip, 2) - first, 8, 3);
    EXPECT_NEAR(darker(example.clip, 3) - first, 14, 3);
  }
  EXPECT_TRUE(told.empty());
}

TEST_F(VideoClipsTest, BeginAnywhereInAnyVideoAndHalfAreMirrored) {
  add(1);
  add(2);
  const VideoClips source = clips();
  std::set<int> beginnings;
  int of_first = 0;
  int mirrored = 0;
  for (std::uint64_t index = 0; index < 200; ++index) {
    const renderer::Example example = source.example(index);
    beginnings.insert(darker(example.clip, 0) / 2);
    of_first += video_of(example) == 1 ? 1 : 0;
    mirrored += is_mirrored(example.clip) ? 1 : 0;
  }
  EXPECT_GE(beginnings.size(), 14U);
  EXPECT_NEAR(of_first, 100, 30);
  EXPECT_NEAR(mirrored, 100, 30);
  data.mirror = false;
  const VideoClips as_they_are = clips();
  for (std::uint64_t index = 0; index < 20; ++index) {
    EXPECT_FALSE(is_mirrored(as_they_are.example(index).clip));
  }
}

TEST_F(VideoClipsTest, AreCroppedAboutTheMiddle) {
  data.width = 8;
  data.height = 16;
  list("1", "corners");
  jobs::Clip clip{4, 64, 32, {}};
  for (int i = 0; i < 4 * 32 * 64; ++i) {
    const bool is_middle = i % 64 >= 24 && i % 64 < 40;
    clip.rgb.insert(clip.rgb.end(), 3, is_middle ? std::uint8_t{200} : std::uint8_t{20});
  }
  write_video(clip, {.path = file("1"), .crf = 4});
  const renderer::Example example = clips().example(0);
  EXPECT_EQ(example.clip.width, 8);
  EXPECT_EQ(example.clip.height, 16);
  for (std::size_t x = 1; x < 7; ++x) EXPECT_NEAR(example.clip.rgb[3 * (8 * 8 + x)], 200, 12) << x;
}

TEST_F(VideoClipsTest, OfAnIndexAreTheSameInEveryProcessAndOrder) {
  add(1);
  add(2, 60, {48, 32});
  std::ofstream(data.folder + "/3.mp4") << "no video";
  list("3", "video 3");
  denoiser.condition_frame = jobs::ConditionFrame::random;
  const VideoClips source = clips();
  std::vector<renderer::Example> examples;
  for (std::uint64_t index = 0; index < 30; ++index) examples.push_back(source.example(index));
  const VideoClips another = clips();
  const VideoClips without_memory = clips(0);
  for (std::uint64_t index = 30; index-- > 0;) {
    EXPECT_TRUE(same(another.example(index), examples[index])) << index;
    EXPECT_TRUE(same(without_memory.example(index), examples[index])) << index;
  }
  data.seed = 1;
  const VideoClips reseeded = clips();
  int others = 0;
  for (std::uint64_t index = 0; index < 30; ++index) {
    others += same(reseeded.example(index), examples[index]) ? 0 : 1;
  }
  EXPECT_GT(others, 25);
}

TEST_F(VideoClipsTest, OfAnIndexAreTheSameOnAnyThread) {
  add(1);
  add(2);
  list("3", "video 3");
  const VideoClips source = clips();
  const VideoClips shared = clips();
  std::vector<std::future<renderer::Example>> together;
  for (std::uint64_t index = 0; index < 16; ++index) {
    together.push_back(std::async(std::launch::async, [&shared, index] { return shared.example(index); }));
  }
  for (std::uint64_t index = 0; index < 16; ++index) {
    EXPECT_TRUE(same(together[index].get(), source.example(index))) << index;
  }
  EXPECT_EQ(told.size(), 1U);
}

TEST_F(VideoClipsTest, OfASmallSetAreDecodedOnce) {
  add(1);
  const VideoClips source = clips();
  const renderer::Example before = source.example(5);
  std::filesystem::remove(file("1"));
  EXPECT_TRUE(same(source.example(5), before));
  EXPECT_EQ(source.example(6).clip.frames, 4);
}

TEST_F(VideoClipsTest, OfVideosThatCannotBeUsedAreDrawnFromOthersAndThatIsToldOnce) {
  add(1);
  add(2, 3);
  list("3", "video 3");
  list("4", "video 4");
  std::ofstream(file("4")) << "";
  const VideoClips source = clips();
  for (std::uint64_t index = 0; index < 50; ++index) EXPECT_EQ(video_of(source.example(index)), 1);
  EXPECT_THAT(told, UnorderedElementsAre(
                        "video " + file("2") +
                            " has 3 frames, and a clip of this training 4; take it out of the list, or "
                            "lower train.frames; training goes on without it",
                        "video " + file("3") + " is not there; check its path; training goes on without it",
                        "video " + file("4") +
                            " is empty; copy it again from where it came from; training goes on without it"));
}

// Its frames are there, but those behind the middle can't be decoded.
TEST_F(VideoClipsTest, OfADamagedVideoAreToldOnceAndTheSameWhateverWasDrawnBefore) {
  add(1);
  add(2, 200);
  std::fstream damaged(file("2"), std::ios::binary | std::ios::in | std::ios::out);
  damaged.seekp(static_cast<std::streamoff>(std::filesystem::file_size(file("2")) / 2));
  damaged << std::string(400, '\x5A');
  damaged.close();
  for (const std::size_t kept : {VideoSet{}.bytes_kept, std::size_t{0}}) {
    const VideoClips source = clips(kept);
    std::vector<renderer::Example> examples;
    for (std::uint64_t index = 0; index < 40; ++index) examples.push_back(source.example(index));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_THAT(told[0], HasSubstr("2.mp4 is damaged: frame "));
    const VideoClips another = clips(kept);
    for (std::uint64_t index = 40; index-- > 0;) {
      EXPECT_TRUE(same(another.example(index), examples[index])) << index;
    }
    const auto of_damaged =
        std::ranges::count_if(examples, [](const auto& example) { return video_of(example) == 2; });
    EXPECT_TRUE(kept == 0 ? of_damaged > 0 && of_damaged < 20 : of_damaged == 0) << of_damaged;
  }
}

TEST_F(VideoClipsTest, OfManyVideosThatCannotBeUsedTwentyAreNamedAndThenCounted) {
  add(1);
  for (int i = 100; i < 185; ++i) list(std::to_string(i), "missing");
  const VideoClips source = clips();
  for (std::uint64_t index = 0; index < 100; ++index) EXPECT_EQ(video_of(source.example(index)), 1);
  ASSERT_EQ(told.size(), 22U);
  EXPECT_THAT(told[19], HasSubstr("is not there"));
  EXPECT_EQ(told[20], "so far 40 videos can't be used; the first 20 were named");
  EXPECT_EQ(told[21], "so far 80 videos can't be used; the first 20 were named");
}

TEST_F(VideoClipsTest, OfNoVideoAtAllAreRefusedAtOnce) {
  list("1", "missing");
  list("2", "missing");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("none of the 2 videos that " + data.videos + " lists in " +
                                         data.folder + " can be used; of the first that was tried: video "),
                               HasSubstr("is not there; check its path")));
}

TEST_F(VideoClipsTest, AreFoundInTheFolderOfTheirPageOrWithoutIt) {
  add(1);
  list("2", "video 2", "pages");
  list("3", "video 3", "elsewhere");
  std::filesystem::create_directory(data.folder + "/pages");
  std::filesystem::copy(file("1"), data.folder + "/pages/2.mp4");
  std::filesystem::copy(file("1"), file("3"));
  const VideoClips source = clips();
  std::set<int> seen;
  for (std::uint64_t index = 0; index < 60; ++index) seen.insert(video_of(source.example(index)));
  EXPECT_THAT(seen, ElementsAre(1, 2, 3));
  EXPECT_TRUE(told.empty());
}

TEST_F(VideoClipsTest, AreMeasuredAsTheReleasedCodeDoesOrAsThePaperSays) {
  add(1, 40);
  denoiser.condition_frame = jobs::ConditionFrame::random;
  denoiser.affinity = jobs::AffinityRule::official;
  const renderer::Example official = clips().example(3);
  EXPECT_EQ(official.affinity, official_affinity(official_scores(official.clip, official.condition_frame),
                                                 official.condition_frame));
  denoiser.affinity = jobs::AffinityRule::paper;
  const VideoClips source = clips();
  float least = 1;
  int like_the_condition = 0;
  for (std::uint64_t index = 0; index < 64; ++index) {
    const renderer::Example paper = source.example(index);
    ASSERT_EQ(paper.affinity.size(), 4U);
    EXPECT_EQ(paper.affinity[static_cast<std::size_t>(paper.condition_frame)], 1);
    for (const float value : paper.affinity) least = std::min(least, value);
    like_the_condition += static_cast<int>(std::ranges::count(paper.affinity, 1.0F)) - 1;
  }
  EXPECT_FLOAT_EQ(least, 0.2F) << "the set's own 97.5th percentile is what 0.2 stands for";
  EXPECT_GE(like_the_condition, 5) << "its 2.5th percentile, of 192 distances, is what 1 stands for";
}

TEST_F(VideoClipsTest, HaveTheirFirstFrameOrAnyAsCondition) {
  add(1);
  const VideoClips of_first = clips();
  for (std::uint64_t index = 0; index < 20; ++index) EXPECT_EQ(of_first.example(index).condition_frame, 0);
  denoiser.condition_frame = jobs::ConditionFrame::random;
  const VideoClips of_any = clips();
  std::set<int> conditions;
  for (std::uint64_t index = 0; index < 60; ++index) {
    conditions.insert(of_any.example(index).condition_frame);
  }
  EXPECT_THAT(conditions, ElementsAre(0, 1, 2, 3));
}

TEST_F(VideoClipsTest, AreStillsOfAnyFrameWhereThatIsWhatIsTrained) {
  add(1, 30);
  denoiser.frames = 1;
  const VideoClips source = clips();
  std::set<int> values;
  for (std::uint64_t index = 0; index < 60; ++index) {
    const renderer::Example example = source.example(index);
    ASSERT_EQ(example.clip.frames, 1);
    EXPECT_THAT(example.affinity, ElementsAre(1.0F));
    values.insert(darker(example.clip, 0) / 2);
  }
  EXPECT_GT(values.size(), 15U);
}

TEST_F(VideoClipsTest, HaveTheWordsOfAnotherVideoForTheGate) {
  add(1);
  list("2", "video 2");
  EXPECT_EQ(clips().caption_of_other(0), "video 2");
}

TEST_F(VideoClipsTest, OfALongListAreHeldOutEvery50thRow) {
  write_video(counting_clip(8, {16, 16}, 1), {.path = file("a"), .crf = 4});
  for (int row = 1; row <= 100; ++row) {
    const std::string videoid = std::to_string(row);
    list(videoid, videoid);
    std::filesystem::create_symlink(file("a"), file(videoid));
  }
  const VideoClips source = clips();
  for (std::uint64_t i = 0; i < 300; ++i) {
    const std::string learnt = source.example(i).caption;
    EXPECT_TRUE(learnt != "50" && learnt != "100");
    const std::string held_out = source.example(renderer::kFirstHeldOut + i).caption;
    EXPECT_TRUE(held_out == "50" || held_out == "100") << held_out;
  }
}

TEST_F(VideoClipsTest, OfAShortListAreLookedAtAsOtherClipsOfTheSameVideos) {
  add(1);
  const VideoClips source = clips();
  EXPECT_EQ(source.example(renderer::kFirstHeldOut).caption, "video 1");
}

}  // namespace
}  // namespace pia::farm
