// SPDX-License-Identifier: Apache-2.0
#include "farm/training/sample_sheet.hpp"

#include <algorithm>
#include <cstring>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

constexpr int kMostColumns = 16;
constexpr int kMostPixels = 2100;  // across
constexpr int kSmall = 96;         // pixels
constexpr int kGap = 2;
constexpr int kPairGap = 8;

struct Place {
  int x = 0;
  int y = 0;
};

void put(jobs::Image& sheet, const jobs::Clip& clip, int frame, const Place& place, int zoom) {
  const std::uint8_t* pixels = clip.rgb.data() + static_cast<std::size_t>(frame) * clip.frame_bytes();
  for (int y = 0; y < clip.height * zoom; ++y) {
    for (int x = 0; x < clip.width * zoom; ++x) {
      const auto from = static_cast<std::size_t>((y / zoom) * clip.width + x / zoom) * 3;
      const auto to = static_cast<std::size_t>((place.y + y) * sheet.width + place.x + x) * 3;
      std::memcpy(&sheet.rgb[to], pixels + from, 3);
    }
  }
}

// The frame of a column: the first and the last are always there.
int frame_of(int column, int columns, int frames) {
  return columns == 1 ? 0 : column * (frames - 1) / (columns - 1);
}

bool has_condition(const renderer::Sample& sample) {
  return sample.condition.frames > 0;
}

void check_alike(std::span<const renderer::Sample> samples) {
  const jobs::Clip& like = samples.front().made;
  const auto is_alike = [&](const jobs::Clip& clip) {
    return clip.frames == like.frames && clip.width == like.width && clip.height == like.height;
  };
  for (const renderer::Sample& sample : samples) {
    const jobs::Clip& shown = sample.condition;
    const bool fits = shown.frames == 0 || (shown.width == like.width && shown.height == like.height);
    if (fits && is_alike(sample.made) && is_alike(sample.given)) continue;
    throw jobs::InputError("samples differ in size or length; give data of one width and height");
  }
}

}  // namespace

jobs::Image sample_sheet(std::span<const renderer::Sample> samples) {
  const jobs::Clip& like = samples.front().made;
  check_alike(samples);
  const bool moves = like.frames > 1;
  const auto count = static_cast<int>(samples.size());
  const int zoom = std::max(like.width, like.height) <= kSmall ? 2 : 1;
  const int fitting = std::clamp(kMostPixels / (like.width * zoom + kGap), 2, kMostColumns);
  const int columns = moves ? std::min(like.frames, fitting) : count;
  const int pairs = moves ? count : 1;
  const int conditions = std::ranges::any_of(samples, has_condition) ? 1 : 0;
  const int step_x = like.width * zoom + kGap;
  const int step_y = like.height * zoom + kGap;
  jobs::Image sheet{.width = (conditions + columns) * step_x - kGap,
                    .height = pairs * (2 * step_y + kPairGap) - kGap - kPairGap,
                    .rgb = {}};
  sheet.rgb.assign(static_cast<std::size_t>(sheet.width) * static_cast<std::size_t>(sheet.height) * 3, 255);
  for (int i = 0; i < pairs * columns; ++i) {
    const int row = i / columns;
    const int column = i % columns;
    const renderer::Sample& sample = samples[static_cast<std::size_t>(moves ? row : column)];
    const int frame = moves ? frame_of(column, columns, like.frames) : 0;
    const Place above{.x = (conditions + column) * step_x, .y = row * (2 * step_y + kPairGap)};
    if (column == 0 && has_condition(sample)) put(sheet, sample.condition, 0, {.x = 0, .y = above.y}, zoom);
    put(sheet, sample.given, frame, above, zoom);
    put(sheet, sample.made, frame, {.x = above.x, .y = above.y + step_y}, zoom);
  }
  return sheet;
}

std::string sheet_captions(std::span<const renderer::Sample> samples) {
  std::string text;
  for (const renderer::Sample& sample : samples) text += sample.caption + "\n";
  return text;
}

}  // namespace pia::farm
