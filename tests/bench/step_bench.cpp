// SPDX-License-Identifier: Apache-2.0
// One side of the step benchmark: SD1.5-size random weights, guided PIA. For every line on stdin it does one
// denoising step ("step") or decodes the clip ("decode") and answers with a line of JSON; compare_step.py
// runs it in turn with diffusers. With a fourth argument the clip goes in windows of so many frames.
// Usage: step_bench SIZE FRAMES THREADS [WINDOW]
#include <ATen/Parallel.h>
#include <ATen/ops/randn.h>
#include <c10/core/InferenceMode.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "renderer/pipeline/heap.hpp"
#include "renderer/pipeline/stages.hpp"
#include "renderer/renderer.hpp"
#include "tests/bench/random_model.hpp"

namespace {

using namespace pia;

double wall() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double peak_gb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1048576.0;
}

/// Bytes of a model's weights, in GB.
double size_of(const renderer::ModelWeights& weights) {
  std::size_t bytes = 0;
  for (const auto* map : {&weights.unet, &weights.vae, &weights.text_encoder, &weights.motion}) {
    for (const auto& [name, view] : *map) bytes += view.bytes.size();
  }
  return static_cast<double>(bytes) / 1073741824.0;
}

struct Start {
  double wall_seconds = wall();
  double cpu_seconds = cpu();
};

void answer(const std::string& what, const Start& start, double weights_gb) {
  std::printf("{\"what\": \"%s\", \"wall\": %.4f, \"cpu\": %.4f, \"weights_gb\": %.3f, \"peak_gb\": %.3f}\n",
              what.c_str(), wall() - start.wall_seconds, cpu() - start.cpu_seconds, weights_gb, peak_gb());
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4 && count != 5)
    return std::fputs("usage: step_bench SIZE FRAMES THREADS [WINDOW]\n", stderr), 64;
  const std::int64_t side = std::atoi(arguments[1]) / 8;
  const std::int64_t frames = std::atoi(arguments[2]);
  // The factory sets the process up as pia-render does.
  const auto set_up = renderer::make_torch_renderer({.device = "cpu", .threads = std::atoi(arguments[3])});
  const c10::InferenceMode inference;
  auto random = std::make_unique<bench::RandomModel>(bench::random_sd15());
  const renderer::ResidentModel model = [&] {
    const renderer::PagesForLargeBlocks pages;
    return renderer::load_model(random->weights, {});
  }();
  const auto choices = renderer::choices_of(jobs::Reference::diffusers);
  const at::Tensor text = at::randn({2, 77, 768});
  const auto track = [&](std::int64_t half) {
    return renderer::TextTrack{.keyframe = [one = text.narrow(0, half, 1)](std::size_t) { return one; }};
  };
  renderer::ClipTexts texts(model.unet, {track(0), track(1)});
  const std::vector<std::int64_t> all(static_cast<std::size_t>(frames));
  const int window = count == 5 ? std::atoi(arguments[4]) : 0;
  const renderer::Denoiser denoiser{.unet = model.unet,
                                    .pass = {.frames = frames,
                                             .resnet_norm = choices.resnet_norm,
                                             .motion_norm = choices.motion_norm,
                                             .time = {}},
                                    .condition = at::randn({frames, 5, side, side}),
                                    .text = texts.of(all),
                                    .guidance_scale = 7.5};
  at::Tensor latents = at::randn({frames, 4, side, side});
  const auto schedule = renderer::ddim_schedule(25);
  const double weights_gb = size_of(random->weights);
  random.reset();
  answer("loaded", {}, weights_gb);
  for (std::string line; std::getline(std::cin, line);) {
    const Start start;
    if (line == "decode") {
      renderer::decode(model.vae_decoder, latents, {.scale = 0.18215, .rounding = choices.frames});
    } else {
      const at::Tensor noise =
          window == 0 ? renderer::denoise(denoiser, latents, 961)
                      : renderer::denoise_in_windows(
                            denoiser, texts, latents,
                            {.timestep = 961,
                             .windows = renderer::windows_of({.length = window, .overlap = window / 4},
                                                             static_cast<int>(frames), 0)})
                            .value();
      latents = renderer::ddim_advance(schedule[0], latents, noise);
    }
    answer(line, start, weights_gb);
  }
  return 0;
}
