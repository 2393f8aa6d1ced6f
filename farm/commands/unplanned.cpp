// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/unplanned.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <set>

#include "farm/videos.hpp"

namespace pia::farm {
namespace {

constexpr std::size_t kIdDigits = 64;

/// What is kept by shot: a file or folder whose name begins with the shot's id.
struct ByShot {
  std::string_view kind;
  std::string_view folder;
  enum class Depth { flat, by_first_digits } depth;
};
constexpr std::array<ByShot, 4> kByShot = {{{"results", "shots", ByShot::Depth::by_first_digits},
                                            {"checkpoints", "checkpoints", ByShot::Depth::by_first_digits},
                                            {"scores", "scores", ByShot::Depth::flat},
                                            {"logs", "logs", ByShot::Depth::flat}}};

/// Nothing of what a link points at, and of what a run has renamed meanwhile.
std::optional<storage::FileOps::Status> own_status(storage::FileOps& files, const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_symlink(path, ignored) || !files.exists(path)) return std::nullopt;
  return files.status(path);
}

void add_files(storage::FileOps& files, const std::string& path, Unplanned& one) {
  const auto status = own_status(files, path);
  if (!status) return;
  if (!status->is_folder) {
    one.files.push_back(path);
    one.bytes += status->size;
    return;
  }
  for (const std::string& name : files.list(path)) add_files(files, path + "/" + name, one);
}

class Search {
 public:
  Search(storage::FileOps& files, const jobs::Plan& plan) : files_(files), plan_(plan) {
    for (const jobs::PlannedShot& shot : plan.shots) {
      ids_.insert(to_hex(shot.id));
      for (const jobs::VideoFormat format : plan.output.formats) videos_.insert(video_target(shot, format));
    }
  }

  std::vector<Unplanned> all() {
    for (const ByShot& place : kByShot) {
      const std::string folder(place.folder);
      if (place.depth == ByShot::Depth::flat) {
        look_for_ids(place.kind, folder);
        continue;
      }
      for (const std::string& name : files_.list(plan_.out + "/" + folder))
        look_for_ids(place.kind, folder + "/" + name);
    }
    look_for_videos("videos");
    return std::move(found_);
  }

 private:
  void look_for_ids(std::string_view kind, const std::string& folder) {
    for (const std::string& name : files_.list(plan_.out + "/" + folder)) {
      const std::string id = name.substr(0, kIdDigits);
      if (!jobs::shot_id_from_hex(id)) continue;
      const bool damaged = name.ends_with(".bad");
      if (ids_.contains(id) && !damaged) continue;
      add(kind, folder + "/" + name);
    }
  }

  /// PNG frames are a folder for each shot, of pictures alone; other folders are the job's own order.
  void look_for_videos(const std::string& folder) {
    const std::vector<std::string> names = files_.list(plan_.out + "/" + folder);
    for (const std::string& name : names) {
      const std::string path = folder + "/" + name;
      if (videos_.contains(path)) continue;
      const auto status = own_status(files_, plan_.out + "/" + path);
      if (!status) continue;
      if (status->is_folder) {
        holds_frames(path) ? add("videos", path) : look_for_videos(path);
      } else if (name.ends_with(".mp4") || name.ends_with(".gif") || name.ends_with(".webp")) {
        add("videos", path);
      }
    }
  }

  bool holds_frames(const std::string& folder) {
    const std::vector<std::string> names = files_.list(plan_.out + "/" + folder);
    return !names.empty() && std::all_of(names.begin(), names.end(), [](const std::string& name) {
      return name.size() == 8 && name.ends_with(".png");
    });
  }

  void add(std::string_view kind, const std::string& path) {
    Unplanned one{.kind = kind, .path = path, .files = {}};
    add_files(files_, plan_.out + "/" + path, one);
    if (!one.files.empty()) found_.push_back(std::move(one));
  }

  storage::FileOps& files_;
  const jobs::Plan& plan_;
  std::set<std::string> ids_;
  std::set<std::string> videos_;
  std::vector<Unplanned> found_;
};

}  // namespace

std::vector<Unplanned> find_unplanned(storage::FileOps& files, const jobs::Plan& plan) {
  return Search(files, plan).all();
}

void remove_unplanned(storage::FileOps& files, const std::string& run_directory, const Unplanned& unplanned) {
  for (const std::string& file : unplanned.files) files.remove(file);
  // Folders are removed only once they are empty.
  std::error_code ignored;
  for (std::filesystem::path folder = run_directory + "/" + unplanned.path;
       folder.string().size() > run_directory.size() + 1; folder = folder.parent_path()) {
    if (folder.parent_path() == run_directory) break;
    if (std::filesystem::is_directory(folder, ignored)) std::filesystem::remove(folder, ignored);
  }
}

}  // namespace pia::farm
