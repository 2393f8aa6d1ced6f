// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/video_clashes.hpp"

#include <unordered_map>

#include "dsl/internal/unicode_text.hpp"

namespace pia::dsl::internal {
namespace {

// What a shot makes below videos/.
struct Made {
  const jobs::PlannedShot* shot = nullptr;
  jobs::VideoFormat format = jobs::VideoFormat::mp4;
};

std::string path_of(const Made& made) {
  const std::string& stem = made.shot->video_stem;
  return made.format == jobs::VideoFormat::png ? stem : stem + "." + std::string(jobs::to_word(made.format));
}

std::string sentence(const Made& made, const jobs::PlannedShot& other) {
  const bool is_folder = made.format == jobs::VideoFormat::png;
  return "path makes videos/" + path_of(made) + (is_folder ? " the folder of pictures" : " the video") +
         " of shot " + in_quotes(made.shot->name) + ", and a folder for videos/" + other.video_stem +
         " of shot " + in_quotes(other.name) + "; give one another name, or end path with -{id8}";
}

}  // namespace

void check_video_clashes(const std::vector<Resolved>& shots, const VideoFormats& made,
                         Complaints& complaints) {
  std::unordered_map<std::string, Made> all;
  for (const Resolved& resolved : shots) {
    for (const jobs::VideoFormat format : made.formats) {
      const Made one{.shot = &resolved.planned, .format = format};
      all.emplace(case_folded(path_of(one)), one);
    }
  }
  for (const Resolved& resolved : shots) {
    const std::string stem = case_folded(resolved.planned.video_stem);
    for (std::size_t end = stem.find('/'); end != std::string::npos; end = stem.find('/', end + 1)) {
      const auto found = all.find(stem.substr(0, end));
      if (found != all.end()) return complaints.error(made.place, sentence(found->second, resolved.planned));
    }
  }
}

}  // namespace pia::dsl::internal
