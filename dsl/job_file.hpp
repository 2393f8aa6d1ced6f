// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
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
  std::vector<std::string> only = {};  ///< --only key=pattern, in order; marks the shots that match them all
  enum class Draft { no, yes };
  Draft draft = Draft::no;  ///< --draft: at most 8 steps and 256 pixels, videos under draft/
  enum class Warnings { warn, refuse };
  Warnings warnings = Warnings::warn;  ///< --strict: every warning is an error
};

struct CompileOptions {
  jobs::Dtype dtype = jobs::Dtype::fp32;  ///< what the site and the device decide
  const Tokenizer* tokenizer =
      nullptr;  ///< to share, as making one takes milliseconds; compile makes its own
  enum class Explain { all, little };
  Explain explain = Explain::all;  ///< little: `origins` and `values` are not asked for, and may lack keys
  std::function<std::uint64_t()> chance =
      {};  ///< 64 random bits, for seeds of -1; without it they come from what the shot is
  /// The plan that is kept in a run directory, whose drawn seeds stay; nothing if there is none. Asked once
  /// at most, and only if a shot's seed is -1.
  std::function<std::optional<jobs::Plan>(const std::string& run_directory)> kept = {};
};

/// Where a shot's key got its value: "file:line:col", "built in", "--set", or in words what it was worked out
/// from.
using Origins = std::map<std::string, std::string>;

/// What a [[grid]] came to, for `plan`.
struct GridCount {
  std::string name = {};
  int line = 0;
  std::int64_t combinations = 0;
  std::int64_t excluded = 0;  ///< combinations that an exclude removed
  std::int64_t left_out = 0;  ///< combinations that `sample` did not choose
  std::int64_t included = 0;  ///< shots that `include` added
  std::int64_t shots = 0;     ///< what is left
};

/// What an [[override]] came to.
struct OverrideCount {
  int line = 0;
  std::int64_t changed = 0;  ///< shots
};

struct Compiled {
  std::optional<jobs::Plan> plan;  ///< there is one exactly if no diagnostic is an error
  /// What the plan would be, if only things stand against it that nothing can render yet.
  std::optional<jobs::Plan> refused = {};
  Diagnostics diagnostics;       ///< all of them, sorted by file, line, column
  Sources sources = {};          ///< what was read: the job file and those that it extends
  std::vector<Origins> origins;  ///< one a shot of the plan or the refused one: for `plan --explain`
  std::vector<std::map<std::string, std::string>>
      values;                           ///< one a shot: each key's value as text, beside `origins`
  std::vector<jobs::ShotId> only = {};  ///< the shots of the plan that --only keeps; none without --only
  std::vector<GridCount> grids = {};
  std::vector<OverrideCount> overrides = {};
  /// The choices and wildcards, as written, of each template that prompts were drawn from.
  std::vector<std::vector<std::string>> templates = {};
};

/// Reads, binds, expands, resolves and identifies: dsl/REFERENCE.md. Never throws for what a user wrote; the
/// same bytes, catalog, chance and kept plan give the same plan. Every key is used or complained about.
Compiled compile(const JobSource& source, const jobs::Site& site, const Catalog& catalog,
                 const CompileOptions& options);

struct CompiledSite {
  std::optional<jobs::Site> site;
  Diagnostics diagnostics;
  Sources sources = {};
};

/// Reads a site file (dsl/REFERENCE.md). `path` is for messages and for relative roots.
CompiledSite compile_site(const std::string& path, const std::string& text);

}  // namespace pia::dsl
