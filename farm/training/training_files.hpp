// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "dsl/training_file.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {

// What a training's run directory holds besides checkpoints/, journal/ and lease/; absolute paths.

std::string training_file(const std::string& run_directory);  ///< training.json
std::string curve_file(const std::string& run_directory);     ///< loss.tsv
std::string gate_file(const std::string& run_directory);      ///< gate.txt: the last look at what is learnt
std::string sample_folder(const std::string& run_directory);  ///< samples/: a sheet a look
std::string captions_file(const std::string& run_directory);  ///< samples/captions.txt: a line a sample
std::string sheet_file(const std::string& run_directory, std::int64_t step);  ///< samples/step-00001500.png
std::string kept_job_file(const std::string& run_directory);   ///< job.toml: the job file as it was started
std::string train_log_file(const std::string& run_directory);  ///< what pia-train said, its events too

/// The last sheet of samples, as a path from the run directory; empty if there is none.
std::string last_sheet(storage::FileOps& files, const std::string& run_directory);

/// There while the processes of this epoch are asked to keep a checkpoint and stop. Named as a temporary
/// file, so that a later epoch sweeps it.
std::string stop_file(const std::string& run_directory, std::uint64_t epoch);

/// What is kept in a run directory; nothing if it is not a training's. Throws jobs::InputError if it is
/// damaged.
std::optional<dsl::PlannedTraining> read_training(storage::FileOps& files, const std::string& run_directory);

/// The text of a file; empty if it is not there.
std::string text_of(storage::FileOps& files, const std::string& path);

std::span<const std::byte> bytes_of(const std::string& text);

}  // namespace pia::farm
