// SPDX-License-Identifier: Apache-2.0
#include "farm/media/internal/codecs.hpp"

#include <dlfcn.h>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

[[noreturn]] void refuse(const std::string& library, const std::string& problem) {
  throw jobs::Error(jobs::ExitCode::unavailable,
                    library + " " + problem + "; install pia-farm again, or build all of it");
}

/// Looked for where the program's run path says: beside it in a build, in lib/pia-farm of a prefix. Never
/// closed.
template <class Codecs>
const Codecs& opened(const std::string& library, const char* name) {
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = dlerror();
    refuse(library,
           std::string("can't be opened (") + (reason != nullptr ? reason : "no reason given") + ")");
  }
  const auto* codecs = static_cast<const Codecs*>(dlsym(handle, name));
  if (codecs == nullptr || codecs->shape != kCodecsShape)
    refuse(library, "is of another build than this program");
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

}  // namespace pia::farm
