// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dsl/training_file.hpp"
#include "farm/training/training_history.hpp"
#include "renderer/training/trainer.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {

/// How far a training is, as its run directory tells.
struct TrainingStatus {
  dsl::PlannedTraining planned;
  TrainingHistory history;
  std::vector<renderer::StepReport> curve;  ///< of loss.tsv
  std::string gate;                         ///< gate.txt
  std::string sheet;        ///< the last sheet of samples, from the run directory; may be empty
  std::string captions;     ///< of its samples, a line each
  bool is_trained = false;  ///< the model is there
  bool is_held = false;     ///< somebody trains right now
};

/// Throws jobs::Error(bad_usage) if the directory is not a training's.
TrainingStatus read_training_status(storage::FileOps& files, const std::string& run_directory);

/// For people, in lines; also report.txt.
std::string training_status_text(const TrainingStatus& status);

/// For programs, one line.
std::string training_status_json(const TrainingStatus& status);

/// A page of its own, with the loss curve as an inline SVG.
std::string training_report_html(const TrainingStatus& status);

/// The mean loss of the last steps: a hundredth of them all, at least ten.
double recent_loss(const std::vector<renderer::StepReport>& curve);

/// What a training comes to, for `plan` and `check`, in lines.
std::string training_plan_text(const dsl::PlannedTraining& planned);

}  // namespace pia::farm
