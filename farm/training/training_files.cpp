// SPDX-License-Identifier: Apache-2.0
#include "farm/training/training_files.hpp"

#include "dsl/training_json.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {

std::string training_file(const std::string& run_directory) {
  return run_directory + "/training.json";
}

std::string curve_file(const std::string& run_directory) {
  return run_directory + "/loss.tsv";
}

std::string gate_file(const std::string& run_directory) {
  return run_directory + "/gate.txt";
}

std::string sample_folder(const std::string& run_directory) {
  return run_directory + "/samples";
}

std::string captions_file(const std::string& run_directory) {
  return sample_folder(run_directory) + "/captions.txt";
}

std::string sheet_file(const std::string& run_directory, std::int64_t step) {
  const std::string number = std::to_string(step);
  return sample_folder(run_directory) + "/step-" +
         std::string(number.size() < 8 ? 8 - number.size() : 0, '0') + number + ".png";
}

std::string last_sheet(storage::FileOps& files, const std::string& run_directory) {
  std::string last;
  for (const std::string& name : files.list(sample_folder(run_directory))) {
    if (name.starts_with("step-") && name.ends_with(".png")) last = name;
  }
  return last.empty() ? "" : "samples/" + last;
}

std::string kept_job_file(const std::string& run_directory) {
  return run_directory + "/job.toml";
}

std::string train_log_file(const std::string& run_directory) {
  return run_directory + "/logs/train.log";
}

std::string stop_file(const std::string& run_directory, std::uint64_t epoch) {
  return run_directory + "/stop.e" + std::to_string(epoch) + ".tmp";
}

std::string text_of(storage::FileOps& files, const std::string& path) {
  if (!files.exists(path)) return "";
  const auto bytes = files.read(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::optional<dsl::PlannedTraining> read_training(storage::FileOps& files, const std::string& run_directory) {
  const std::string path = training_file(run_directory);
  const std::string text = text_of(files, path);
  if (text.empty()) return std::nullopt;
  auto read = dsl::training_from_json(text);
  if (const auto* trouble = std::get_if<dsl::Trouble>(&read)) {
    throw jobs::InputError(path + " can't be used: " + trouble->sentence +
                           "; run the training's job file again, which writes it anew");
  }
  // It may have been moved.
  auto planned = std::get<dsl::PlannedTraining>(std::move(read));
  planned.out = run_directory;
  return planned;
}

}  // namespace pia::farm
