// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "dsl/tokenizer.hpp"
#include "farm/training/picture_clips.hpp"
#include "farm/training/train_process.hpp"
#include "farm/training/video_clips.hpp"
#include "jobs/core/error.hpp"
#include "renderer/training/toy/toy_clips.hpp"
#ifdef PIA_MPI
#include "farm/training/mpi_reducer.hpp"
#endif
#ifdef PIA_NCCL
#include "farm/training/nccl_reducer.hpp"
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
  std::string caption_of_other(std::uint64_t index) const {
    return renderer::toy_caption_of_other(clips_, index);
  }

 private:
  renderer::ToyClips clips_;
};

/// What is learnt from.
struct Clips {
  std::unique_ptr<renderer::ClipSource> source;
  std::function<std::string(std::uint64_t example)> caption_of_other;
};

template <class Source>
Clips owned(std::unique_ptr<Source> source) {
  const Source* clips = source.get();
  return {.source = std::move(source),
          .caption_of_other = [clips](std::uint64_t example) { return clips->caption_of_other(example); }};
}

Clips clips_of(const jobs::Training& training, const renderer::Reducer& reducer) {
  const auto notice = [&reducer](const std::string& sentence) { farm::tell_people(reducer, sentence); };
  if (!training.data.pictures.empty()) {
    return owned(
        std::make_unique<farm::PictureClips>(training.data, farm::PictureClips::Options{.notice = notice}));
  }
  if (training.data.videos.empty()) return owned(std::make_unique<ToyWorldClips>(training));
  return owned(std::make_unique<farm::VideoClips>(training.data, training.denoiser,
                                                  farm::VideoClips::Options{.notice = notice}));
}

/// A trainer with what it refers to.
class WholeTrainer : public renderer::Trainer {
 public:
  WholeTrainer(const jobs::Training& training, renderer::Reducer& reducer,
               const farm::TrainProcessOptions& options)
      : clips_(clips_of(training, reducer)),
        trainer_(renderer::make_trainer(
            training, *clips_.source, reducer,
            {.threads = options.threads,
             .device = options.device,
             .tokenize = [this](const std::string& caption) { return tokenizer_.encode_padded(caption); }})) {
  }

  renderer::StepReport step() override { return trainer_->step(); }
  renderer::TrainingState state() const override { return trainer_->state(); }
  void restore(const renderer::TrainingState& state) override { trainer_->restore(state); }
  void write_model(const std::string& folder) const override { trainer_->write_model(folder); }
  std::optional<renderer::Sample> sample(std::uint64_t example, int steps,
                                         const std::function<bool()>& enough) const override {
    return trainer_->sample(example, steps, enough);
  }
  renderer::GateReport gate(const renderer::GateTask& task) const override {
    renderer::GateTask with_words = task;
    with_words.other_caption = [this](std::uint64_t example) { return clips_.caption_of_other(example); };
    return trainer_->gate(with_words);
  }

 private:
  dsl::Tokenizer tokenizer_;
  Clips clips_;
  std::unique_ptr<renderer::Trainer> trainer_;
};

std::unique_ptr<renderer::Trainer> make(const jobs::Training& training, renderer::Reducer& reducer,
                                        const farm::TrainProcessOptions& options) {
  return std::make_unique<WholeTrainer>(training, reducer, options);
}

std::unique_ptr<renderer::Reducer> reducer_for(int ranks) {
  if (ranks == 1) return renderer::make_lone_reducer();
#ifdef PIA_MPI
  return farm::make_mpi_reducer();
#else
  throw jobs::Error(jobs::ExitCode::unavailable, "this build has no MPI; leave --workers out");
#endif
}

std::unique_ptr<renderer::Reducer> reducer_of_gpus([[maybe_unused]] renderer::Reducer& host) {
#ifdef PIA_NCCL
  return farm::make_nccl_reducer(host, farm::mpi_rank_in_node());
#else
  throw jobs::DeviceError(
      "this build has no NCCL, by which several GPUs train together; leave --workers out, or build with "
      "-DPIA_CUDA=ON where nccl.h is");
#endif
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto options = farm::train_process_options(argc, argv);
    if (!options) return static_cast<int>(jobs::ExitCode::all_done);
    farm::StopSignals signals;
    const auto reducer = reducer_for(options->ranks);
    return farm::train_process(*options, *reducer,
                               {.make = make,
                                .signals = signals,
                                .reducer_of_gpus = reducer_of_gpus,
                                .gate = renderer::GateTask{.first_example = renderer::kFirstHeldOut},
                                .samples = farm::SampleTask{.first_example = renderer::kFirstHeldOut}});
  } catch (const jobs::Error& error) {
    std::fprintf(stderr, "pia-train: %s\n", error.what());
    return static_cast<int>(error.code());
  }
}
