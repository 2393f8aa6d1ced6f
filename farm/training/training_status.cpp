// SPDX-License-Identifier: Apache-2.0
#include "farm/training/training_status.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "farm/training/loss_curve.hpp"
#include "farm/training/trained_model.hpp"
#include "farm/training/training_files.hpp"
#include "farm/watchers/words.hpp"
#include "jobs/core/error.hpp"
#include "jobs/core/training_words.hpp"
#include "storage/lease.hpp"

namespace pia::farm {
namespace {

using jobs::Training;

bool somebody_trains(storage::FileOps& files, const std::string& folder) {
  const auto lease = storage::read_lease(files, folder);
  if (!lease || lease->kind == storage::LeaseState::Kind::released) return false;
  return storage::is_damaged(lease->holder) || storage::holder_lives(lease->holder);
}

std::string figure(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

std::string line(const char* name, const std::string& value) {
  return padded(name, 12) + value + "\n";
}

std::string what_is_trained(const Training& training) {
  if (training.network == jobs::TrainedNetwork::vae) return "the VAE";
  if (training.denoiser.lora_rank > 0) return "a LoRA of rank " + std::to_string(training.denoiser.lora_rank);
  std::string parts;
  for (const std::string& part : training.parameters) parts += (parts.empty() ? "" : ", ") + part;
  return "the denoiser" + (parts.empty() ? "" : ": " + parts);
}

std::string clips_words(const Training& training) {
  const std::string size = std::to_string(training.data.width) + "x" + std::to_string(training.data.height);
  const bool is_still = training.network == jobs::TrainedNetwork::vae || training.denoiser.frames == 1;
  if (is_still) return size + " stills";
  return "clips of " + std::to_string(training.denoiser.frames) + " frames, " + size;
}

std::string data_words(const jobs::ClipData& data) {
  if (!data.videos.empty()) return "videos of " + data.videos;
  if (!data.pictures.empty()) {
    return counted(static_cast<std::int64_t>(data.pictures.size()), "picture") + " of " +
           std::filesystem::path(data.pictures.front().file).parent_path().string();
  }
  std::string styles;
  for (const std::string& style : data.styles) styles += (styles.empty() ? "" : ", ") + style;
  return "the toy world (" + styles + ")";
}

std::string state_words(const TrainingStatus& status) {
  const auto steps = static_cast<std::int64_t>(status.planned.training.steps);
  const std::int64_t step = status.curve.empty() ? 0 : status.curve.back().step;
  if (status.is_trained) return "done";
  if (status.is_held) return "at work";
  if (status.history.starts == 0) return "not started";
  if (!status.history.trouble.empty()) return "stopped: " + status.history.trouble;
  return step >= steps ? "the model is to be written; run the same command again"
                       : "stopped; run the same command again";
}

}  // namespace

TrainingStatus read_training_status(storage::FileOps& files, const std::string& run_directory) {
  auto planned = read_training(files, run_directory);
  if (!planned) {
    throw jobs::Error(jobs::ExitCode::bad_usage,
                      run_directory +
                          " is not a training's run directory: it holds no training.json; start "
                          "the training with pia-farm train");
  }
  TrainingStatus status{.planned = std::move(*planned)};
  status.history = fold_training(storage::replay(files, run_directory).records);
  status.curve = read_curve(text_of(files, curve_file(run_directory)));
  status.gate = text_of(files, gate_file(run_directory));
  status.sheet = last_sheet(files, run_directory);
  status.captions = text_of(files, captions_file(run_directory));
  status.is_trained = is_trained(status.planned, files);
  status.is_held = somebody_trains(files, run_directory);
  return status;
}

double recent_loss(const std::vector<renderer::StepReport>& curve) {
  const std::size_t count = std::min(curve.size(), std::max<std::size_t>(10, curve.size() / 100));
  double sum = 0;
  for (std::size_t i = curve.size() - count; i < curve.size(); ++i) sum += curve[i].loss;
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

std::string training_plan_text(const dsl::PlannedTraining& planned) {
  const Training& training = planned.training;
  const std::int64_t a_step = std::int64_t{training.batch} * training.optimizer.accumulation;
  const std::int64_t seen = a_step * training.steps;
  return line("training", training.name) + line("trains", what_is_trained(training)) +
         line("starts from", training.model + (training.motion.empty() ? "" : " and " + training.motion)) +
         line("steps", std::to_string(training.steps) + ", each of " + counted(a_step, "clip") +
                           (training.optimizer.accumulation > 1
                                ? " in " + std::to_string(training.optimizer.accumulation) + " batches"
                                : "")) +
         line("data", clips_words(training) + " of " + data_words(training.data) + "; " +
                          counted(seen, "clip") + " seen in all") +
         line("learning", "rate " + figure(training.optimizer.learning_rate) +
                              (training.optimizer.cosine ? ", falling to 0" : "") +
                              (training.optimizer.warmup > 0
                                   ? ", rising for " + counted(training.optimizer.warmup, "step")
                                   : "")) +
         line("checkpoints", "every " + counted(training.checkpoint_every, "step") +
                                 ", the last two kept, in " + planned.out) +
         line("makes", training.output);
}

std::string training_status_text(const TrainingStatus& status) {
  const Training& training = status.planned.training;
  std::string text = line("training", training.name + ": " + what_is_trained(training));
  text += line("state", state_words(status));
  const std::int64_t step = status.curve.empty() ? 0 : status.curve.back().step;
  text += line("steps", std::to_string(step) + " of " + std::to_string(training.steps) + " told, " +
                            std::to_string(status.history.safe_step) + " safe, " +
                            counted(status.history.starts, "start"));
  if (!status.curve.empty()) {
    text += line("loss", figure(recent_loss(status.curve)) + " lately, " + figure(status.curve.front().loss) +
                             " at first");
  }
  if (status.is_trained) text += line("model", training.output);
  if (!status.sheet.empty()) text += line("samples", status.planned.out + "/" + status.sheet);
  return text + (status.gate.empty() ? "" : "\n" + status.gate);
}

std::string training_status_json(const TrainingStatus& status) {
  using Json = nlohmann::ordered_json;
  const Json json = {{"format", 1},
                     {"training", status.planned.training.name},
                     {"done", status.is_trained},
                     {"at_work", status.is_held},
                     {"step", status.curve.empty() ? 0 : status.curve.back().step},
                     {"safe_step", status.history.safe_step},
                     {"steps", status.planned.training.steps},
                     {"loss", recent_loss(status.curve)},
                     {"trouble", status.history.trouble},
                     {"model", status.planned.training.output}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace pia::farm
