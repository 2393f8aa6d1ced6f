// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dsl/catalog.hpp"
#include "dsl/diagnostic.hpp"
#include "dsl/tokenizer.hpp"
#include "jobs/core/plan.hpp"
#include "jobs/core/site.hpp"

namespace pia::dsl {

/// A job file and what the command line adds to it.
struct JobSource {
  std::string path;               ///< absolute; relative paths in the file start at its folder
  std::string text;               ///< its bytes, whatever they are
  std::string working_directory;  ///< absolute; the default run directory is under it
  std::vector<std::string>
      sets;         ///< --set key=value, in order; a bare shot key is the last word on every shot
  std::string out;  ///< --out, empty if not given
};

struct CompileOptions {
  jobs::Dtype dtype = jobs::Dtype::fp32;  ///< what the site and the device decide
  const Tokenizer* tokenizer =
      nullptr;  ///< to share, as making one takes milliseconds; compile makes its own
};

/// Where a shot's key got its value: "file:line:col", "built in", "--set".
using Origins = std::map<std::string, std::string>;

struct Compiled {
  std::optional<jobs::Plan> plan;  ///< there is one exactly if no diagnostic is an error
  Diagnostics diagnostics;         ///< all of them, sorted by file, line, column
  std::vector<Origins> origins;    ///< one a shot of the plan: for `plan --explain`
  std::vector<std::map<std::string, std::string>>
      values;  ///< one a shot: each key's value as text, beside `origins`
};

/// Reads, binds, expands, resolves and identifies: JOB-FILE.md. Never throws for what a user wrote; the same
/// bytes and catalog give the same plan. Every key is used or complained about.
Compiled compile(const JobSource& source, const jobs::Site& site, const Catalog& catalog,
                 const CompileOptions& options);

struct CompiledSite {
  std::optional<jobs::Site> site;
  Diagnostics diagnostics;
};

/// Reads a site file (JOB-FILE.md section 3). `path` is for messages and for relative roots.
CompiledSite compile_site(const std::string& path, const std::string& text);

}  // namespace pia::dsl
