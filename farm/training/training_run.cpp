// SPDX-License-Identifier: Apache-2.0
#include "farm/training/training_run.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "farm/media/png_file.hpp"
#include "farm/training/loss_curve.hpp"
#include "farm/training/sample_sheet.hpp"
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

// Errors of the clean latents: all as it belongs, with another motion's words, with affinity 1 and low, and
// as it belongs in the condition frame alone; what makes no difference is not used, and what is worse than
// copying the picture is not learnt.
std::string gate_table(std::int64_t step, const renderer::GateReport& report) {
  std::array<char, 160> line{};
  std::snprintf(line.data(), line.size(), "step %lld: copying the picture errs by %.4f\n",
                static_cast<long long>(step), report.copy);
  std::string table =
      std::string(line.data()) + "     t    right  other word  affinity 1  affinity low  first frame\n";
  for (const renderer::GateRow& row : report.rows) {
    std::snprintf(line.data(), line.size(), "%6d %8.4f %11.4f %11.4f %13.4f %12.4f\n", row.timestep,
                  row.right, row.other_word, row.affinity_one, row.affinity_low, row.first_frame);
    table += line.data();
  }
  return table;
}

class Course {
 public:
  explicit Course(const TrainingRun& run) : run_(run), store_(run.files, run.planned.out) {}

  jobs::ExitCode go() {
    resume();
    tell({.kind = Kind::started, .report = {.step = step_}});
    while (step_ < run_.planned.training.steps) {
      one_step();
      const bool is_last = step_ >= run_.planned.training.steps;
      const bool stop = !is_last && stop_everywhere();
      if (is_last || stop || step_ % run_.planned.training.checkpoint_every == 0) {
        keep(is_last || stop ? Need::must : Need::may);
      }
      if (stop) return jobs::ExitCode::run_again;
      if (is_time_to_look()) look();
    }
    if (leads()) {
      write_curve();
      storage::check_epoch(run_.files, run_.planned.out, run_.epoch);
      write_trained_model(run_);
      tell({.kind = Kind::finished, .report = last_});
    }
    return jobs::ExitCode::all_done;
  }

 private:
  enum class Need { may, must };

  bool leads() const { return run_.reducer.rank() == 0; }
  void tell(const TrainEvent& event) const {
    if (leads()) run_.happened(event);
  }

  void resume() {
    auto found = store_.load(run_.planned.identity, run_.device);
    if (!found.foreign.empty()) {
      throw jobs::Error(jobs::ExitCode::bad_config,
                        found.foreign + "; train into another directory with --out, or remove " +
                            run_.planned.out + "/checkpoints to begin anew");
    }
    for (const std::string& sentence : found.rejected) tell({.kind = Kind::notice, .text = sentence});
    curve_ = kCurveHead;
    if (!found.checkpoint) return;
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

  void write_curve() const {
    if (text_of(run_.files, curve_file(run_.planned.out)) == curve_) return;
    storage::replace_file(run_.files, curve_file(run_.planned.out), bytes_of(curve_),
                          "e" + std::to_string(run_.epoch));
  }

  bool is_time_to_look() const {
    const int every = run_.planned.training.sample_every;
    const bool is_last = step_ >= run_.planned.training.steps;
    return leads() && every > 0 && (is_last || step_ % every == 0);
  }

  // A disk that refuses it is no reason to stop training.
  void look() const {
    storage::check_epoch(run_.files, run_.planned.out, run_.epoch);
    try {
      if (run_.gate) write_gate();
      if (run_.samples) write_samples();
    } catch (const jobs::StorageError& error) {
      tell({.kind = Kind::notice, .text = std::string(error.what()) + "; training goes on without it"});
    }
  }

  void write_samples() const {
    std::vector<renderer::Sample> samples;
    for (int i = 0; i < run_.samples->count; ++i) {
      if (run_.stop_asked()) return;
      samples.push_back(run_.trainer.sample(run_.samples->first_example + static_cast<std::uint64_t>(i),
                                            run_.samples->steps));
    }
    const std::string folder = sample_folder(run_.planned.out);
    const std::string tag = "e" + std::to_string(run_.epoch);
    const std::string captions = sheet_captions(samples);
    run_.files.make_folders(folder);
    storage::replace_file(run_.files, folder + "/captions.txt", bytes_of(captions), tag);
    storage::replace_file(run_.files, sheet_file(run_.planned.out, step_),
                          encode_png(sample_sheet(samples), captions), tag);
  }

  void write_gate() const {
    const renderer::GateReport report = run_.trainer.gate(*run_.gate);
    if (report.rows.empty()) return;
    const std::string table = gate_table(step_, report);
    storage::replace_file(run_.files, gate_file(run_.planned.out), bytes_of(table),
                          "e" + std::to_string(run_.epoch));
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) tell({.kind = Kind::notice, .text = line});
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
