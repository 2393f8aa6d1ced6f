// SPDX-License-Identifier: Apache-2.0
#include "farm/media/internal/codecs.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <string_view>

#include "farm/media/open_codecs.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

[[noreturn]] void refuse(const std::string& library, const std::string& problem) {
  throw jobs::Error(jobs::ExitCode::unavailable,
                    library + " " + problem +
                        "; run the same command again, and if that does not help, install pia-farm again");
}

/// Beside the program in a build, in its library folder in a prefix. Not left to the run path: dlopen takes
/// the caller's, which under AddressSanitizer is not ours.
std::string found(const std::string& library) {
  std::error_code unknown;
  const std::filesystem::path program =
      std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path();
  const std::string beside = program / library;
  if (std::filesystem::exists(beside)) return beside;
  const std::string installed = (program / PIA_LIBRARIES_FROM_PROGRAMS / library).lexically_normal();
  if (std::filesystem::exists(installed)) return installed;
  refuse(library, "is neither at " + beside + " nor at " + installed);
}

/// Never closed.
template <class Codecs>
const Codecs& opened(const std::string& library, const char* name) {
  const std::string path = found(library);
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = dlerror();
    refuse(path, std::string("can't be opened (") + (reason != nullptr ? reason : "no reason given") + ")");
  }
  const auto* codecs = static_cast<const Codecs*>(dlsym(handle, name));
  if (codecs == nullptr || std::string_view(codecs->build) != kCodecsBuild) {
    refuse(path, "is of another build than this program, as after an upgrade");
  }
  return *codecs;
}

}  // namespace

const PictureCodecs& picture_codecs() {
  static const auto& codecs = opened<PictureCodecs>("libpia-pictures.so", "pia_picture_codecs");
  return codecs;
}

const VideoCodecs& video_codecs() {
  static const auto& codecs = opened<VideoCodecs>("libpia-videos.so", "pia_video_codecs");
  return codecs;
}

void open_codecs() {
  picture_codecs();
  video_codecs();
}

}  // namespace pia::farm
