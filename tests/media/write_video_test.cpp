// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>

#include "farm/media/image_file.hpp"
#include "farm/media/video.hpp"
#include "jobs/core/error.hpp"
#include "storage/temporary.hpp"
#include "tests/media/golden.hpp"
#include "tests/support/fault_file_ops.hpp"
#include "tests/support/memory_file_ops.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using ::testing::HasSubstr;
using tests::Fault;
using tests::FaultFileOps;
using tests::MemoryFileOps;

constexpr Fault kFaults[] = {Fault::die_before,  Fault::die_within, Fault::die_after, Fault::io_error,
                             Fault::short_write, Fault::no_space,   Fault::full_disk, Fault::quota};
const std::string kFolder = "/run";

VideoSpec spec_for(jobs::VideoFormat format) {
  const bool folder = format == jobs::VideoFormat::png;
  return {.path = kFolder + (folder ? "/clip" : "/clip.out"),
          .format = format,
          .made_from = jobs::sha256("something")};
}

/// Runs it with a fault; whether it came to its end.
bool comes_to_its_end(FaultFileOps& files, const jobs::Clip& clip, const VideoSpec& spec) {
  try {
    write_video(files, clip, spec);
    return true;
  } catch (const tests::Death&) {
    return false;
  } catch (const jobs::StorageError&) {
    return false;
  }
}

bool has_temporary(MemoryFileOps& files, const std::string& folder) {
  for (const std::string& name : files.list(folder)) {
    if (name.ends_with(".tmp")) return true;
  }
  return false;
}

/// What stands under the final name(s), all bytes in one row; nothing if it isn't there.
std::optional<std::vector<std::byte>> published(MemoryFileOps& files, const VideoSpec& spec) {
  if (spec.format != jobs::VideoFormat::png) {
    return files.exists(spec.path) ? std::optional(files.read(spec.path)) : std::nullopt;
  }
  if (!files.exists(spec.path + "/0000.png")) return std::nullopt;
  std::vector<std::byte> all;
  for (const std::string& name : files.list(spec.path)) {
    if (name.ends_with(".tmp")) continue;
    const auto bytes = files.read(spec.path + "/" + name);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

class WriteVideo : public ::testing::TestWithParam<jobs::VideoFormat> {
 protected:
  const VideoSpec spec_ = spec_for(GetParam());
  const std::string folder_ = GetParam() == jobs::VideoFormat::png ? spec_.path : kFolder;
  const jobs::Clip old_clip_ = tests::smooth_clip(4, 8, 8);
  const jobs::Clip new_clip_ = tests::smooth_clip(3, 16, 8);

  std::vector<std::byte> whole(const jobs::Clip& clip) const {
    MemoryFileOps files;
    write_video(files, clip, spec_);
    return *published(files, spec_);
  }
};

TEST_P(WriteVideo, IsWholeOrNotThereWhateverFailsWhere) {
  const auto old_bytes = whole(old_clip_);
  const auto new_bytes = whole(new_clip_);
  std::mt19937_64 chance(1);
  for (const Fault fault : kFaults) {
    for (int at = 0, more = 1; more != 0; ++at) {
      SCOPED_TRACE("fault " + std::to_string(static_cast<int>(fault)) + " at call " + std::to_string(at));
      MemoryFileOps disk;
      write_video(disk, old_clip_, spec_);
      FaultFileOps faulty(disk, at, fault);
      const bool ended = comes_to_its_end(faulty, new_clip_, spec_);
      more = faulty.calls() > at ? 1 : 0;
      if (faulty.dead()) disk.power_cut(MemoryFileOps::Cut::chance, chance);
      const auto found = published(disk, spec_);
      ASSERT_TRUE(!found || *found == old_bytes || *found == new_bytes);
      ASSERT_TRUE(!ended || *found == new_bytes);
      ASSERT_TRUE(faulty.dead() || !has_temporary(disk, folder_));
      write_video(disk, new_clip_, spec_);
      ASSERT_EQ(published(disk, spec_), new_bytes);
      storage::sweep_folder(disk, folder_, 1);
      ASSERT_FALSE(has_temporary(disk, folder_)) << "the owner of a later epoch sweeps what was left behind";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, WriteVideo,
                         ::testing::Values(jobs::VideoFormat::mp4, jobs::VideoFormat::gif,
                                           jobs::VideoFormat::webp, jobs::VideoFormat::png),
                         [](const auto& format) { return std::string(jobs::to_word(format.param)); });

TEST(WriteVideoOnDisk, SaysThatTheDiskIsFull) {
  MemoryFileOps disk;
  FaultFileOps full(disk, 0, Fault::full_disk);
  try {
    write_video(full, tests::smooth_clip(2, 8, 8), spec_for(jobs::VideoFormat::mp4));
    FAIL();
  } catch (const jobs::StorageError& error) {
    EXPECT_EQ(error.error_number(), ENOSPC);
  }
}

TEST(WriteVideoOnDisk, MakesNoFolderBesideItsOwn) {
  const tests::TempFolder folder;
  for (const auto format : {jobs::VideoFormat::mp4, jobs::VideoFormat::png}) {
    EXPECT_THROW(write_video(tests::smooth_clip(2, 8, 8), {.path = folder / "away/clip", .format = format}),
                 jobs::StorageError);
    EXPECT_FALSE(std::filesystem::exists(folder / "away"));
  }
}

TEST(WriteVideoOnDisk, NamesThePathThatCannotBeWritten) {
  const tests::TempFolder folder;
  std::ofstream(folder / "file") << "in the way";
  try {
    write_video(tests::smooth_clip(2, 8, 8), {.path = folder / "file/clip.mp4"});
    FAIL();
  } catch (const jobs::StorageError& error) {
    EXPECT_THAT(error.what(), HasSubstr(folder / "file"));
  }
}

TEST(EncodeVideo, OnSeveralThreadsGivesTheBytesOfOne) {
  const jobs::Clip clip = tests::smooth_clip(8, 64, 48);
  const jobs::VideoFormat formats[] = {jobs::VideoFormat::mp4, jobs::VideoFormat::gif,
                                       jobs::VideoFormat::webp};
  for (const jobs::VideoFormat format : formats) {
    const VideoSpec spec{.path = "clip", .format = format};
    const auto alone = encode_video(clip, spec);
    std::vector<std::future<std::vector<std::byte>>> together(4);
    for (auto& one : together) one = std::async(std::launch::async, [&] { return encode_video(clip, spec); });
    for (auto& one : together) EXPECT_TRUE(one.get() == alone);
  }
}

TEST(WriteVideoOnDisk, PrintsNothing) {
  ::testing::internal::CaptureStderr();
  for (const jobs::VideoFormat format :
       {jobs::VideoFormat::mp4, jobs::VideoFormat::gif, jobs::VideoFormat::webp, jobs::VideoFormat::png}) {
    const tests::TempFolder folder;
    write_video(tests::smooth_clip(4, 33, 17), {.path = folder / "clip", .format = format});
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace pia::farm
