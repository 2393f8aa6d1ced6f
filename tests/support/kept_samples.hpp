// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/core/checkpoint.hpp"
#include "jobs/core/result.hpp"
#include "jobs/core/training_checkpoint.hpp"
#include "tests/support/shot_builder.hpp"

namespace pia::tests {

/// Small latents whose values tell `step` and their place.
inline jobs::Latents sample_latents(int step) {
  jobs::Latents latents{.frames = 2, .channels = 4, .height = 2, .width = 3, .values = {}};
  for (int i = 0; i < 2 * 4 * 2 * 3; ++i) {
    latents.values.push_back(static_cast<float>(step) + static_cast<float>(i) / 64.0F);
  }
  return latents;
}

/// A result of the shot that ShotBuilder{}.seed(seed) describes, with every optional part.
inline jobs::ShotResult sample_result(std::uint64_t seed = 1) {
  const jobs::Shot shot = ShotBuilder{}.seed(seed).build();
  jobs::ShotResult result;
  result.recipe = jobs::recipe_json(shot);
  result.id = jobs::shot_id(shot);
  result.name = "Labrador \xc3\xa9t\xc3\xa9 " + std::to_string(seed);
  result.clip = {.frames = 2, .width = 3, .height = 2, .rgb = {}};
  for (std::size_t i = 0; i < 2 * result.clip.frame_bytes(); ++i) {
    result.clip.rgb.push_back(static_cast<std::uint8_t>(i * 7 + seed));
  }
  result.latents = sample_latents(2);
  result.step_latents = {sample_latents(0), sample_latents(1), sample_latents(2)};
  result.timesteps = {961, 481};
  result.timings = {.load = 0.5, .encode = 0.25, .denoise = 2, .decode = 1, .steps_done = 2};
  result.provenance = {.device_kind = "cpu", .device_name = "test", .threads = 1, .build = "0.1.0"};
  return result;
}

/// A checkpoint of the same shot with every optional part.
inline jobs::Checkpoint sample_checkpoint(int next_step, std::uint64_t seed = 1) {
  jobs::Checkpoint checkpoint;
  checkpoint.shot = ShotBuilder{}.seed(seed).id();
  checkpoint.next_step = next_step;
  checkpoint.latents = sample_latents(next_step);
  checkpoint.sampler_history = {sample_latents(next_step + 100)};
  checkpoint.kept = {sample_latents(0), sample_latents(1)};
  for (int i = 0; i < 40; ++i) checkpoint.generator_state.push_back(static_cast<std::byte>(i * next_step));
  checkpoint.device_kind = "cpu";
  return checkpoint;
}

/// A training's checkpoint with an array of each kind.
inline jobs::TrainingCheckpoint sample_training(std::int64_t step, std::string_view recipe = "{}") {
  using Type = jobs::NamedArray::Type;
  const auto filled = [&](std::size_t size) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < size; ++i)
      bytes.push_back(static_cast<std::byte>(i * 5 + static_cast<std::size_t>(step)));
    return bytes;
  };
  return {.identity = jobs::sha256(recipe),
          .step = step,
          .curve = "step\tloss\n" + std::to_string(step) + "\t0.5\n",
          .arrays = {{.name = "unet/conv_in.weight", .shape = {2, 3}, .bytes = filled(24)},
                     {.name = "unet/conv_in.bias", .shape = {2}, .bytes = filled(8)},
                     {.name = "steps", .type = Type::int64, .bytes = filled(8)}}};
}

/// Whether two results are the same in all that was handed to the store.
inline bool same(const jobs::ShotResult& a, const jobs::ShotResult& b) {
  return a.id == b.id && a.name == b.name && a.recipe == b.recipe && a.clip == b.clip &&
         a.latents == b.latents && a.step_latents == b.step_latents && a.timesteps == b.timesteps &&
         a.timings == b.timings && a.provenance.device_kind == b.provenance.device_kind &&
         a.provenance.device_name == b.provenance.device_name &&
         a.provenance.threads == b.provenance.threads && a.provenance.build == b.provenance.build;
}

}  // namespace pia::tests
