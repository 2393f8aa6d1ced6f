// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "dsl/catalog.hpp"
#include "dsl/diagnostic.hpp"
#include "dsl/job_file.hpp"
#include "jobs/core/digest.hpp"
#include "jobs/core/site.hpp"
#include "jobs/core/training.hpp"

namespace pia::dsl {

/// A training with its place, and with what tells whether it is still the same one.
struct PlannedTraining {
  jobs::Training training;
  std::string job_file;     ///< absolute path
  std::string out;          ///< absolute path of the run directory
  jobs::Digest model = {};  ///< of the files that training starts from
  jobs::Digest base = {};   ///< zero where there is none, as the others
  jobs::Digest motion = {};
  jobs::Digest videos = {};    ///< of the CSV
  jobs::Digest pictures = {};  ///< of their bytes and captions, in their order
  jobs::Digest identity = {};  ///< SHA-256 of training_recipe
};

struct CompiledTraining {
  std::optional<PlannedTraining> planned;  ///< there is one exactly if no diagnostic is an error
  Diagnostics diagnostics;                 ///< all of them, sorted by file, line, column
  Sources sources = {};
};

/// Whether a job file says kind = "train", in itself or in what it extends. False for what is no TOML.
bool is_training(const JobSource& source, const Catalog& catalog);

/// Reads, binds and resolves a job file with kind = "train" (REFERENCE.md). Never throws for what a user
/// wrote; the same bytes and catalog give the same training. A bare --set KEY=VALUE is of [train].
CompiledTraining compile_training(const JobSource& source, const jobs::Site& site, const Catalog& catalog);

}  // namespace pia::dsl
