// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
}

#include <algorithm>

#include "farm/media/codecs/encode.hpp"

namespace pia::farm {
namespace {

constexpr AVRational kHundredths{1, 100};
constexpr std::int64_t kShortestDelay = 2;

struct Timed {
  int frame = 0;
  std::int64_t start = 0;  // 1/100 s
};

struct Timeline {
  std::vector<Timed> frames;
  std::int64_t end = 0;
};

Timeline timeline(int frames, int fps) {
  Timeline line;
  line.end = std::max<std::int64_t>((std::int64_t{200} * frames + fps) / (std::int64_t{2} * fps), 1);
  for (int f = 0; f < frames; ++f) {
    const std::int64_t start = std::int64_t{100} * f / fps;
    const bool long_enough =
        f == 0 || (start - line.frames.back().start >= kShortestDelay && line.end - start >= kShortestDelay);
    if (long_enough) line.frames.push_back({f, start});
  }
  return line;
}

/// The frames go in as RGB32 and come out with one palette for all of them.
struct PaletteGraph {
  Graph graph;
  AVFilterContext* in = nullptr;
  AVFilterContext* out = nullptr;
};

PaletteGraph palette_graph(jobs::Size size, const AvTask& task) {
  PaletteGraph result{.graph = Graph(task.there(avfilter_graph_alloc()))};
  AVFilterGraph* graph = result.graph.get();
  graph->nb_threads = 1;
  const auto add = [&](const char* filter, const std::string& options) {
    const AVFilter* kind = avfilter_get_by_name(filter);
    if (kind == nullptr) task.fail("this FFmpeg has no filter " + std::string(filter), "make the palette of");
    AVFilterContext* added = nullptr;
    task.check(avfilter_graph_create_filter(&added, kind, filter, options.c_str(), nullptr, graph),
               "make the palette of");
    return added;
  };
  const auto link = [&](AVFilterContext* from, unsigned output, AVFilterContext* to, unsigned input) {
    task.check(avfilter_link(from, output, to, input), "make the palette of");
  };
  result.in = add("buffer", "video_size=" + std::to_string(size.width) + "x" + std::to_string(size.height) +
                                ":pix_fmt=" + std::to_string(AV_PIX_FMT_RGB32) + ":time_base=1/100");
  AVFilterContext* split = add("split", "2");
  AVFilterContext* generate = add("palettegen", "stats_mode=full");
  AVFilterContext* use = add("paletteuse", "dither=sierra2_4a:diff_mode=rectangle");
  result.out = add("buffersink", "");
  link(result.in, 0, split, 0);
  link(split, 0, use, 0);
  link(split, 1, generate, 0);
  link(generate, 0, use, 1);
  link(use, 0, result.out, 0);
  task.check(avfilter_graph_config(graph, nullptr), "make the palette of");
  return result;
}

void send_all(const PaletteGraph& graph, const jobs::Clip& clip, const Timeline& line, const AvTask& task) {
  for (const Timed& timed : line.frames) {
    const Frame frame = rgb32_frame(clip, timed.frame, task);
    frame->pts = timed.start;
    task.check(av_buffersrc_add_frame(graph.in, frame.get()), "make the palette of");
  }
  task.check(av_buffersrc_add_frame(graph.in, nullptr), "make the palette of");
}

/// GIF89a: the comment extension goes behind the header and its colour table.
void insert_comment(std::vector<std::byte>& gif, const std::string& text) {
  constexpr std::size_t kHeader = 13;
  const auto flags = std::to_integer<unsigned>(gif.at(10));
  const std::size_t at = kHeader + ((flags & 0x80U) != 0 ? std::size_t{3} << ((flags & 7U) + 1) : 0);
  std::vector<std::byte> block{std::byte{0x21}, std::byte{0xFE}};
  for (std::size_t from = 0; from < text.size(); from += 255) {
    const auto piece =
        std::as_bytes(std::span(text)).subspan(from, std::min<std::size_t>(255, text.size() - from));
    block.push_back(static_cast<std::byte>(piece.size()));
    block.insert(block.end(), piece.begin(), piece.end());
  }
  block.push_back(std::byte{0});
  gif.insert(gif.begin() + static_cast<std::ptrdiff_t>(at), block.begin(), block.end());
}

}  // namespace

std::vector<std::byte> encode_gif(const jobs::Clip& clip, const VideoSpec& spec) {
  const AvTask task{spec.path};
  const jobs::Size size{clip.width, clip.height};
  const Timeline line = timeline(clip.frames, spec.fps);
  const CodecContext encoder = make_encoder(
      {.encoder = "gif", .format = AV_PIX_FMT_PAL8, .size = size, .time_base = kHundredths}, task);
  Options none;
  open_encoder(*encoder, none, task);
  Muxer muxer("gif", *encoder, task);
  Options options;
  options.set("loop", "0");
  options.set("final_delay", std::to_string(line.end - line.frames.back().start));
  muxer.begin(options);
  const auto take = [&](AVPacket& packet) { muxer.write(packet); };
  const PaletteGraph graph = palette_graph(size, task);
  send_all(graph, clip, line, task);
  for (std::size_t f = 0; f < line.frames.size(); ++f) {
    const Frame frame(task.there(av_frame_alloc()));
    task.check(av_buffersink_get_frame(graph.out, frame.get()), "make the palette of");
    encode_frame(*encoder, frame.get(), take, task);
  }
  encode_frame(*encoder, nullptr, take, task);
  std::vector<std::byte> gif = muxer.finish();
  if (!spec.metadata.empty()) insert_comment(gif, spec.metadata);
  return gif;
}

}  // namespace pia::farm
