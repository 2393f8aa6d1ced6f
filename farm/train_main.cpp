// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "dsl/tokenizer.hpp"
#include "farm/training/train_process.hpp"
#include "jobs/core/error.hpp"
#include "renderer/training/toy/toy_clips.hpp"
#ifdef PIA_MPI
#include "farm/training/mpi_reducer.hpp"
#endif

namespace {

using namespace pia;

/// The toy world's clips, held out ones too: a training never gets to those, a look at it does.
class ToyWorldClips : public renderer::ClipSource {
 public:
  explicit ToyWorldClips(const jobs::Training& training)
      : clips_(renderer::toy_clips(training.data, training.denoiser)) {}
  renderer::Example example(std::uint64_t index) const override {
    return renderer::toy_example(clips_, index);
  }

 private:
  renderer::ToyClips clips_;
};

/// A trainer with what it refers to.
class WholeTrainer : public renderer::Trainer {
 public:
  WholeTrainer(const jobs::Training& training, renderer::Reducer& reducer,
               const farm::TrainProcessOptions& options)
      : clips_(training),
        trainer_(renderer::make_trainer(
            training, clips_, reducer,
            {.threads = options.threads,
             .device = options.device,
             .tokenize = [this](const std::string& caption) { return tokenizer_.encode_padded(caption); }})) {
  }

  renderer::StepReport step() override { return trainer_->step(); }
  renderer::TrainingState state() const override { return trainer_->state(); }
  void restore(const renderer::TrainingState& state) override { trainer_->restore(state); }
  void write_model(const std::string& folder) const override { trainer_->write_model(folder); }
  renderer::GateReport gate(const renderer::GateTask& task) const override { return trainer_->gate(task); }

 private:
  dsl::Tokenizer tokenizer_;
  ToyWorldClips clips_;
  std::unique_ptr<renderer::Trainer> trainer_;
};

std::unique_ptr<renderer::Trainer> make(const jobs::Training& training, renderer::Reducer& reducer,
                                        const farm::TrainProcessOptions& options) {
  if (!training.data.videos.empty()) {
    throw jobs::InputError(
        "training from videos is not built yet; leave data.videos out to train from the toy world");
  }
  return std::make_unique<WholeTrainer>(training, reducer, options);
}

/// The caption of another motion.
std::string with_other_motion(const std::string& caption) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kOthers = {{
      {" right", " left"},
      {" left", " right"},
      {" up", " down"},
      {" down", " up"},
      {"rising", "sinking"},
      {"sinking", "rising"},
      {"dropping", "rising"},
      {"growing", "shrinking"},
      {"shrinking", "growing"},
      {"jumping", "moving left"},
  }};
  for (const auto& [word, other] : kOthers) {
    const auto at = caption.find(word);
    if (at != std::string::npos) return std::string(caption).replace(at, word.size(), other);
  }
  return caption + " moving left";
}

std::unique_ptr<renderer::Reducer> reducer_for(int ranks) {
#ifdef PIA_MPI
  if (ranks > 1) return farm::make_mpi_reducer();
#endif
  if (ranks > 1) {
    throw jobs::Error(jobs::ExitCode::unavailable, "this build has no MPI; leave --workers out");
  }
  return renderer::make_lone_reducer();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const farm::TrainProcessOptions options = farm::train_process_options(argc, argv);
    const auto reducer = reducer_for(options.ranks);
    return farm::train_process(options, *reducer,
                               {.make = make,
                                .gate = renderer::GateTask{.first_example = renderer::kFirstHeldOut,
                                                           .other_word = with_other_motion}});
  } catch (const jobs::Error& error) {
    std::fprintf(stderr, "pia-train: %s\n", error.what());
    return static_cast<int>(error.code());
  }
}
