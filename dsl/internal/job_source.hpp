// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dsl/catalog.hpp"
#include "dsl/internal/complaints.hpp"
#include "dsl/internal/document.hpp"
#include "dsl/internal/extend.hpp"
#include "dsl/job_file.hpp"

namespace pia::dsl::internal {

// What renders and trainings have in common: how a job file is read, called, and where its run goes.

/// What stood on the command line, as messages call it; places count from 1.
std::vector<std::string> command_words(const JobSource& source);

/// The document, with what it extends; nothing after a complaint.
std::optional<Extended> read_files(const JobSource& source, const Catalog& catalog, Complaints& complaints);

/// nullptr if the key is absent or broken.
const Value* value_of(const Settings& settings, const char* key);

/// [job] name, else the file's stem.
std::string job_name(const Document& document, const JobSource& source, Complaints& complaints);

/// --out, else [job] out, else renders/<name> under the working directory; absolute.
std::string run_directory(const Document& document, const JobSource& source, const std::string& name);

/// The absolute path that `value` means: from the working directory if it is of --set, else from the file
/// that holds it.
std::string path_of(const Value& value, const Document& document, const JobSource& source);

}  // namespace pia::dsl::internal
