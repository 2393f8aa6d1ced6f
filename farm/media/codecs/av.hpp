// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libswscale/swscale.h>
}

namespace pia::farm {

/// Frees an FFmpeg object by the function that takes the address of its pointer.
template <auto kFree>
struct AvFree {
  template <class T>
  void operator()(T* object) const {
    kFree(&object);
  }
};
struct FormatFree {
  void operator()(AVFormatContext* object) const { avformat_free_context(object); }
};
struct ScalerFree {
  void operator()(SwsContext* object) const { sws_freeContext(object); }
};

using CodecContext = std::unique_ptr<AVCodecContext, AvFree<avcodec_free_context>>;
using FormatContext = std::unique_ptr<AVFormatContext, FormatFree>;
using Frame = std::unique_ptr<AVFrame, AvFree<av_frame_free>>;
using Graph = std::unique_ptr<AVFilterGraph, AvFree<avfilter_graph_free>>;
using Packet = std::unique_ptr<AVPacket, AvFree<av_packet_free>>;
using Scaler = std::unique_ptr<SwsContext, ScalerFree>;

/// Options for an encoder, muxer or filter. Those that are not taken are an error: see `all_taken`.
class Options {
 public:
  Options() = default;
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  ~Options() { av_dict_free(&dictionary_); }
  void set(const char* key, const std::string& value) { av_dict_set(&dictionary_, key, value.c_str(), 0); }
  AVDictionary** get() { return &dictionary_; }
  bool all_taken() const { return av_dict_count(dictionary_) == 0; }

 private:
  AVDictionary* dictionary_ = nullptr;
};

/// What an FFmpeg call is for, in error sentences: "cannot <action> <path>: ...".
struct AvTask {
  const std::string& path;

  /// Returns `code` unless it is an error; then throws jobs::Error with FFmpeg's own last words. Running out
  /// of memory throws std::bad_alloc.
  int check(int code, const char* action) const;

  /// Throws std::bad_alloc if `object` is null.
  template <class T>
  T* there(T* object) const {
    if (object == nullptr) no_memory();
    return object;
  }

  [[noreturn]] static void no_memory();
  [[noreturn]] void fail(const std::string& reason, const char* action) const;
};

/// From now on FFmpeg prints nothing; its last error line on this thread goes into the error sentences.
void quiet_ffmpeg();

/// That line, once; empty if there is none.
std::string last_words();

}  // namespace pia::farm
