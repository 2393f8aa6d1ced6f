// SPDX-License-Identifier: Apache-2.0
#include "farm/report/gallery.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "jobs/core/number.hpp"

namespace pia::farm {
namespace {

using enum jobs::GalleryKey;
using jobs::GalleryKey;
using jobs::PlannedShot;

// What people compare comes first.
constexpr std::array kByInterest = {model,
                                    magnitude,
                                    image,
                                    prompt,
                                    seed,
                                    mode,
                                    steps,
                                    guidance_scale,
                                    sampler,
                                    loras,
                                    negative_prompt,
                                    clip_skip,
                                    strength,
                                    eta,
                                    affinity,
                                    condition_frame,
                                    frames,
                                    ip_adapter_scale,
                                    motion,
                                    reference,
                                    width,
                                    height,
                                    fps};

/// More columns than that don't fit on a screen.
constexpr std::size_t kMostLoneColumns = 6;

std::string travel_words(const std::map<int, std::string>& travel, const std::string& constant) {
  if (travel.empty()) return constant;
  std::string text;
  for (const auto& [frame, words] : travel)
    text += (text.empty() ? "" : " / ") + std::to_string(frame) + ": " + words;
  return text;
}

std::string stem(const std::string& path) {
  return std::filesystem::path(path).stem().string();
}

std::string lora_words(const std::vector<jobs::LoraUse>& loras) {
  std::string text;
  for (const jobs::LoraUse& lora : loras)
    text += (text.empty() ? "" : ", ") + stem(lora.file.path) + "@" + jobs::number_text(lora.weight) +
            (lora.weight_te == lora.weight ? "" : ", text " + jobs::number_text(lora.weight_te));
  return text.empty() ? "none" : text;
}

std::string affinity_words(const std::vector<double>& affinity) {
  std::string text;
  for (const double value : affinity) text += (text.empty() ? "" : " ") + jobs::number_text(value);
  return text;
}

std::string count_words(const PlannedShot& planned, GalleryKey key) {
  const jobs::Shot& shot = planned.shot;
  switch (key) {
    case condition_frame:
      return std::to_string(shot.condition_frame);
    case seed:
      return std::to_string(shot.seed);
    case steps:
      return std::to_string(shot.steps);
    case clip_skip:
      return std::to_string(shot.clip_skip);
    case frames:
      return std::to_string(shot.frames);
    case fps:
      return std::to_string(planned.fps);
    case width:
      return std::to_string(shot.geometry.size.width);
    case height:
      return std::to_string(shot.geometry.size.height);
    case guidance_scale:
      return jobs::number_text(shot.guidance_scale);
    case strength:
      return jobs::number_text(shot.strength);
    case eta:
      return jobs::number_text(shot.eta);
    default:
      return jobs::number_text(shot.ip_adapter ? shot.ip_adapter->scale : 0);
  }
}

/// A plan, seen through the places of some of its shots.
struct Group {
  const jobs::Plan& plan;
  GalleryCell shots = {};

  /// In the order of the plan.
  std::vector<std::string> values(GalleryKey key) const {
    std::vector<std::string> all;
    std::map<std::string, std::size_t> known;
    for (const std::size_t at : shots) {
      std::string value = gallery_value(key, plan.shots[at]);
      if (known.emplace(value, all.size()).second) all.push_back(std::move(value));
    }
    return all;
  }

  std::vector<Group> split(GalleryKey key) const {
    std::vector<Group> parts;
    std::map<std::string, std::size_t> known;
    for (const std::size_t at : shots) {
      const auto [part, is_new] = known.emplace(gallery_value(key, plan.shots[at]), parts.size());
      if (is_new) parts.push_back({.plan = plan});
      parts[part->second].shots.push_back(at);
    }
    return parts;
  }
};

/// The keys that differ, first those of most interest.
std::vector<GalleryKey> differing(const Group& group) {
  std::vector<GalleryKey> keys;
  for (const GalleryKey key : kByInterest) {
    if (group.values(key).size() > 1) keys.push_back(key);
  }
  return keys;
}

/// The wishes, and what is chosen where they say nothing.
jobs::GalleryWishes chosen(const Group& group) {
  jobs::GalleryWishes axes = group.plan.output.gallery;
  const bool wished = axes.rows || axes.cols;
  const auto is_taken = [&](GalleryKey key) {
    return key == axes.rows || key == axes.cols || key == axes.page;
  };
  std::vector<GalleryKey> left = differing(group);
  std::erase_if(left, is_taken);
  // A page a picture, so that neighbours can be compared; but not where pictures are all there is to compare.
  const bool by_image = !axes.page && left.size() + (axes.rows ? 1 : 0) + (axes.cols ? 1 : 0) > 2 &&
                        std::erase(left, image) > 0;
  if (by_image) axes.page = image;
  const bool lone = left.size() == 1 && group.values(left[0]).size() > kMostLoneColumns;
  auto next = left.begin();
  if (!axes.cols && next != left.end() && !lone) axes.cols = *next++;
  if (!axes.rows && next != left.end() && !lone) axes.rows = *next++;
  if (wished || !axes.rows || !axes.cols) return axes;
  const std::size_t cells = group.values(*axes.rows).size() * group.values(*axes.cols).size();
  const std::size_t images = by_image ? group.values(image).size() : 1;
  if (2 * group.shots.size() <= cells * images) {
    axes.rows.reset();
    axes.cols.reset();
    if (by_image) axes.page.reset();
  }
  return axes;
}

std::string page_title(const Group& group, const jobs::GalleryWishes& axes) {
  const PlannedShot& first = group.plan.shots[group.shots.front()];
  std::string title = first.grid.empty() ? group.plan.job_name : first.grid;
  if (axes.page) title += ", " + std::string(to_word(*axes.page)) + " " + gallery_value(*axes.page, first);
  return title;
}

GalleryPage page_of(const Group& group, const jobs::GalleryWishes& axes) {
  GalleryPage page{.title = page_title(group, axes), .rows = axes.rows, .cols = axes.cols};
  page.clips = group.shots.size();
  const auto names = [&](const std::optional<GalleryKey>& key) {
    return key ? group.values(*key) : std::vector<std::string>{""};
  };
  page.row_names = names(axes.rows);
  page.col_names = names(axes.cols);
  page.cells.assign(page.row_names.size(), std::vector<GalleryCell>(page.col_names.size()));
  const auto place = [](const std::vector<std::string>& all) {
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < all.size(); ++i) places[all[i]] = i;
    return places;
  };
  const auto row_places = place(page.row_names);
  const auto col_places = place(page.col_names);
  for (const std::size_t at : group.shots) {
    const PlannedShot& shot = group.plan.shots[at];
    const std::size_t row = axes.rows ? row_places.at(gallery_value(*axes.rows, shot)) : 0;
    const std::size_t column = axes.cols ? col_places.at(gallery_value(*axes.cols, shot)) : 0;
    page.cells[row][column].push_back(at);
  }
  page.told = differing(group);
  std::erase_if(page.told, [&](GalleryKey key) { return key == axes.rows || key == axes.cols; });
  return page;
}

}  // namespace

std::string gallery_value(GalleryKey key, const PlannedShot& shot) {
  switch (key) {
    case image:
      return shot.image_id;
    case model:
      return shot.model_id;
    case motion:
      return stem(shot.shot.motion.path);
    case prompt:
      return travel_words(shot.prompt_travel, shot.prompt_text);
    case negative_prompt:
      return travel_words(shot.negative_prompt_travel, shot.negative_prompt_text);
    case mode:
      return std::string(to_word(shot.mode));
    case magnitude:
      return std::string(to_word(shot.magnitude));
    case affinity:
      return affinity_words(shot.shot.affinity);
    case sampler:
      return std::string(to_word(shot.shot.sampler));
    case loras:
      return lora_words(shot.shot.loras);
    case reference:
      return std::string(to_word(shot.shot.reference));
    case grid:
      return shot.grid;
    case name:
      return shot.name;
    default:
      return count_words(shot, key);
  }
}

std::vector<GalleryPage> gallery_pages(const jobs::Plan& plan) {
  Group all{.plan = plan};
  for (std::size_t at = 0; at < plan.shots.size(); ++at) all.shots.push_back(at);
  std::vector<GalleryPage> pages;
  // A grid that was named as an axis is compared, so it is no page of its own.
  const jobs::GalleryWishes& wishes = plan.output.gallery;
  const bool mixes_grids = wishes.rows == grid || wishes.cols == grid || wishes.page == grid;
  for (const Group& group : mixes_grids ? std::vector<Group>{all} : all.split(grid)) {
    if (group.shots.empty()) continue;
    const jobs::GalleryWishes axes = chosen(group);
    for (const Group& part : axes.page ? group.split(*axes.page) : std::vector<Group>{group})
      pages.push_back(page_of(part, axes));
  }
  return pages;
}

}  // namespace pia::farm
