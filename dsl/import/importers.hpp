// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dsl/catalog.hpp"
#include "dsl/import/import_job.hpp"
#include "dsl/import/imported_job.hpp"
#include "dsl/internal/complaints.hpp"

namespace pia::dsl::internal {

/// What an importer works with. `notes` has the source as file 0.
struct Importing {
  const ImportSource& source;
  const ImportOptions& options;
  const Catalog& catalog;
  Complaints& notes;
};

// Each throws NotImported for what it can't make a job of.

/// PIA's render config, with its `base` merged under it.
ImportedJob import_pia(const Table& config, const Importing& importing);
/// Whether a YAML document is one of PIA's, also its base and its training config, which are refused by name.
bool is_pia(const Table& config);

ImportedJob import_travel(const Table& config, const Importing& importing);
bool is_travel_config(const Table& config);

ImportedJob import_csv(const std::string& text, const Importing& importing);
/// Whether the first line names columns that are shot keys, under any of their names.
bool is_csv(const std::string& text);

/// The folder, of the working directory, the source's and those above it, where most of `paths` are; the
/// source's if there are none anywhere.
std::string root_of(const Importing& importing, const std::vector<std::string>& paths);

/// What a job's title calls the source.
std::string file_name(const ImportSource& source);

/// `motion = ...` where the source has none: PIA's weights are no other program's.
void add_motion(TomlBlock& block, const ImportOptions& options, Complaints& notes);
/// `image = ...` where the source has none.
void add_image(TomlBlock& block, const ImportOptions& options, Complaints& notes);

}  // namespace pia::dsl::internal
