// SPDX-License-Identifier: Apache-2.0
// Trains the toy world's clips in as many processes as mpirun starts, and prints a line: pictures a second,
// and how long a step waits for the sums of its gradients, once they go out beside the backward pass and once
// after. Usage: mpirun -n N ranks_bench MODEL MOTION STEPS BATCH THREADS
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "dsl/tokenizer.hpp"
#include "farm/training/mpi_reducer.hpp"
#include "jobs/core/error.hpp"
#include "renderer/training/toy/toy_clips.hpp"
#include "renderer/training/trainer.hpp"

namespace {

using namespace pia;

constexpr int kWarmUp = 3;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

enum class Sums { beside, after };

/// Another reducer, whose waits are timed; `after` begins nothing before the pass is over.
class Timed : public renderer::Reducer {
 public:
  Timed(renderer::Reducer& inner, Sums sums) : inner_(inner), sums_(sums) {}
  int rank() const override { return inner_.rank(); }
  int ranks() const override { return inner_.ranks(); }
  void begin(std::span<float> values) override {
    if (sums_ == Sums::beside) return inner_.begin(values);
    kept_.push_back(values);
  }
  void go_on() override {
    if (sums_ == Sums::beside) inner_.go_on();
  }
  void finish() override {
    const double start = now();
    for (const std::span<float> values : std::exchange(kept_, {})) inner_.begin(values);
    inner_.finish();
    waited += now() - start;
  }
  double waited = 0;  ///< seconds

 private:
  renderer::Reducer& inner_;
  Sums sums_;
  std::vector<std::span<float>> kept_;
};

jobs::Training training_of(std::span<char*> arguments) {
  jobs::Training training{.name = "bench",
                          .seed = 1,
                          .model = arguments[1],
                          .base = {},
                          .motion = arguments[2],
                          .parameters = {"unet/", "text_encoder/", "motion/"},
                          .steps = std::atoi(arguments[3]),
                          .batch = std::atoi(arguments[4])};
  training.data.styles = {"flat"};
  training.denoiser.frames = 16;
  training.denoiser.frames_seen = 5;
  return training;
}

void measure(const jobs::Training& training, renderer::Reducer& reducer, Sums sums, int threads) {
  const dsl::Tokenizer tokenizer;
  const auto clips = renderer::make_toy_source(training.data, training.denoiser);
  Timed timed(reducer, sums);
  const auto trainer = renderer::make_trainer(
      training, *clips, timed, {.threads = threads, .tokenize = [&](const std::string& caption) {
                                  return tokenizer.encode_padded(caption);
                                }});
  for (int i = 0; i < kWarmUp; ++i) trainer->step();
  timed.waited = 0;
  const double start = now();
  for (int i = 0; i < training.steps; ++i) trainer->step();
  const double seconds = now() - start;
  if (reducer.rank() != 0) return;
  const int pictures = training.steps * training.batch * training.denoiser.frames_seen;
  std::printf(
      "%d processes, %d threads each, sums %s the backward pass: %.2f pictures/s, %.1f ms a step, of which "
      "%.1f ms wait for sums\n",
      reducer.ranks(), threads, sums == Sums::beside ? "beside" : "after ", pictures / seconds,
      1000 * seconds / training.steps, 1000 * timed.waited / training.steps);
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** values) {
  if (count != 6) {
    std::fputs("usage: mpirun -n N ranks_bench MODEL MOTION STEPS BATCH THREADS\n", stderr);
    return 64;
  }
  try {
    const std::span<char*> arguments(values, static_cast<std::size_t>(count));
    const auto reducer = farm::make_mpi_reducer();
    const jobs::Training training = training_of(arguments);
    for (const Sums sums : {Sums::beside, Sums::after, Sums::beside, Sums::after}) {
      measure(training, *reducer, sums, std::atoi(arguments[5]));
    }
  } catch (const jobs::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
  return 0;
}
