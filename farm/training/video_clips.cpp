// SPDX-License-Identifier: Apache-2.0
#include "farm/training/video_clips.hpp"

#include <algorithm>
#include <cmath>

#include "farm/media/affinity.hpp"
#include "farm/training/clip_cut.hpp"
#include "farm/training/other_caption.hpp"
#include "jobs/core/error.hpp"
#include "renderer/training/affinity.hpp"
#include "renderer/training/toy/scene.hpp"

namespace pia::farm {
namespace {

constexpr std::size_t kHoldOutFrom = 100;
constexpr std::size_t kHeldOutEvery = 50;
constexpr std::uint64_t kClipsMeasured = 64;

/// Places of a list.
struct Rows {
  std::size_t count = 0;
  enum class Of { all, learnt, held_out } of = Of::all;

  std::size_t at(std::size_t i) const {
    if (of == Of::held_out) return i * kHeldOutEvery + kHeldOutEvery - 1;
    return of == Of::learnt ? i + i / (kHeldOutEvery - 1) : i;
  }
};

Rows rows_of(std::size_t videos, bool held_out) {
  if (videos < kHoldOutFrom) return {.count = videos, .of = Rows::Of::all};
  const std::size_t away = videos / kHeldOutEvery;
  if (held_out) return {.count = away, .of = Rows::Of::held_out};
  return {.count = videos - away, .of = Rows::Of::learnt};
}

VideoSet set_of(const jobs::ClipData& data, const jobs::DenoiserTraining& denoiser, std::size_t bytes_kept) {
  return {.videos = read_video_list(data.videos),
          .folder = data.folder,
          .size = {data.width, data.height},
          .least_frames = denoiser.frames,
          .bytes_kept = bytes_kept};
}

}  // namespace

VideoClips::VideoClips(const jobs::ClipData& data, const jobs::DenoiserTraining& denoiser, Options options)
    : data_(data),
      denoiser_(denoiser),
      shelf_(set_of(data, denoiser, options.bytes_kept), std::move(options.notice)) {
  find(0);
}

renderer::Example VideoClips::example(std::uint64_t index) const {
  Found found = find(index);
  renderer::Example example;
  example.affinity = affinity_of(found);
  example.clip = std::move(found.clip);
  example.caption = shelf_.videos()[found.video].caption;
  example.condition_frame = found.condition;
  return example;
}

std::string VideoClips::caption_of_other(std::uint64_t index) const {
  return other_caption(shelf_.videos(), find(index).video);
}

VideoClips::Found VideoClips::find(std::uint64_t index) const {
  renderer::Draws draws(data_.seed, index);
  const bool is_mirrored = draws.chance(0.5);
  const int condition = draws.pick(denoiser_.frames);
  auto found = find_in(index >= renderer::kFirstHeldOut, draws);
  if (!found) found = find_in(false, draws);
  if (!found) {
    throw jobs::InputError("none of the " + std::to_string(shelf_.videos().size()) + " videos that " +
                           data_.videos + " lists in " + data_.folder +
                           " can be used; of the first that was tried: " + shelf_.first_reason());
  }
  if (data_.mirror && is_mirrored) mirror(found->clip);
  if (denoiser_.condition_frame == jobs::ConditionFrame::random) found->condition = condition;
  return std::move(*found);
}

// So often that a video that can be used is hardly missed by chance; then one after the other.
std::optional<VideoClips::Found> VideoClips::find_in(bool held_out, renderer::Draws& draws) const {
  const Rows rows = rows_of(shelf_.videos().size(), held_out);
  const std::size_t draws_made = std::max<std::size_t>(64, 8 * rows.count);
  for (std::size_t i = 0; i < draws_made; ++i) {
    const int place = draws.pick(static_cast<int>(rows.count));
    if (auto found = try_video(rows.at(static_cast<std::size_t>(place)), draws)) return found;
  }
  for (std::size_t place = 0; place < rows.count; ++place) {
    if (auto found = try_video(rows.at(place), draws)) return found;
  }
  return std::nullopt;
}

// Draws as often for a video that can't be used.
std::optional<VideoClips::Found> VideoClips::try_video(std::size_t video, renderer::Draws& draws) const {
  const double where = draws.uniform(0, 1);
  const int length = shelf_.length(video);
  if (length == 0) return std::nullopt;
  const ClipCut cut{.frames = denoiser_.frames, .stride = data_.stride};
  auto clip = shelf_.frames(video, clip_frames(cut, length, where));
  if (!clip) return std::nullopt;
  return Found{.video = video, .clip = std::move(*clip), .condition = 0};
}

std::vector<float> VideoClips::affinity_of(const Found& found) const {
  if (found.clip.frames == 1) return {1.0F};
  if (denoiser_.affinity == jobs::AffinityRule::official) {
    return official_affinity(official_scores(found.clip, found.condition), found.condition);
  }
  return renderer::paper_affinity(found.clip, found.condition, usual_distances());
}

const renderer::Distances& VideoClips::usual_distances() const {
  std::call_once(measured_, [&] {
    std::vector<double> distances;
    for (std::uint64_t index = 0; index < kClipsMeasured; ++index) {
      const Found found = find(index);
      auto more = renderer::hsv_distances(found.clip, found.condition);
      more.erase(more.begin() + found.condition);
      distances.insert(distances.end(), more.begin(), more.end());
    }
    std::ranges::sort(distances);
    const auto percentile = [&](double share) {
      return distances[static_cast<std::size_t>(share * static_cast<double>(distances.size() - 1))];
    };
    const renderer::Distances found{.smallest = percentile(0.025), .largest = percentile(0.975)};
    if (found.smallest < found.largest) usual_ = found;
  });
  return usual_;
}

}  // namespace pia::farm
