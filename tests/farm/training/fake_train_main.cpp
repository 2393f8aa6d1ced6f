// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <thread>

#include "farm/training/train_process.hpp"
#include "jobs/core/error.hpp"
#include "tests/support/line_trainer.hpp"

namespace {

// Takes as long a step as it is told to.
class SlowTrainer : public pia::tests::LineTrainer {
 public:
  SlowTrainer(const pia::jobs::Training& training, pia::renderer::Reducer& reducer, double seconds)
      : LineTrainer(training, reducer), pause_(seconds) {}
  pia::renderer::StepReport step() override {
    std::this_thread::sleep_for(pause_);
    return LineTrainer::step();
  }

 private:
  std::chrono::duration<double> pause_;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace pia;
  try {
    const auto options = farm::train_process_options(argc, argv);
    if (!options) return static_cast<int>(jobs::ExitCode::all_done);
    farm::StopSignals signals;
    tests::LoneReducer alone;
    const auto make = [](const jobs::Training& training, renderer::Reducer& reducer,
                         const farm::TrainProcessOptions& told) {
      return std::make_unique<SlowTrainer>(training, reducer, told.step_seconds);
    };
    return farm::train_process(*options, alone, {.make = make, .signals = signals});
  } catch (const jobs::Error& error) {
    std::fprintf(stderr, "pia-train-fake: %s\n", error.what());
    return static_cast<int>(error.code());
  }
}
