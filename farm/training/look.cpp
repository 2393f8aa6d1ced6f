// SPDX-License-Identifier: Apache-2.0
#include "farm/training/look.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include "farm/media/png_file.hpp"
#include "farm/training/sample_sheet.hpp"
#include "farm/training/training_files.hpp"
#include "jobs/core/error.hpp"
#include "storage/lease.hpp"

namespace pia::farm {
namespace {

using Enough = std::function<bool()>;

// Errors of the clean latents: all as it belongs, with another motion's words, with affinity 1 and low, and
// as it belongs in the condition frame alone; what makes no difference is not used, and what is worse than
// copying the picture is not learnt.
std::string gate_table(std::int64_t step, const renderer::GateReport& report) {
  std::array<char, 160> line{};
  std::snprintf(line.data(), line.size(), "step %lld: copying the picture errs by %.4f\n",
                static_cast<long long>(step), report.copy);
  std::string table = std::string(line.data()) +
                      "at t, less is better; what is told counts where \"right\" is the least:\n     t    "
                      "right  other word  affinity 1  affinity low  first frame\n";
  for (const renderer::GateRow& row : report.rows) {
    std::snprintf(line.data(), line.size(), "%6d %8.4f %11.4f %11.4f %13.4f %12.4f\n", row.timestep,
                  row.right, row.other_word, row.affinity_one, row.affinity_low, row.first_frame);
    table += line.data();
  }
  return table;
}

void publish(const TrainingRun& run, const std::string& path, std::span<const std::byte> bytes) {
  storage::check_epoch(run.files, run.planned.out, run.epoch);
  storage::replace_file(run.files, path, bytes, "e" + std::to_string(run.epoch));
}

/// Says now and then that it lives, as often as it is asked.
Enough telling(const TrainingRun& run, const Enough& enough) {
  using Clock = std::chrono::steady_clock;
  return [&run, enough, told = Clock::now()]() mutable {
    constexpr std::chrono::seconds kEvery{10};
    if (Clock::now() - told >= kEvery) {
      told = Clock::now();
      run.happened({.kind = TrainEvent::Kind::alive});
    }
    return enough();
  };
}

void write_gate(const TrainingRun& run, std::int64_t step, const Enough& enough) {
  renderer::GateTask task = *run.gate;
  task.enough = enough;
  const renderer::GateReport report = run.trainer.gate(task);
  if (report.rows.empty()) return;
  const std::string table = gate_table(step, report);
  publish(run, gate_file(run.planned.out), bytes_of(table));
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) run.happened({.text = line});
}

void write_samples(const TrainingRun& run, std::int64_t step, const Enough& enough) {
  std::vector<renderer::Sample> samples;
  for (int i = 0; i < run.samples->count; ++i) {
    const std::uint64_t example = run.samples->first_example + static_cast<std::uint64_t>(i);
    auto sample = run.trainer.sample(example, run.samples->steps, enough);
    if (!sample) return;
    samples.push_back(std::move(*sample));
  }
  const std::string captions = sheet_captions(samples);
  const auto sheet = encode_png(sample_sheet(samples), captions);
  run.files.make_folders_within(run.planned.out, sample_folder(run.planned.out));
  publish(run, captions_file(run.planned.out), bytes_of(captions));
  publish(run, sheet_file(run.planned.out, step), sheet);
}

}  // namespace

bool is_look_due(const TrainingRun& run, std::int64_t step) {
  const int every = run.planned.training.sample_every;
  return every > 0 && step > 0 && (step >= run.planned.training.steps || step % every == 0);
}

bool is_look_owed(const TrainingRun& run, std::int64_t step) {
  return run.samples && is_look_due(run, step) && !run.files.exists(sheet_file(run.planned.out, step));
}

void look(const TrainingRun& run, std::int64_t step) {
  const bool is_last = step >= run.planned.training.steps;
  const Enough enough = telling(run, is_last ? Enough([] { return false; }) : run.stop_asked);
  try {
    if (run.gate) write_gate(run, step, enough);
    if (run.samples) write_samples(run, step, enough);
  } catch (const storage::FencedOff&) {
    throw;
  } catch (const jobs::Error& error) {
    run.happened({.text = std::string(error.what()) + "; no look at what is learnt after step " +
                          std::to_string(step)});
  }
}

void forget_looks(const TrainingRun& run) {
  const std::string folder = sample_folder(run.planned.out);
  for (const std::string& name : run.files.list(folder)) run.files.remove(folder + "/" + name);
  if (run.files.exists(gate_file(run.planned.out))) run.files.remove(gate_file(run.planned.out));
}

}  // namespace pia::farm
