// SPDX-License-Identifier: Apache-2.0
#include "farm/media/codecs/av.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <new>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

// FFmpeg's log callback is one for the whole process and has no user pointer.
thread_local std::array<char, 256> last_line{};

void keep_last_error(void*, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_ERROR) return;
  std::vsnprintf(last_line.data(), last_line.size(), format, arguments);
}

}  // namespace

void quiet_ffmpeg() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback(keep_last_error); });
  last_line[0] = '\0';
}

std::string last_words() {
  std::string line = last_line.data();
  last_line[0] = '\0';
  while (!line.empty() && line.back() == '\n') line.pop_back();
  return line;
}

void AvTask::no_memory() {
  throw std::bad_alloc();
}

void AvTask::fail(const std::string& reason, const char* action) const {
  const std::string said = last_words();
  throw jobs::Error(jobs::ExitCode::internal, "cannot " + std::string(action) + " " + path + ": " + reason +
                                                  (said.empty() ? "" : " (" + said + ")") +
                                                  "; check that FFmpeg's libraries are whole, or leave this "
                                                  "format out of [output] formats");
}

int AvTask::check(int code, const char* action) const {
  if (code >= 0) return code;
  if (code == AVERROR(ENOMEM)) no_memory();
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  fail(text.data(), action);
}

}  // namespace pia::farm
