// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dsl/job_file.hpp"
#include "tests/support/map_catalog.hpp"

namespace pia::tests {

/// The files that these tests' job files name, in /jobs and /data.
MapCatalog job_files();

/// Compiles `text` as /jobs/job.toml, in the working directory /jobs.
dsl::Compiled compile_text(const std::string& text, const std::vector<std::string>& sets = {});

/// The diagnostics, one a line.
std::string said(const dsl::Compiled& compiled);

/// A plan for people to review: counts and the words of each shot.
std::string summary(const jobs::Plan& plan);

/// `format = 1`, a [defaults] with model and motion, then `rest`.
std::string with_defaults(const std::string& rest);

}  // namespace pia::tests
