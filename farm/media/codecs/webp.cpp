// SPDX-License-Identifier: Apache-2.0
#include "farm/media/codecs/encode.hpp"

namespace pia::farm {

std::vector<std::byte> encode_webp(const jobs::Clip& clip, const VideoSpec& spec) {
  const AvTask task{spec.path};
  const CodecContext encoder = make_encoder({.encoder = "libwebp_anim",
                                             .format = AV_PIX_FMT_RGB32,
                                             .size = {clip.width, clip.height},
                                             .time_base = {1, spec.fps}},
                                            task);
  Options options;
  options.set("quality", "90");
  open_encoder(*encoder, options, task);
  std::vector<std::byte> webp;
  const auto take = [&](AVPacket& packet) {
    const auto bytes = std::as_bytes(std::span(packet.data, static_cast<std::size_t>(packet.size)));
    webp.insert(webp.end(), bytes.begin(), bytes.end());
  };
  for (int f = 0; f < clip.frames; ++f) {
    const Frame frame = rgb32_frame(clip, f, task);
    frame->pts = f;
    encode_frame(*encoder, frame.get(), take, task);
  }
  encode_frame(*encoder, nullptr, take, task);
  return webp;
}

}  // namespace pia::farm
