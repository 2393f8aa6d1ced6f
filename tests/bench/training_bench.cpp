// SPDX-License-Identifier: Apache-2.0
// Trains on the toy world and prints a line of JSON a step (loss, gradient norm, seconds); then writes the
// model and, for clips, prints the gate. A benchmark, and what a job file's training can be compared with.
// Usage: training_bench vae|stills|clips MODEL MOTION STEPS BATCH RATE THREADS OUTPUT
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "dsl/tokenizer.hpp"
#include "jobs/core/error.hpp"
#include "renderer/training/toy/toy_clips.hpp"
#include "renderer/training/trainer.hpp"

namespace {

using namespace pia;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

jobs::Training training_of(std::span<char*> arguments) {
  const std::string kind = arguments[1];
  jobs::Training training{
      .name = "bench",
      .seed = 1,
      .model = arguments[2],
      .base = {},
      .motion = kind == "clips" ? arguments[3] : "",
      .start = jobs::Start::pass_through,
      .network = kind == "vae" ? jobs::TrainedNetwork::vae : jobs::TrainedNetwork::denoiser,
      .parameters = {},
      .steps = std::atoi(arguments[4]),
      .batch = std::atoi(arguments[5])};
  training.data.styles = {"flat"};
  training.optimizer.learning_rate = std::atof(arguments[6]);
  training.optimizer.warmup = 20;
  training.optimizer.cosine = true;
  training.optimizer.ema = 0.995;
  training.vae.whitened = 3;
  training.denoiser.min_snr = 5;
  training.denoiser.loss_weight = jobs::LossWeight::velocity;
  if (kind != "clips") return training;
  training.denoiser.frames = 16;
  training.denoiser.frames_seen = 5;
  training.denoiser.focus = 0.33;
  training.denoiser.focus_timestep = 940;
  training.denoiser.terminal_timestep = 940;
  return training;
}

void print_gate(const renderer::GateReport& gate) {
  std::printf("{\"copy\": %.4f}\n", gate.copy);
  for (const renderer::GateRow& row : gate.rows) {
    std::printf(
        "{\"t\": %d, \"right\": %.4f, \"affinity_one\": %.4f, \"affinity_low\": %.4f, "
        "\"first_frame\": %.4f}\n",
        row.timestep, row.right, row.affinity_one, row.affinity_low, row.first_frame);
  }
}

void train(std::span<char*> arguments) {
  const jobs::Training training = training_of(arguments);
  const dsl::Tokenizer tokenizer;
  const auto clips = renderer::make_toy_source(training.data, training.denoiser);
  const auto reducer = renderer::make_lone_reducer();
  const auto trainer = renderer::make_trainer(
      training, *clips, *reducer,
      {.threads = std::atoi(arguments[7]), .device = "cpu", .tokenize = [&](const std::string& caption) {
         return tokenizer.encode_padded(caption);
       }});
  for (int i = 0; i < training.steps; ++i) {
    const double start = now();
    const renderer::StepReport report = trainer->step();
    std::printf("{\"step\": %d, \"loss\": %.5f, \"norm\": %.4f, \"seconds\": %.3f}\n", i + 1, report.loss,
                report.gradient_norm, now() - start);
    std::fflush(stdout);
  }
  trainer->write_model(arguments[8]);
  if (training.denoiser.frames > 1) print_gate(trainer->gate({.first_example = renderer::kFirstHeldOut}));
}

}  // namespace

int main(int count, char** values) {
  if (count != 9) {
    std::fputs("usage: training_bench vae|stills|clips MODEL MOTION STEPS BATCH RATE THREADS OUTPUT\n",
               stderr);
    return 64;
  }
  try {
    train({values, static_cast<std::size_t>(count)});
  } catch (const jobs::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
  return 0;
}
