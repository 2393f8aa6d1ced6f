// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <thread>
#include <utility>

#include "jobs/core/error.hpp"
#include "jobs/core/recipe.hpp"
#include "renderer/fake_script.hpp"
#include "renderer/renderer.hpp"

namespace pia::renderer {
namespace {

constexpr const char* kDevice = "fake";

void sleep_for(double seconds) {
  if (seconds > 0) std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

// splitmix64: equal everywhere, and different for every shot, step and place.
float noise(std::uint64_t seed, int step, std::size_t place) {
  std::uint64_t z = seed + 0x9E3779B97F4A7C15ULL * (place + 1) + 0xD1B54A32D192ED03ULL * std::uint64_t(step);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  z ^= z >> 31;
  return static_cast<float>(z >> 40) * 0x1p-23F - 1.0F;
}

std::uint64_t seed_of(const jobs::ShotId& id) {
  std::uint64_t seed = 0;
  for (std::size_t i = 0; i < 8; ++i) seed = seed << 8U | std::to_integer<std::uint64_t>(id.digest.bytes[i]);
  return seed;
}

jobs::Latents initial_latents(const jobs::Shot& shot, std::uint64_t seed) {
  jobs::Latents latents{.frames = shot.frames,
                        .channels = 4,
                        .height = std::max(1, shot.geometry.size.height / 8),
                        .width = std::max(1, shot.geometry.size.width / 8),
                        .values = {}};
  latents.values.resize(static_cast<std::size_t>(latents.frames * latents.channels * latents.height) *
                        static_cast<std::size_t>(latents.width));
  for (std::size_t i = 0; i < latents.values.size(); ++i) latents.values[i] = noise(seed, 0, i);
  return latents;
}

void advance(jobs::Latents& latents, std::uint64_t seed, int step) {
  float before = latents.values.back();
  for (std::size_t i = 0; i < latents.values.size(); ++i) {
    const float now = latents.values[i];
    latents.values[i] = 0.75F * now + 0.125F * before + 0.125F * noise(seed, step + 1, i);
    before = now;
  }
}

jobs::Clip paint(const jobs::Latents& latents, const jobs::Size& size) {
  jobs::Clip clip{.frames = latents.frames, .width = size.width, .height = size.height, .rgb = {}};
  clip.rgb.reserve(clip.frame_bytes() * static_cast<std::size_t>(clip.frames));
  for (int f = 0; f < clip.frames; ++f) {
    for (int y = 0; y < clip.height; ++y) {
      for (int x = 0; x < clip.width; ++x) {
        for (int c = 0; c < 3; ++c) {
          const int row = std::min(y / 8, latents.height - 1);
          const int column = std::min(x / 8, latents.width - 1);
          const int place = ((f * latents.channels + c) * latents.height + row) * latents.width + column;
          const float value = latents.values[static_cast<std::size_t>(place)];
          clip.rgb.push_back(static_cast<std::uint8_t>(std::clamp(128.0F + 120.0F * value, 1.0F, 254.0F)));
        }
      }
    }
  }
  return clip;
}

class FakeRenderer : public Renderer {
 public:
  explicit FakeRenderer(const FakeOptions& options)
      : options_(options), script_(parse_fake_script(options.script)) {}

  Outcome render(const RenderTask& task, RenderObserver& observer) override;

 private:
  jobs::Checkpoint start(const RenderTask& task) const;
  jobs::ShotResult finish(const RenderTask& task, const jobs::Checkpoint& state) const;

  FakeOptions options_;
  std::vector<FakeMishap> script_;
};

jobs::Checkpoint FakeRenderer::start(const RenderTask& task) const {
  const jobs::ShotId id = jobs::shot_id(task.shot);
  if (task.from != nullptr) {
    const jobs::Checkpoint& from = *task.from;
    const bool fits = from.shot == id && from.device_kind == kDevice && from.dtype == task.shot.dtype &&
                      from.latents.values.size() == initial_latents(task.shot, 0).values.size();
    if (!fits) {
      throw jobs::StorageError("shot " + to_hex(id) + ": the checkpoint is of another shot, dtype or device");
    }
    return from;
  }
  jobs::Checkpoint state;
  state.shot = id;
  state.latents = initial_latents(task.shot, seed_of(id));
  state.dtype = task.shot.dtype;
  state.device_kind = kDevice;
  if (task.keep == jobs::KeepLatents::all) state.kept.push_back(state.latents);
  return state;
}

jobs::ShotResult FakeRenderer::finish(const RenderTask& task, const jobs::Checkpoint& state) const {
  const FakeMoment moment{.shot_hex = to_hex(state.shot), .step = state.next_step, .attempt = task.attempt};
  jobs::ShotResult result;
  result.id = state.shot;
  result.recipe = jobs::recipe_json(task.shot);
  result.clip = paint(state.latents, task.shot.geometry.size);
  if (shows(script_, "black", moment)) std::fill(result.clip.rgb.begin(), result.clip.rgb.end(), 0);
  if (task.keep != jobs::KeepLatents::none) result.latents = state.latents;
  if (task.keep == jobs::KeepLatents::all) {
    result.step_latents = state.kept;
    const int steps = static_cast<int>(state.kept.size()) - 1;
    for (int i = steps; i > 0; --i) result.timesteps.push_back(1000 / steps * (i - 1) + 1);
  }
  if (result.latents && shows(script_, "nan", moment)) {
    result.latents->values.assign(result.latents->values.size(), std::numeric_limits<float>::quiet_NaN());
  }
  result.provenance = {.device_kind = kDevice, .device_name = "fake renderer", .threads = 1, .build = {}};
  return result;
}

Outcome FakeRenderer::render(const RenderTask& task, RenderObserver& observer) {
  const int of = step_count(task.shot);
  jobs::Checkpoint state = start(task);
  const auto snapshot = [&state] { return state; };
  const std::string hex = to_hex(state.shot);
  const int first = state.next_step;
  const auto reach = [&](Phase phase, double seconds) {
    return observer.reached({.phase = phase, .step = state.next_step, .of = of, .seconds = seconds},
                            snapshot) == Directive::stop;
  };
  bool stopping = reach(Phase::loading, 0);
  sleep_for(options_.load_seconds);
  stopping |= reach(Phase::encoding, 0);
  stopping |= reach(Phase::denoising, 0);
  for (;;) {
    const FakeMoment moment{.shot_hex = hex, .step = state.next_step, .attempt = task.attempt};
    enact(script_, moment);
    if (stopping) return state;
    if (state.next_step >= of || skips(script_, moment)) break;
    sleep_for(options_.step_seconds);
    advance(state.latents, seed_of(state.shot), state.next_step);
    ++state.next_step;
    if (task.keep == jobs::KeepLatents::all) state.kept.push_back(state.latents);
    stopping = reach(Phase::denoising, options_.step_seconds);
  }
  reach(Phase::decoding, 0);
  jobs::ShotResult result = finish(task, state);
  result.timings.load = options_.load_seconds;
  result.timings.denoise = options_.step_seconds * (of - first);
  result.timings.steps_done = of - first;
  return result;
}

}  // namespace

std::unique_ptr<Renderer> make_fake_renderer(const FakeOptions& options) {
  return std::make_unique<FakeRenderer>(options);
}

}  // namespace pia::renderer
