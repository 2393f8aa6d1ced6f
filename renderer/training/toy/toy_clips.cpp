// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/toy/toy_clips.hpp"

#include "jobs/core/error.hpp"
#include "renderer/training/affinity.hpp"
#include "renderer/training/toy/caption.hpp"
#include "renderer/training/toy/draw.hpp"
#include "renderer/training/toy/draws.hpp"

namespace pia::renderer {
namespace {

class ToySource final : public ClipSource {
 public:
  explicit ToySource(ToyClips clips) : clips_(std::move(clips)) {}
  Example example(std::uint64_t index) const override { return toy_example(clips_, index % kFirstHeldOut); }

 private:
  ToyClips clips_;
};

// The condition frame as it would be in another style.
jobs::Clip condition_in(ToyScene scene, ToyStyle style, const ToyWorld& world, int frame) {
  scene.style = style;
  jobs::Image picture = draw(scene, time_of_frame(scene, world, frame), world.width, world.height);
  return {1, world.width, world.height, std::move(picture.rgb)};
}

std::vector<ToyStyle> styles_called(const std::vector<std::string>& words) {
  std::vector<ToyStyle> styles;
  for (const std::string& word : words) {
    const auto style = toy_style_called(word);
    if (!style) {
      throw jobs::InputError("the toy world has no style '" + word +
                             "'; choose from flat, comic, pastel, neon");
    }
    styles.push_back(*style);
  }
  return styles;
}

ToyKind other_than(ToyKind kind) {
  switch (kind) {
    case ToyKind::left:
      return ToyKind::right;
    case ToyKind::up:
      return ToyKind::down;
    case ToyKind::down:
      return ToyKind::up;
    case ToyKind::grow:
      return ToyKind::shrink;
    case ToyKind::shrink:
      return ToyKind::grow;
    default:
      return ToyKind::left;
  }
}

}  // namespace

double toy_largest_distance(ToyStyle style) {
  constexpr std::array<double, kToyStyles> kLargest = {.0713, .0928, .0677, .1153};
  return kLargest[static_cast<std::size_t>(style)];
}

ToyClips toy_clips(const jobs::ClipData& data, const jobs::DenoiserTraining& denoiser) {
  if (data.width < 8 || data.height < 8 || denoiser.frames < 1) {
    throw jobs::InputError("toy clips of " + std::to_string(data.width) + " x " +
                           std::to_string(data.height) + " pixels and " + std::to_string(denoiser.frames) +
                           " frames can't be drawn; 8 x 8 and 1 are the least");
  }
  if (denoiser.affinity == jobs::AffinityRule::official) {
    throw jobs::InputError("the toy world measures affinity as the paper says; set affinity = \"paper\"");
  }
  std::vector<ToyStyle> styles = styles_called(data.styles);
  if (styles.empty()) styles.push_back(ToyStyle::flat);
  return {.world = {.seed = data.seed,
                    .styles = std::move(styles),
                    .width = data.width,
                    .height = data.height,
                    .frames = denoiser.frames},
          .condition = denoiser.condition_frame,
          .condition_styles = styles_called(data.condition_styles)};
}

Example toy_example(const ToyClips& clips, std::uint64_t index) {
  const ToyScene scene = scene_of(clips.world, index);
  Example example;
  example.clip = draw_clip(scene, clips.world);
  example.caption = caption_of(scene);
  if (clips.condition == jobs::ConditionFrame::random) {
    example.condition_frame = Draws(scene.caption_seed, 1).pick(clips.world.frames);
  }
  example.affinity =
      paper_affinity(example.clip, example.condition_frame, {.largest = toy_largest_distance(scene.style)});
  if (clips.condition_styles.empty()) return example;
  const int style = Draws(scene.caption_seed, 2).pick(static_cast<int>(clips.condition_styles.size()));
  const ToyStyle shown = clips.condition_styles[static_cast<std::size_t>(style)];
  if (shown == scene.style) return example;
  example.condition = condition_in(scene, shown, clips.world, example.condition_frame);
  for (float& affinity : example.affinity) affinity *= kAffinityAcrossStyles;
  return example;
}

std::string toy_caption_of_other(const ToyClips& clips, std::uint64_t index) {
  ToyScene scene = scene_of(clips.world, index);
  scene.kind = other_than(scene.kind);
  return caption_of(scene);
}

std::unique_ptr<ClipSource> make_toy_source(const jobs::ClipData& data,
                                            const jobs::DenoiserTraining& denoiser) {
  return std::make_unique<ToySource>(toy_clips(data, denoiser));
}

}  // namespace pia::renderer
