// SPDX-License-Identifier: Apache-2.0
#include "farm/media/contact_sheet.hpp"

#include <algorithm>
#include <cmath>

#include "farm/media/resize.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

jobs::Image frame_within(const jobs::Clip& clip, int frame, jobs::Size cell) {
  const auto from = clip.rgb.begin() + frame * static_cast<std::ptrdiff_t>(clip.frame_bytes());
  jobs::Image image{clip.width, clip.height, {}};
  image.rgb.assign(from, from + static_cast<std::ptrdiff_t>(clip.frame_bytes()));
  const double scale =
      std::min(static_cast<double>(cell.width) / clip.width, static_cast<double>(cell.height) / clip.height);
  const auto scaled = [&](int length) { return std::max(1, static_cast<int>(std::lround(length * scale))); };
  return resize_bicubic(image, {scaled(clip.width), scaled(clip.height)});
}

void paste(jobs::Image& sheet, const jobs::Image& image, int left, int top) {
  for (int y = 0; y < image.height; ++y) {
    const auto from = image.rgb.begin() + std::ptrdiff_t{3} * y * image.width;
    std::copy_n(from, 3 * image.width,
                sheet.rgb.begin() + 3 * (std::ptrdiff_t{top + y} * sheet.width + left));
  }
}

}  // namespace

jobs::Image contact_sheet(std::span<const jobs::Clip> clips, const ContactSheet& sheet) {
  PIA_ASSERT(!clips.empty() && sheet.columns > 0 && sheet.cell.width > 0 && sheet.cell.height > 0);
  const int step_x = sheet.cell.width + sheet.gap;
  const int step_y = sheet.cell.height + sheet.gap;
  jobs::Image whole{
      sheet.gap + sheet.columns * step_x, sheet.gap + static_cast<int>(clips.size()) * step_y, {}};
  whole.rgb.assign(
      std::size_t{3} * static_cast<std::size_t>(whole.width) * static_cast<std::size_t>(whole.height), 255);
  int top = sheet.gap;
  for (const jobs::Clip& clip : clips) {
    const int shown = std::min(sheet.columns, clip.frames);
    for (int column = 0; column < shown; ++column) {
      const int frame = shown == 1 ? 0 : column * (clip.frames - 1) / (shown - 1);
      const jobs::Image image = frame_within(clip, frame, sheet.cell);
      const int left = sheet.gap + column * step_x;
      paste(whole, image, left + (sheet.cell.width - image.width) / 2,
            top + (sheet.cell.height - image.height) / 2);
    }
    top += step_y;
  }
  return whole;
}

}  // namespace pia::farm
