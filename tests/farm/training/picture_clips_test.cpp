// SPDX-License-Identifier: Apache-2.0
#include "farm/training/picture_clips.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <set>

#include "farm/media/png_file.hpp"
#include "jobs/core/error.hpp"
#include "jobs/core/shot.hpp"
#include "renderer/training/toy/scene.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::size_t kFrame = std::size_t{3} * 16 * 16;

/// Grey of 20 times `number`, brighter by 30 on the right.
jobs::Image numbered(int number, jobs::Size size) {
  jobs::Image image{size.width, size.height, {}};
  for (int i = 0; i < size.width * size.height; ++i) {
    const int value = 20 * number + (2 * (i % size.width) >= size.width ? 30 : 0);
    image.rgb.insert(image.rgb.end(), 3, static_cast<std::uint8_t>(value));
  }
  return image;
}

void write(const std::string& path, const std::vector<std::byte>& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

// Pictures 1, 2, ... with captions "1", "2", ..., and the training that learns from them.
class PictureClipsTest : public testing::Test {
 protected:
  PictureClipsTest() { data.width = data.height = 16; }

  std::string file(int number) const { return folder / (std::to_string(number) + ".png"); }
  void list(int number) {
    data.pictures.push_back({.file = file(number), .caption = std::to_string(number)});
  }
  void add(int number, jobs::Size size = {32, 24}) {
    list(number);
    write(file(number), encode_png(numbered(number, size), ""));
  }
  void add_cut(int number) {
    list(number);
    cut(number);
  }
  void cut(int number) {
    auto bytes = encode_png(numbered(number, {32, 24}), "");
    bytes.resize(bytes.size() / 2);
    write(file(number), bytes);
  }

  PictureClips clips(std::size_t bytes_kept = PictureClips::Options{}.bytes_kept) {
    told.clear();
    return {data,
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
  std::vector<std::string> told;
};

std::vector<std::string> captions(const PictureClips& source, std::uint64_t first, std::uint64_t count) {
  std::vector<std::string> found;
  for (std::uint64_t i = 0; i < count; ++i) found.push_back(source.example(first + i).caption);
  return found;
}

bool same(const renderer::Example& a, const renderer::Example& b) {
  return a.clip == b.clip && a.caption == b.caption;
}

TEST(EpochOrder, IsAPermutationOfItsOwnForEachEpochAndSeed) {
  std::set<std::vector<std::size_t>> orders;
  for (std::uint64_t epoch = 0; epoch < 50; ++epoch) {
    auto order = epoch_order(7, epoch, 20);
    EXPECT_EQ(order, epoch_order(7, epoch, 20));
    EXPECT_NE(order, epoch_order(8, epoch, 20));
    orders.insert(order);
    std::ranges::sort(order);
    for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], i);
  }
  EXPECT_THAT(orders, SizeIs(50));
  EXPECT_THAT(epoch_order(7, 0, 1), ElementsAre(0U));
}

TEST(EpochOrder, FavoursNoOrder) {
  std::map<std::vector<std::size_t>, int> counts;
  for (std::uint64_t epoch = 0; epoch < 6000; ++epoch) ++counts[epoch_order(1, epoch, 3)];
  EXPECT_THAT(counts, SizeIs(6));
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 120);
}

TEST_F(PictureClipsTest, AreStillsWithTheirCaption) {
  for (const int number : {1, 2, 3}) add(number);
  const PictureClips source = clips();
  for (std::uint64_t index = 0; index < 9; ++index) {
    const renderer::Example example = source.example(index);
    EXPECT_EQ(example.clip.frames, 1);
    EXPECT_EQ(example.clip.rgb.front(), 20 * std::stoi(example.caption));
    EXPECT_THAT(example.affinity, ElementsAre(1.0F));
    EXPECT_EQ(example.condition_frame, 0);
  }
  EXPECT_TRUE(told.empty());
}

TEST_F(PictureClipsTest, AreEachSeenOnceAnEpoch) {
  for (int number = 1; number <= 7; ++number) add(number);
  const PictureClips source = clips();
  std::set<std::vector<std::string>> orders;
  for (std::uint64_t epoch = 0; epoch < 10; ++epoch) {
    const auto seen = captions(source, 7 * epoch, 7);
    EXPECT_THAT(std::set(seen.begin(), seen.end()), SizeIs(7)) << epoch;
    orders.insert(seen);
  }
  EXPECT_GE(orders.size(), 9U);
}

TEST_F(PictureClipsTest, OfAnIndexAreTheSameInEveryProcessAndOrder) {
  for (const int number : {1, 2, 3, 4, 5}) add(number);
  add_cut(6);
  const PictureClips source = clips();
  std::vector<renderer::Example> examples;
  for (std::uint64_t index = 0; index < 30; ++index) examples.push_back(source.example(index));
  const PictureClips another = clips();
  const PictureClips without_memory = clips(0);
  for (std::uint64_t index = 30; index-- > 0;) {
    EXPECT_TRUE(same(another.example(index), examples[index])) << index;
    EXPECT_TRUE(same(without_memory.example(index), examples[index])) << index;
  }
  const auto before = captions(source, 0, 30);
  data.seed = 1;
  EXPECT_NE(captions(clips(), 0, 30), before);
}

TEST_F(PictureClipsTest, OfAnIndexAreTheSameOnAnyThread) {
  for (const int number : {1, 2, 3}) add(number);
  add_cut(4);
  std::vector<renderer::Example> alone;
  {
    const PictureClips source = clips();
    for (std::uint64_t index = 0; index < 16; ++index) alone.push_back(source.example(index));
  }
  const PictureClips shared = clips();
  std::vector<std::future<renderer::Example>> together;
  for (std::uint64_t index = 0; index < 16; ++index) {
    together.push_back(std::async(std::launch::async, [&shared, index] { return shared.example(index); }));
  }
  for (std::uint64_t index = 0; index < 16; ++index) {
    EXPECT_TRUE(same(together[index].get(), alone[index])) << index;
  }
  EXPECT_THAT(told, SizeIs(1));
}

TEST_F(PictureClipsTest, AreCroppedAboutTheMiddleAndNeverMirrored) {
  data.width = 8;
  jobs::Image image{64, 32, {}};
  for (int i = 0; i < 64 * 32; ++i) {
    const int x = i % 64;
    const bool is_middle = x >= 24 && x < 40;
    image.rgb.insert(image.rgb.end(), 3, static_cast<std::uint8_t>(is_middle ? (x < 32 ? 100 : 200) : 0));
  }
  list(1);
  write(file(1), encode_png(image, ""));
  const PictureClips source = clips();
  for (std::uint64_t index = 0; index < 40; ++index) {
    const jobs::Clip clip = source.example(index).clip;
    ASSERT_EQ(clip.width, 8);
    ASSERT_EQ(clip.height, 16);
    for (const std::size_t x : {1U, 2U}) EXPECT_NEAR(clip.rgb[3 * (8 * 8 + x)], 100, 4) << x;
    for (const std::size_t x : {5U, 6U}) EXPECT_NEAR(clip.rgb[3 * (8 * 8 + x)], 200, 4) << x;
  }
}

TEST_F(PictureClipsTest, StandUprightAsTheirExifSays) {
  data.width = 14;
  data.height = 21;
  const std::string turned = std::string(PIA_GOLDEN) + "/images/turned.png";
  data.pictures = {{.file = turned, .caption = "turned"}};
  std::ifstream golden(turned + ".rgb", std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(golden), {});
  EXPECT_EQ(clips().example(0).clip.rgb, std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
}

TEST_F(PictureClipsTest, ThatCannotBeUsedAreToldOnceAndOthersTaken) {
  add(1);
  add(2);
  add_cut(3);
  add_cut(4);
  const PictureClips source = clips();
  std::map<std::string, int> seen;
  for (const std::string& caption : captions(source, 0, 400)) ++seen[caption];
  EXPECT_THAT(seen, SizeIs(2));
  EXPECT_NEAR(seen["1"], 200, 60) << "whoever comes next takes the place";
  ASSERT_THAT(told, SizeIs(2));
  std::ranges::sort(told, {},
                    [&](const std::string& sentence) { return sentence.find("3.png") == std::string::npos; });
  EXPECT_THAT(told, Each(EndsWith("; training goes on without it")));
  EXPECT_THAT(told[0], HasSubstr(file(3) + " is truncated"));
  EXPECT_THAT(told[1], HasSubstr(file(4) + " is truncated"));
}

// All were there when the training was planned. Without them it would be another one.
TEST_F(PictureClipsTest, ThatAreGoneEndTheTraining) {
  add(1);
  add(2);
  const PictureClips source = clips(0);
  std::filesystem::remove(file(2));
  EXPECT_THROW(captions(source, 0, 2), jobs::StorageError);
  EXPECT_TRUE(told.empty());
}

TEST_F(PictureClipsTest, OfNoPictureThatCanBeUsedAreRefusedAtOnce) {
  add_cut(1);
  add_cut(2);
  EXPECT_THAT(refusal(), AllOf(StartsWith("none of the 2 pictures of data.pictures can be used; of the first "
                                          "that was tried: "),
                               HasSubstr(".png")));
}

TEST_F(PictureClipsTest, AreKeptAsFarAsTheirBytesReach) {
  for (const int number : {1, 2, 3}) add(number);
  const PictureClips source = clips(2 * kFrame + kFrame / 2);
  captions(source, 0, 3);
  for (const int number : {1, 2, 3}) cut(number);
  const auto left = captions(source, 0, 60);
  EXPECT_EQ(std::set(left.begin(), left.end()), (std::set<std::string>{"1", "2"}));
  EXPECT_THAT(told, ElementsAre(HasSubstr(file(3) + " is truncated")));
}

TEST_F(PictureClipsTest, ThatAreLookedAtAreTheSamePictures) {
  for (const int number : {1, 2, 3, 4}) add(number);
  const auto seen = captions(clips(), renderer::kFirstHeldOut, 4);
  EXPECT_THAT(std::set(seen.begin(), seen.end()), SizeIs(4));
}

TEST_F(PictureClipsTest, HaveTheWordsOfAnotherPictureForTheGate) {
  add(1);
  add(2);
  const PictureClips source = clips();
  for (std::uint64_t index = 0; index < 8; ++index) {
    EXPECT_NE(source.caption_of_other(index), source.example(index).caption);
  }
  data.pictures[1].caption = "1";
  EXPECT_EQ(clips().caption_of_other(0), "1") << "there are no other words";
}

}  // namespace
}  // namespace pia::farm
