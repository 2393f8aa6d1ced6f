// SPDX-License-Identifier: Apache-2.0
#include "farm/media/image_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "jobs/core/error.hpp"
#include "tests/media/golden.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using ::testing::HasSubstr;
using tests::as_bytes;
using tests::file_text;
using tests::golden_image;
using tests::probe_image;
using tests::read_image;

struct Expected {
  std::string file;
  jobs::Size size;
  int orientation = 1;
  int tolerance = 0;
};

std::vector<Expected> golden_pictures() {
  std::vector<Expected> all;
  std::istringstream lines(file_text(golden_image("expected.txt")));
  for (Expected e; lines >> e.file >> e.size.width >> e.size.height >> e.orientation >> e.tolerance;) {
    all.push_back(e);
  }
  return all;
}

std::string refusal(const std::string& content, const std::string& name = "x.png") {
  try {
    read_image_bytes(as_bytes(content), name);
  } catch (const jobs::InputError& error) {
    return error.what();
  }
  return "";
}

std::string probe_refusal(const std::string& content) {
  try {
    probe_image_bytes(as_bytes(content), "x.png");
  } catch (const jobs::InputError& error) {
    return error.what();
  }
  return "";
}

TEST(ReadImage, GivesPillowsPixelsForEveryKind) {
  const auto pictures = golden_pictures();
  ASSERT_GE(pictures.size(), 40U);
  for (const Expected& expected : pictures) {
    SCOPED_TRACE(expected.file);
    const jobs::Image image = read_image(golden_image(expected.file));
    EXPECT_EQ(image.width, expected.size.width);
    EXPECT_EQ(image.height, expected.size.height);
    const auto pixels = tests::file_values(golden_image(expected.file + ".rgb"));
    EXPECT_LE(tests::largest_difference(image.rgb, pixels), expected.tolerance);
  }
}

TEST(ProbeImage, KnowsSizeAndOrientationWithoutPixels) {
  for (const Expected& expected : golden_pictures()) {
    SCOPED_TRACE(expected.file);
    const ImageHeader header = probe_image(golden_image(expected.file));
    EXPECT_EQ(header.size, expected.size);
    EXPECT_EQ(header.orientation, expected.orientation);
  }
}

TEST(ProbeImage, GoesByContentNotByName) {
  const tests::TempFolder folder;
  std::filesystem::copy_file(golden_image("rgb.jpg"), folder / "called.png");
  EXPECT_EQ(probe_image(folder / "called.png").kind, ImageKind::jpeg);
}

TEST(ReadImage, RefusesWhatIsNotThereAndFolders) {
  const tests::TempFolder folder;
  EXPECT_THROW(read_image(folder / "nothing.png"), jobs::InputError);
  EXPECT_THROW(read_image(folder.path()), jobs::InputError);
  EXPECT_THROW(probe_image("/dev/zero"), jobs::InputError);
}

TEST(ReadImage, NamesTheFileAndTheMend) {
  EXPECT_THAT(refusal("", "cats/tom.png"), HasSubstr("picture cats/tom.png is empty; copy it again"));
}

TEST(ReadImage, SaysWhatOtherFormatsAre) {
  EXPECT_THAT(refusal("GIF89a......"), HasSubstr("is a GIF; convert it"));
  EXPECT_THAT(refusal(std::string("\0\0\0\x18", 4) + "ftypheic...."), HasSubstr("HEIC"));
  EXPECT_THAT(refusal("version https://git-lfs.github.com/spec/v1\n"), HasSubstr("Git LFS"));
  EXPECT_THAT(refusal("\x7f"
                      "ELF"),
              HasSubstr("is no picture of a kind that is read; convert it: PNG"));
}

TEST(ReadImage, BugATextWasNoPictureThatIsKnownHere) {
  EXPECT_EQ(refusal("# Grüße\n\tfrom a text", "CREDITS.md"),
            "picture CREDITS.md is a text; name a picture: PNG, JPEG, WebP, BMP and TIFF are read");
}

TEST(ReadImage, BugADownloadThatWasCutShortWasAText) {
  for (const char* beginning : {"\x89PNG", "\xff\xd8", "Gr\xfc\xdf", "\xe2\x82", "caf\xc3\x29"}) {
    EXPECT_THAT(refusal(beginning), HasSubstr("is no picture of a kind that is read")) << beginning;
  }
  for (const std::size_t before : {511U, 510U, 509U}) {
    EXPECT_THAT(refusal(std::string(before, 'x') + "\xf0\x9f\x90\x95 and more"), HasSubstr("is a text"))
        << "a character across the end of what is looked at";
  }
}

TEST(ProbeImage, RefusesEveryPictureThatIsCutInHalf) {
  for (const Expected& expected : golden_pictures()) {
    SCOPED_TRACE(expected.file);
    const std::string whole = file_text(golden_image(expected.file));
    EXPECT_NE(probe_refusal(whole.substr(0, whole.size() / 2)), "");
  }
}

TEST(ReadImage, RefusesEveryPictureThatLacksAnyOfItsEnd) {
  for (const char* name : {"rgb.png", "rgb.jpg", "progressive.jpg", "rgb.bmp", "lossless.webp"}) {
    SCOPED_TRACE(name);
    const std::string whole = file_text(golden_image(name));
    for (std::size_t length = 0; length < whole.size(); ++length) {
      ASSERT_NE(refusal(whole.substr(0, length)), "") << length;
    }
  }
}

TEST(ProbeImage, RefusesAPngWithAnyBitFlipped) {
  const std::string whole = file_text(golden_image("rgb.png"));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 4);
    ASSERT_NE(probe_refusal(flipped), "") << i;
  }
}

TEST(ReadImage, SurvivesAnyByteBeingAnother) {
  for (const char* name :
       {"palette.bmp", "one-bit.bmp", "rgba.bmp", "progressive.jpg", "cmyk.jpg", "restart.jpg", "lossy.webp",
        "alpha.webp", "lzw.tiff", "palette.tiff", "grey16.tiff"}) {
    SCOPED_TRACE(name);
    const std::string whole = file_text(golden_image(name));
    for (std::size_t i = 0; i < whole.size(); ++i) {
      for (const char value : {'\0', '\x7f', '\xff'}) {
        std::string changed = whole;
        changed[i] = value;
        EXPECT_NO_FATAL_FAILURE(refusal(changed));
      }
    }
  }
}

TEST(ProbeImage, RefusesABombBeforeDecodingIt) {
  std::string bomb = file_text(golden_image("rgb.bmp"));
  for (const std::size_t at : {18U, 22U}) bomb.replace(at, 4, std::string("\x50\xc3\0\0", 4));
  bomb[30] = 1;  // run lengths: the size of the file says nothing
  EXPECT_THAT(probe_refusal(bomb), HasSubstr("is too large: 50000 x 50000; scale it down"));
  std::string webp = file_text(golden_image("lossless.webp"));
  webp.replace(21, 4, "\xff\xff\xff\x0f");
  EXPECT_THAT(probe_refusal(webp), HasSubstr("is too large: 16384 x 16384"));
}

TEST(ProbeImage, RefusesSizeZero) {
  std::string bmp = file_text(golden_image("rgb.bmp"));
  bmp.replace(18, 4, std::string(4, '\0'));
  EXPECT_THAT(probe_refusal(bmp), HasSubstr("width or height is 0"));
}

TEST(ReadImage, RefusesAnAnimatedWebp) {
  std::string webp = file_text(golden_image("alpha.webp"));
  const std::string chunk = std::string("ANIM\x06\0\0\0", 8) + std::string(6, '\0');
  webp.insert(12, chunk);
  webp[4] = static_cast<char>(webp.size() - 8);
  webp[5] = static_cast<char>((webp.size() - 8) >> 8U);
  EXPECT_THAT(refusal(webp), HasSubstr("animated WebP; take a still picture"));
}

TEST(ReadImage, DoesNotMindBytesAfterTheEnd) {
  for (const char* name : {"rgb.png", "rgb.jpg", "lossless.webp", "rgb.bmp", "rgb.tiff"}) {
    SCOPED_TRACE(name);
    const std::string whole = file_text(golden_image(name));
    EXPECT_EQ(read_image_bytes(as_bytes(whole + "more"), name), read_image(golden_image(name)));
  }
}

}  // namespace
}  // namespace pia::farm
