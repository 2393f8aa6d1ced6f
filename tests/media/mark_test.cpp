// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "farm/media/image_file.hpp"
#include "farm/media/video.hpp"
#include "tests/media/golden.hpp"
#include "tests/media/read_video.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/write_file.hpp"

namespace pia::farm {
namespace {

using jobs::VideoFormat;
using tests::read_image;

const jobs::Digest kMark = jobs::sha256("this");
const jobs::Digest kOther = jobs::sha256("that");

class Mark : public ::testing::TestWithParam<VideoFormat> {
 protected:
  void write(const std::string& metadata, const std::optional<jobs::Digest>& mark, int frames = 3) const {
    write_video(tests::smooth_clip(frames, 16, 8),
                {.path = path_, .format = GetParam(), .metadata = metadata, .made_from = mark});
  }
  bool is_made_from(const jobs::Digest& mark) const { return farm::is_made_from(path_, GetParam(), mark); }

  const tests::TempFolder folder_;
  const std::string path_ = folder_ / "clip";
  const std::string file_ = GetParam() == VideoFormat::png ? path_ + "/0000.png" : path_;
};

TEST_P(Mark, TellsWhatAVideoWasMadeFrom) {
  for (const char* metadata : {"", "recipe"}) {
    for (const int frames : {1, 3}) {
      write(metadata, kMark, frames);
      EXPECT_TRUE(is_made_from(kMark));
      EXPECT_FALSE(is_made_from(kOther));
    }
  }
}

TEST_P(Mark, IsNotThereWhereNobodyMadeOne) {
  EXPECT_FALSE(is_made_from(kMark));
  write("recipe", std::nullopt);
  EXPECT_FALSE(is_made_from(kMark));
}

TEST_P(Mark, OfADamagedEndIsNone) {
  write("recipe", kMark);
  const std::string whole = tests::file_text(file_);
  for (std::size_t back = 1; back <= 64; ++back) {
    std::string flipped = whole;
    flipped[whole.size() - back] = static_cast<char>(flipped[whole.size() - back] ^ 0x10);
    tests::write_file(file_, flipped);
    EXPECT_FALSE(is_made_from(kMark)) << back;
    tests::write_file(file_, whole.substr(0, whole.size() - back));
    EXPECT_FALSE(is_made_from(kMark)) << back;
  }
  tests::write_file(file_, "");
  EXPECT_FALSE(is_made_from(kMark));
}

TEST_P(Mark, InAPipeIsNotWaitedFor) {
  std::filesystem::create_directories(std::filesystem::path(file_).parent_path());
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  EXPECT_FALSE(is_made_from(kMark));
}

TEST_P(Mark, ChangesNothingThatAReaderSees) {
  write("recipe", std::nullopt);
  const std::string plain = tests::file_text(file_);
  const auto seen = [&] {
    const bool picture = GetParam() == VideoFormat::png || GetParam() == VideoFormat::webp;
    return picture ? tests::VideoFound{} : tests::read_video(file_);
  };
  const tests::VideoFound before = seen();
  write("recipe", kMark);
  const tests::VideoFound after = seen();
  EXPECT_EQ(after.frames, before.frames);
  EXPECT_EQ(after.starts, before.starts);
  EXPECT_EQ(after.metadata, before.metadata);
  EXPECT_EQ(after.duration, before.duration);
  EXPECT_EQ(tests::file_text(file_).substr(8, plain.size() / 2), plain.substr(8, plain.size() / 2));
}

INSTANTIATE_TEST_SUITE_P(Formats, Mark,
                         ::testing::Values(VideoFormat::mp4, VideoFormat::gif, VideoFormat::webp,
                                           VideoFormat::png),
                         [](const auto& format) { return std::string(jobs::to_word(format.param)); });

TEST(MarkOfAPicture, IsReadOver) {
  for (const char* metadata : {"", "recipe"}) {
    const jobs::Clip clip = tests::smooth_clip(1, 33, 17);
    const tests::TempFolder folder;
    write_video(
        clip, {.path = folder / "png", .format = VideoFormat::png, .metadata = metadata, .made_from = kMark});
    EXPECT_EQ(read_image(folder / "png/0000.png").rgb, clip.rgb);
    const auto webp = encode_video(
        clip, {.path = "webp", .format = VideoFormat::webp, .metadata = metadata, .made_from = kMark});
    EXPECT_GT(tests::psnr(read_image_bytes(webp, "webp").rgb, clip.rgb), 35);
  }
}

}  // namespace
}  // namespace pia::farm
