// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>

#include "farm/report/gallery.hpp"
#include "farm/report/sentences.hpp"
#include "farm/report/write.hpp"
#include "farm/videos.hpp"

namespace pia::farm {
namespace {

GalleryClip clip_of(storage::FileOps& files, const jobs::Plan& plan, std::size_t at, const ShotFacts& shot) {
  GalleryClip clip;
  if (!shot.done) {
    clip.trouble = shot.gave_up ? "failed: " + shot.reason : "not rendered yet";
    return clip;
  }
  clip.measures = shot.measures;
  for (const std::string& file : video_files(plan.shots[at], plan.output)) {
    if (files.exists(plan.out + "/" + file)) clip.files.push_back(file);
  }
  if (clip.files.empty()) clip.trouble = "rendered, but without a video: pia-farm encode makes it";
  return clip;
}

bool holds(storage::FileOps& files, const std::string& path, std::span<const std::byte> bytes) {
  return files.exists(path) && std::ranges::equal(files.read(path), bytes);
}

bool is_page(const std::string& name) {
  return name.starts_with("page-") && name.ends_with(".html");
}

}  // namespace

std::string write_gallery(storage::FileOps& files, const jobs::Plan& plan, const RunFacts& facts,
                          const std::string& tag) {
  std::vector<GalleryClip> clips;
  for (std::size_t at = 0; at < plan.shots.size(); ++at)
    clips.push_back(clip_of(files, plan, at, facts.shots.at(at)));
  std::vector<GalleryPage> pages = gallery_pages(plan);
  for (GalleryPage& page : pages) page.note = frames_sentence(facts);
  const std::string folder = plan.out + "/gallery";
  files.make_folders_within(plan.out, folder);
  std::vector<std::string> names;
  const auto write = [&](const std::string& name, const std::string& text) {
    const auto bytes = std::as_bytes(std::span(text));
    names.push_back(name);
    // Most pages of a large job are as they were a minute ago.
    if (holds(files, folder + "/" + name, bytes)) return;
    storage::replace_file(files, folder + "/" + name, bytes, tag);
  };
  for (std::size_t number = 0; number < pages.size(); ++number)
    write(gallery_file(number, pages.size()), gallery_html(plan, pages, number, clips));
  if (pages.size() != 1) write("index.html", gallery_index_html(plan, pages, clips));
  for (const std::string& name : files.list(folder)) {
    if (is_page(name) && std::ranges::find(names, name) == names.end()) files.remove(folder + "/" + name);
  }
  return folder + "/index.html";
}

}  // namespace pia::farm
