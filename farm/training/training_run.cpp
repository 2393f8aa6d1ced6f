// SPDX-License-Identifier: Apache-2.0
#include "farm/training/training_run.hpp"

#include <array>
#include <cmath>

#include "farm/training/common_checkpoint.hpp"
#include "farm/training/look.hpp"
#include "farm/training/loss_curve.hpp"
#include "farm/training/trained_model.hpp"
#include "farm/training/training_files.hpp"
#include "jobs/core/error.hpp"
#include "storage/lease.hpp"
#include "storage/training_store.hpp"

namespace pia::farm {
namespace {

using Kind = TrainEvent::Kind;

jobs::NamedArray kept(renderer::StateArray array) {
  const bool is_fp32 = array.type == renderer::StateArray::Type::fp32;
  return {.name = std::move(array.name),
          .shape = std::move(array.shape),
          .type = is_fp32 ? jobs::NamedArray::Type::fp32 : jobs::NamedArray::Type::int64,
          .bytes = std::move(array.bytes)};
}

renderer::StateArray restored(jobs::NamedArray array) {
  const bool is_fp32 = array.type == jobs::NamedArray::Type::fp32;
  return {.name = std::move(array.name),
          .shape = std::move(array.shape),
          .type = is_fp32 ? renderer::StateArray::Type::fp32 : renderer::StateArray::Type::int64,
          .bytes = std::move(array.bytes)};
}

class Course {
 public:
  explicit Course(const TrainingRun& run) : run_(run), store_(run.files, run.planned.out) {}

  jobs::ExitCode go() {
    resume();
    tell({.kind = Kind::started, .report = {.step = step_}});
    if (leads() && is_look_owed(run_, step_)) look(run_, step_);
    while (step_ < run_.planned.training.steps) {
      one_step();
      const bool is_last = step_ >= run_.planned.training.steps;
      const bool looks = leads() && is_look_due(run_, step_);
      if (is_last || looks || step_ % run_.planned.training.checkpoint_every == 0) {
        keep(is_last ? Need::must : Need::may);
      }
      if (looks) look(run_, step_);
      // After the look: the next start owes one that gave way.
      if (!is_last && stop_everywhere()) {
        keep(Need::must);
        tell({.kind = Kind::stopped, .report = last_});
        wait_for_all();
        return jobs::ExitCode::run_again;
      }
    }
    if (leads()) {
      write_curve();
      storage::check_epoch(run_.files, run_.planned.out, run_.epoch);
      write_trained_model(run_);
      tell({.kind = Kind::finished, .report = last_});
    }
    wait_for_all();
    return jobs::ExitCode::all_done;
  }

 private:
  enum class Need { may, must };

  bool leads() const { return run_.reducer.rank() == 0; }
  void tell(const TrainEvent& event) const {
    if (leads()) run_.happened(event);
  }

  void resume() {
    auto found = common_checkpoint(run_, store_);
    for (const std::string& sentence : found.rejected) tell({.kind = Kind::notice, .text = sentence});
    curve_ = kCurveHead;
    if (!found.checkpoint) {
      if (leads()) forget_looks(run_);
      return;
    }
    renderer::TrainingState state{.step = found.checkpoint->step};
    for (jobs::NamedArray& array : found.checkpoint->arrays) {
      state.arrays.push_back(restored(std::move(array)));
    }
    run_.trainer.restore(state);
    step_ = state.step;
    curve_ = std::move(found.checkpoint->curve);
    const auto curve = read_curve(curve_);
    if (!curve.empty()) last_ = curve.back();
    if (leads()) write_curve();
  }

  void one_step() {
    last_ = run_.trainer.step();
    step_ = last_.step;
    curve_ += curve_line(last_);
    tell({.kind = Kind::step, .report = last_});
    // All ranks see the same loss, so they all stop here.
    if (!std::isfinite(last_.loss)) {
      throw jobs::Error(jobs::ExitCode::bad_config,
                        "the loss of step " + std::to_string(step_) +
                            " is not a number: the training came apart; lower optimizer.learning_rate or "
                            "clip_norm. Its last checkpoint is good");
    }
  }

  bool stop_everywhere() {
    std::array<float, 1> votes = {leads() && run_.stop_asked() ? 1.0F : 0.0F};
    run_.reducer.sum(votes);
    return votes[0] > 0;
  }

  // Until rank 0 has written and looked, which can take long: MPI's own end of those that have nothing more
  // to do gives up after minutes under Slurm.
  void wait_for_all() const {
    std::array<float, 1> nothing = {0};
    run_.reducer.sum(nothing);
  }

  void write_curve() const {
    if (text_of(run_.files, curve_file(run_.planned.out)) == curve_) return;
    storage::replace_file(run_.files, curve_file(run_.planned.out), bytes_of(curve_),
                          "e" + std::to_string(run_.epoch));
  }

  void keep(Need need) {
    if (!leads()) return;
    jobs::TrainingCheckpoint checkpoint{
        .identity = run_.planned.identity, .step = step_, .curve = curve_, .device_kind = run_.device};
    for (renderer::StateArray& array : run_.trainer.state().arrays) {
      checkpoint.arrays.push_back(kept(std::move(array)));
    }
    storage::check_epoch(run_.files, run_.planned.out, run_.epoch);
    try {
      store_.save(checkpoint, run_.epoch);
      write_curve();
    } catch (const jobs::StorageError& error) {
      if (need == Need::must) throw;
      tell({.kind = Kind::notice, .text = std::string(error.what()) + "; training goes on without it"});
      return;
    }
    tell({.kind = Kind::checkpointed, .report = last_});
  }

  const TrainingRun& run_;
  storage::TrainingStore store_;
  std::int64_t step_ = 0;
  std::string curve_;
  renderer::StepReport last_;
};

}  // namespace

jobs::ExitCode run_training(const TrainingRun& run) {
  return Course(run).go();
}

}  // namespace pia::farm
