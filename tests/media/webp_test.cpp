// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <numeric>

#include "farm/media/image_file.hpp"
#include "farm/media/internal/picture_bytes.hpp"
#include "farm/media/video.hpp"
#include "tests/media/golden.hpp"

namespace pia::farm {
namespace {

struct Webp {
  std::vector<std::byte> bytes;
  std::vector<int> delays;             // ms
  std::vector<std::byte> first_frame;  // as a still WebP
  unsigned flags = 0;                  // VP8X's
  int loops = -1;
  std::string xmp;
};

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::byte> still(std::span<const std::byte> chunks) {
  std::string file = "RIFF";
  for (unsigned i = 0; i < 4; ++i) file += static_cast<char>((chunks.size() + 4) >> (8 * i));
  file += "WEBP" + text_of(chunks);
  const auto bytes = tests::as_bytes(file);
  return {bytes.begin(), bytes.end()};
}

Webp webp_of(const jobs::Clip& clip, int fps, const std::string& metadata = "") {
  Webp webp;
  webp.bytes = encode_video(
      clip, {.path = "x.webp", .format = jobs::VideoFormat::webp, .fps = fps, .metadata = metadata});
  const std::string name = "x.webp";
  const PictureBytes file{webp.bytes, name, ByteOrder::little};
  EXPECT_EQ(file.u32(4) + 8, file.size());
  for (std::size_t at = 12; at < file.size();) {
    const std::size_t length = file.u32(at + 4);
    const PictureBytes body = file.part(at + 8, length);
    if (file.has(at, "VP8X")) webp.flags = body.u8(0);
    if (file.has(at, "ANIM")) webp.loops = static_cast<int>(body.u16(4));
    if (file.has(at, "XMP ")) webp.xmp = text_of(body.bytes);
    if (file.has(at, "ANMF")) {
      webp.delays.push_back(static_cast<int>(body.u24(12)));
      if (webp.first_frame.empty()) webp.first_frame = still(body.bytes.subspan(16));
    }
    at += 8 + length + length % 2;
  }
  return webp;
}

TEST(Webp, IsAnimatedAndLoopsForEver) {
  const Webp webp = webp_of(tests::smooth_clip(16, 32, 24), 8);
  EXPECT_EQ(webp.delays, std::vector<int>(16, 125));
  EXPECT_EQ(webp.loops, 0);
  EXPECT_NE(webp.flags & 0x02U, 0U);
}

TEST(Webp, LastsAsLongAsItsFramesAtAnySpeed) {
  for (const int fps : {1, 3, 7, 12, 30, 60}) {
    const Webp webp = webp_of(tests::smooth_clip(7, 16, 16), fps);
    EXPECT_NEAR(std::accumulate(webp.delays.begin(), webp.delays.end(), 0), 7000.0 / fps, 0.51) << fps;
  }
}

TEST(Webp, HoldsIdenticalFramesForTheirTime) {
  jobs::Clip clip = tests::smooth_clip(3, 16, 16);
  for (int i = 0; i < 5; ++i) clip.rgb.insert(clip.rgb.end(), clip.rgb.end() - 768, clip.rgb.end());
  clip.frames = 8;
  const Webp webp = webp_of(clip, 8);
  EXPECT_EQ(std::accumulate(webp.delays.begin(), webp.delays.end(), 0), 1000);
}

TEST(Webp, LooksLikeTheFrames) {
  const jobs::Clip clip = tests::smooth_clip(4, 64, 48);
  const jobs::Image first = read_image_bytes(webp_of(clip, 8).first_frame, "first");
  const std::span<const std::uint8_t> frame(clip.rgb.data(), clip.frame_bytes());
  EXPECT_GT(tests::psnr(first.rgb, frame), 35);
}

TEST(Webp, KeepsTheRecipeAsXmp) {
  const Webp webp = webp_of(tests::smooth_clip(3, 16, 16), 8, R"({"prompt":"a <b> & é"})");
  EXPECT_NE(webp.flags & 0x04U, 0U);
  EXPECT_NE(webp.xmp.find(R"({"prompt":"a &lt;b&gt; &amp; é"})"), std::string::npos);
}

TEST(Webp, WithoutARecipeHasNoXmp) {
  const Webp webp = webp_of(tests::smooth_clip(3, 16, 16), 8);
  EXPECT_EQ(webp.flags & 0x04U, 0U);
  EXPECT_EQ(webp.xmp, "");
}

TEST(Webp, OfOneFrameIsAStillPicture) {
  for (const char* metadata : {"", "{\"seed\":\"7\"}"}) {
    const jobs::Clip clip = tests::smooth_clip(1, 33, 17);
    const Webp webp = webp_of(clip, 8, metadata);
    const jobs::Image image = read_image_bytes(webp.bytes, "x.webp");
    EXPECT_GT(tests::psnr(image.rgb, clip.rgb), 35);
  }
}

TEST(Webp, TakesTinySizes) {
  EXPECT_EQ(webp_of(tests::smooth_clip(3, 1, 1), 8).delays.size(), 3U);
  EXPECT_EQ(webp_of(tests::smooth_clip(3, 8, 8), 8).delays.size(), 3U);
}

TEST(Webp, IsTheSameBytesEachTime) {
  const jobs::Clip clip = tests::smooth_clip(8, 32, 24);
  EXPECT_EQ(webp_of(clip, 8).bytes, webp_of(clip, 8).bytes);
}

}  // namespace
}  // namespace pia::farm
