// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "farm/report/gallery.hpp"
#include "farm/report/html.hpp"
#include "farm/report/measures.hpp"
#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

using enum jobs::GalleryKey;
using jobs::GalleryKey;

constexpr std::size_t kShortId = 12;

constexpr const char* kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5em; color: #222; background: #fff; }
h1 { font-size: 1.3em; margin: 0 0 .2em; } p { margin: .2em 0 1em; color: #666; } a { color: #2a5f95; }
table { border-collapse: collapse; } td, th { padding: .4em; border: 1px solid #ddd; vertical-align: top; }
th { background: #f5f5f5; text-align: left; max-width: 20em; overflow-wrap: anywhere; }
thead th { position: sticky; top: 0; z-index: 1; } tbody th { position: sticky; left: 0; max-width: 12em; }
.cell { display: flex; flex-wrap: wrap; gap: .5em; } figure { margin: 0; width: 16em; }
video, img { width: 100%; height: auto; background: #eee; display: block; }
.none { background: #f3f3f3; color: #777; padding: 2em .5em; text-align: center; overflow-wrap: anywhere; }
figcaption, summary { color: #555; font-size: .9em; overflow-wrap: anywhere; }
dl { margin: .3em 0; font-size: .9em; } dt { color: #777; } dd { margin: 0 0 .2em 1em; overflow-wrap: anywhere; }
</style>
)";

// Clips play while they are in sight: a browser can't play a thousand at once.
constexpr const char* kPlay = R"(<script>
if ("IntersectionObserver" in window) {
  const seen = new IntersectionObserver(entries => entries.forEach(entry =>
    entry.isIntersecting ? entry.target.play().catch(() => {}) : entry.target.pause()));
  document.querySelectorAll("video").forEach(video => { video.controls = false; seen.observe(video); });
}
</script>
)";

constexpr std::array kDetails = {image,  model, prompt,         negative_prompt, mode,     magnitude,
                                 seed,   steps, guidance_scale, sampler,         loras,    clip_skip,
                                 frames, fps,   width,          height,          strength, eta};

std::string head(const std::string& title) {
  return std::string(kHead) + "<title>" + html_escaped(title) + "</title></head><body>\n<h1>" +
         html_escaped(title) + "</h1>\n";
}

std::string paragraph(const std::string& text) {
  return text.empty() ? "" : "<p>" + html_escaped(text) + "</p>\n";
}

std::string link(const std::string& file, const std::string& text) {
  return "<a href=\"" + link_to(file) + "\">" + html_escaped(text) + "</a>";
}

std::string extension(const std::string& file) {
  return file.substr(std::min(file.rfind('.'), file.size()));
}

/// Videos before pictures that move, and these before pictures that don't.
const std::string& best(const std::vector<std::string>& files) {
  static constexpr std::array kBest = {".mp4", ".webp", ".gif"};
  for (const char* wanted : kBest) {
    for (const std::string& file : files) {
      if (extension(file) == wanted) return file;
    }
  }
  return files.front();
}

std::string moving_picture(const GalleryClip& clip, const jobs::PlannedShot& shot) {
  if (clip.files.empty()) return "<div class=\"none\">" + html_escaped(clip.trouble) + "</div>";
  const std::string& file = best(clip.files);
  const std::string source = " src=\"" + link_to("../" + file) + "\" width=\"" +
                             std::to_string(shot.shot.geometry.size.width) + "\" height=\"" +
                             std::to_string(shot.shot.geometry.size.height) + "\"";
  if (extension(file) == ".mp4") {
    return "<video" + source + " muted loop playsinline controls preload=\"none\"></video>";
  }
  return "<img" + source + " loading=\"lazy\" alt=\"" + html_escaped(shot.name) + "\">";
}

std::string caption(const GalleryPage& page, const GalleryClip& clip, const jobs::PlannedShot& shot) {
  std::string text;
  for (const GalleryKey key : page.told) {
    text += (text.empty() ? "" : ", ") + std::string(to_word(key)) + " " + gallery_value(key, shot);
  }
  const std::string measures = measure_words(clip.measures);
  return text + (text.empty() || measures.empty() ? "" : ", ") + measures;
}

std::string details(const GalleryClip& clip, const jobs::PlannedShot& shot) {
  std::string text = "<details><summary>" + html_escaped(shot.name) + "</summary><dl>";
  const auto line = [&](const std::string& name, const std::string& html) {
    text += "<dt>" + name + "</dt><dd>" + html + "</dd>";
  };
  for (const GalleryKey key : kDetails) {
    line(std::string(to_word(key)), html_escaped(gallery_value(key, shot)));
  }
  line("id", html_escaped(to_hex(shot.id).substr(0, kShortId)));
  std::string files;
  for (const std::string& file : clip.files)
    files += (files.empty() ? "" : ", ") + link("../" + file, file.substr(file.rfind('/') + 1));
  if (!files.empty()) line("files", files);
  return text + "</dl></details>";
}

std::string figure(const GalleryPage& page, const GalleryClip& clip, const jobs::PlannedShot& shot) {
  return "<figure>" + moving_picture(clip, shot) + "<figcaption>" + html_escaped(caption(page, clip, shot)) +
         details(clip, shot) + "</figcaption></figure>\n";
}

std::string heading(const std::optional<GalleryKey>& key, const std::string& value) {
  return "<th>" + html_escaped(key ? std::string(to_word(*key)) + ": " + value : value) + "</th>";
}

std::string table(const jobs::Plan& plan, const GalleryPage& page, const std::vector<GalleryClip>& clips) {
  std::string text = "<table>\n";
  if (page.cols) {
    text += "<thead><tr>" + std::string(page.rows ? "<th></th>" : "");
    for (const std::string& name : page.col_names) text += heading(page.cols, name);
    text += "</tr></thead>\n";
  }
  text += "<tbody>\n";
  for (std::size_t row = 0; row < page.cells.size(); ++row) {
    text += "<tr>" + (page.rows ? heading(page.rows, page.row_names[row]) : std::string());
    for (const GalleryCell& cell : page.cells[row]) {
      text += "<td><div class=\"cell\">";
      for (const std::size_t at : cell) text += figure(page, clips.at(at), plan.shots[at]);
      text += "</div></td>";
    }
    text += "</tr>\n";
  }
  return text + "</tbody></table>\n";
}

std::string count_words(const GalleryPage& page, const std::vector<GalleryClip>& clips) {
  std::size_t there = 0;
  for (const auto& row : page.cells) {
    for (const GalleryCell& cell : row) {
      there += static_cast<std::size_t>(std::count_if(
          cell.begin(), cell.end(), [&](std::size_t at) { return !clips.at(at).files.empty(); }));
    }
  }
  return std::to_string(there) + " of " + counted(static_cast<std::int64_t>(page.clips), "clip");
}

}  // namespace

std::string gallery_file(std::size_t number, std::size_t pages) {
  if (pages == 1) return "index.html";
  const std::string digits = std::to_string(number + 1);
  return "page-" + std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits + ".html";
}

std::string gallery_html(const jobs::Plan& plan, const std::vector<GalleryPage>& pages, std::size_t number,
                         const std::vector<GalleryClip>& clips) {
  const GalleryPage& page = pages.at(number);
  std::string text = head(page.title) + paragraph(page.note) + "<p>" + html_escaped(count_words(page, clips));
  if (pages.size() > 1) {
    text += " &middot; " + link("index.html", "all pages");
    if (number > 0)
      text += " &middot; " + link(gallery_file(number - 1, pages.size()), pages[number - 1].title);
    if (number + 1 < pages.size())
      text += " &middot; " + link(gallery_file(number + 1, pages.size()), pages[number + 1].title);
  }
  return text + "</p>\n" + table(plan, page, clips) + kPlay + "</body></html>\n";
}

std::string gallery_index_html(const jobs::Plan& plan, const std::vector<GalleryPage>& pages,
                               const std::vector<GalleryClip>& clips) {
  std::string text =
      head(plan.job_name) + (pages.empty() ? "" : paragraph(pages.front().note)) + "<table><tbody>\n";
  for (std::size_t number = 0; number < pages.size(); ++number) {
    const GalleryPage& page = pages[number];
    std::string first;
    for (const auto& row : page.cells) {
      for (const GalleryCell& cell : row) {
        for (const std::size_t at : cell) {
          if (first.empty() && !clips.at(at).files.empty()) {
            first = "<figure>" + moving_picture(clips.at(at), plan.shots[at]) + "</figure>";
          }
        }
      }
    }
    text += "<tr><td>" + first + "</td><td>" + link(gallery_file(number, pages.size()), page.title) +
            "</td><td>" + html_escaped(count_words(page, clips)) + "</td></tr>\n";
  }
  return text + "</tbody></table>\n" + kPlay + "</body></html>\n";
}

}  // namespace pia::farm
