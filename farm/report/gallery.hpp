// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "farm/report/facts.hpp"
#include "jobs/core/gallery.hpp"
#include "jobs/core/plan.hpp"

namespace pia::farm {

// The clips of a plan, laid out to be compared: rows, columns, pages.

/// What a shot has for a key, for people: "toonyou", "0: dawn / 16: night", "genshin@0.4".
std::string gallery_value(jobs::GalleryKey key, const jobs::PlannedShot& shot);

/// Places of shots in the plan.
using GalleryCell = std::vector<std::size_t>;

struct GalleryPage {
  std::string title;
  std::optional<jobs::GalleryKey> rows;  ///< nothing: one row without a name
  std::optional<jobs::GalleryKey> cols;
  std::vector<std::string> row_names;           ///< in the order of the plan
  std::vector<std::string> col_names;           ///< as many as each row of `cells` has
  std::vector<std::vector<GalleryCell>> cells;  ///< [row][column]
  std::vector<jobs::GalleryKey> told;           ///< what else differs on the page: to be said of each clip
  std::size_t clips = 0;
  std::string note = {};  ///< to be said above the clips; may be empty
};

/// Pages by grid and by what the plan's wishes say; what they don't say is chosen from what differs: columns,
/// then rows, of model, magnitude, picture, prompt, seed, and so on, and pages by picture. Where most cells
/// of such a table would be empty, and nothing was wished for, the clips of a page stand in one cell.
std::vector<GalleryPage> gallery_pages(const jobs::Plan& plan);

/// A clip as it can be shown.
struct GalleryClip {
  std::vector<std::string> files = {};  ///< its videos that are there, relative to the run directory
  std::string trouble = {};             ///< why there is none, as a word under an empty frame
  jobs::Measures measures = {};
};

/// A page as HTML that needs nothing besides the videos, which lie in ../videos. `number` counts from 0.
std::string gallery_html(const jobs::Plan& plan, const std::vector<GalleryPage>& pages, std::size_t number,
                         const std::vector<GalleryClip>& clips);

/// The page that leads to all pages, where there are several.
std::string gallery_index_html(const jobs::Plan& plan, const std::vector<GalleryPage>& pages,
                               const std::vector<GalleryClip>& clips);

/// "index.html" of a single page, else "page-001.html".
std::string gallery_file(std::size_t number, std::size_t pages);

}  // namespace pia::farm
