// SPDX-License-Identifier: Apache-2.0
#include "tests/renderer/cases.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "renderer/pipeline/stages.hpp"

namespace pia::tests {
namespace {

at::Tensor in_golden_order(const jobs::Latents& latents) {
  return renderer::to_tensor(latents, at::kCPU).transpose(0, 1);
}

void compare_frames(const Golden& golden, const jobs::Clip& clip, CaseErrors& errors) {
  const auto indices = golden.settings.at("frame_indices").get<std::vector<std::size_t>>();
  const auto* expected = golden["frames_u8"].const_data_ptr<std::uint8_t>();
  std::size_t unequal = 0;
  for (const std::size_t index : indices) {
    const std::uint8_t* found = clip.rgb.data() + index * clip.frame_bytes();
    for (std::size_t i = 0; i < clip.frame_bytes(); ++i) {
      const int difference = std::abs(int{*expected++} - int{found[i]});
      errors.frame_bytes = std::max(errors.frame_bytes, difference);
      unequal += difference != 0 ? 1 : 0;
    }
  }
  errors.unequal_bytes =
      static_cast<double>(unequal) / static_cast<double>(indices.size() * clip.frame_bytes());
}

}  // namespace

jobs::ShotResult render_case(const Golden& golden, const jobs::Shot& shot,
                             const renderer::ReferenceChoices& choices) {
  return render_with(rule_model(golden.settings.at("model")), golden, shot, choices);
}

jobs::ShotResult render_with(const renderer::ResidentModel& model, const Golden& golden,
                             const jobs::Shot& shot, const renderer::ReferenceChoices& choices) {
  const c10::InferenceMode inference;
  const jobs::Image image = image_of(golden);
  Watcher watcher;
  renderer::EncodingMemory memory;
  return std::get<jobs::ShotResult>(
      renderer::render_shot({.model = model, .memory = memory, .choices = choices, .now = [] { return 0.0; }},
                            {.shot = shot, .image = image, .keep = jobs::KeepLatents::all}, watcher));
}

CaseErrors errors_of(const Golden& golden, const jobs::ShotResult& result) {
  return errors_with(rule_model(golden.settings.at("model")), golden, result);
}

CaseErrors errors_with(const renderer::ResidentModel& model, const Golden& golden,
                       const jobs::ShotResult& result) {
  const c10::InferenceMode inference;
  const jobs::Shot shot = shot_of(golden);
  CaseErrors errors;

  at::Tensor text = renderer::encode_prompt(model, shot.prompt.keyframes[0].ids);
  if (golden["ids"].size(0) == 2) {
    text = at::cat({renderer::encode_prompt(model, shot.negative_prompt.keyframes[0].ids), text});
  }
  errors.text = largest_error(text, golden["text"]);

  renderer::NoiseSource noise(shot.seed);
  const at::Tensor& latent = golden["image_latent"];
  const renderer::LatentShape shape{.frames = shot.frames, .height = latent.size(1), .width = latent.size(2)};
  noise.clip(shape);
  const at::Tensor moments = renderer::encode_image(model, image_of(golden));
  const at::Tensor sampled = renderer::sample_image(moments, noise, 0.18215);
  const at::Tensor channels = renderer::condition(shot.affinity, sampled, shape);
  errors.image = largest_error(channels[0].narrow(0, 1, 4), latent);

  const at::Tensor& start = golden[golden.has("latents_start") ? "latents_start" : "noise"];
  errors.start = largest_error(in_golden_order(result.step_latents.at(0)), start);
  for (std::size_t i = 0; i < result.timesteps.size(); ++i) {
    char name[32];
    std::snprintf(name, sizeof name, "latents_%02zu", i);
    errors.steps =
        std::max(errors.steps, largest_error(in_golden_order(result.step_latents.at(i + 1)), golden[name]));
  }
  compare_frames(golden, result.clip, errors);
  return errors;
}

bool agrees(const CaseErrors& errors) {
  return std::max({errors.text, errors.image, errors.start, errors.steps}) <= 1e-4 && errors.frame_bytes <= 1;
}

}  // namespace pia::tests
