// SPDX-License-Identifier: Apache-2.0
#include "dsl/job_file.hpp"

#include <algorithm>
#include <filesystem>

#include "dsl/internal/bind.hpp"
#include "dsl/internal/expand.hpp"
#include "dsl/internal/files.hpp"
#include "dsl/internal/identify.hpp"
#include "dsl/internal/names.hpp"
#include "dsl/internal/read.hpp"
#include "dsl/internal/resolve.hpp"
#include "dsl/internal/sets.hpp"
#include "dsl/internal/unicode_text.hpp"
#include "dsl/internal/unused.hpp"

namespace pia::dsl {
namespace {

using namespace internal;

constexpr std::size_t kMostJobName = 100;

std::string shown_path(const JobSource& source) {
  const std::string folder = source.working_directory + "/";
  return source.path.starts_with(folder) ? source.path.substr(folder.size()) : source.path;
}

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

const Value* value_of(const Settings& settings, const char* key) {
  const auto found = settings.find(key);
  return found == settings.end() || is_broken(found->second) ? nullptr : &found->second;
}

std::string job_name(const Document& document, const JobSource& source, Complaints& complaints) {
  const Value* given = value_of(document.job, "name");
  if (given == nullptr) return slug(stem_of(source.path), kMostJobName);
  const std::string& name = *get<std::string>(*given);
  if (name.find('/') != std::string::npos || name == "." || name == ".." || name.size() > kMostJobName) {
    complaints.error(given->place,
                     "job.name is part of a path: at most 100 bytes without /, not " + in_quotes(name));
  }
  return name;
}

std::string run_directory(const Document& document, const JobSource& source, const std::string& name) {
  if (!source.out.empty()) return joined_path(source.working_directory, source.out);
  if (const Value* out = value_of(document.job, "out")) {
    const bool is_set = out->place.set > 0;
    const std::string folder =
        is_set ? source.working_directory : std::filesystem::path(source.path).parent_path().string();
    return joined_path(folder, *get<std::string>(*out));
  }
  return joined_path(source.working_directory, "renders/" + name);
}

jobs::OutputWishes output_wishes(const Document& document) {
  Settings settings = initial_values(Section::output);
  for (const auto& [key, value] : document.output) {
    if (!is_broken(value)) settings[key] = value;
  }
  jobs::OutputWishes wishes{
      .formats = {},
      .crf = static_cast<int>(*get<std::int64_t>(settings.at("crf"))),
      .keep_latents = *jobs::from_word<jobs::KeepLatents>(*get<std::string>(settings.at("keep_latents"))),
      .metadata = *get<bool>(settings.at("metadata"))};
  for (const Value& word : *get<List>(settings.at("formats"))) {
    const auto format = *jobs::from_word<jobs::VideoFormat>(*get<std::string>(word));
    const bool is_new = std::ranges::find(wishes.formats, format) == wishes.formats.end();
    if (is_new) wishes.formats.push_back(format);
  }
  return wishes;
}

bool is_clean(const JobSource& source, Complaints& complaints) {
  for (const std::string& path : {source.path, source.working_directory, source.out}) {
    if (first_bad_utf8(path) == std::string::npos) continue;
    complaints.error(kBuiltIn, "the path " + in_quotes(to_utf8(from_utf8(path))) +
                                   " is not UTF-8; rename the folder or the file");
    return false;
  }
  return true;
}

// What is left to do once everything is bound.
struct Compilation {
  const JobSource& source;
  Document& document;
  Complaints& complaints;
  const FileFinder& finder;
  const CompileOptions& options;
};

std::vector<Resolved> resolved_shots(Compilation& job, const std::vector<FlatShot>& flats) {
  Files files(job.document, job.finder, job.complaints);
  Prompts prompts(job.options.tokenizer);
  std::set<const Value*> used;
  Resolving with{.document = job.document,
                 .files = files,
                 .prompts = prompts,
                 .complaints = job.complaints,
                 .dtype = job.options.dtype,
                 .used = used};
  std::vector<Resolved> shots;
  for (const FlatShot& flat : flats) {
    if (auto resolved = resolve(flat, with)) {
      resolved->planned.source = file_name(job.source.path) + ":" + std::to_string(flat.block->place.line);
      shots.push_back(std::move(*resolved));
    }
  }
  if (!job.complaints.any_error()) warn_unused(job.document, files, used, job.complaints);
  return shots;
}

Compiled finished(Compilation& job) {
  expand_patterns(job.document, job.finder, job.complaints);
  const std::vector<FlatShot> flats = expand(job.document, job.complaints);
  std::vector<Resolved> shots = identify(resolved_shots(job, flats), job.complaints);
  jobs::Plan plan;
  plan.job_name = job_name(job.document, job.source, job.complaints);
  plan.job_file = job.source.path;
  plan.output = output_wishes(job.document);
  plan.out = run_directory(job.document, job.source, plan.job_name);
  plan.counts = {.combinations = static_cast<std::int64_t>(flats.size()),
                 .duplicates = static_cast<std::int64_t>(flats.size() - shots.size()),
                 .shots = static_cast<std::int64_t>(shots.size())};
  Compiled compiled;
  compiled.diagnostics = job.complaints.sorted();
  if (job.complaints.any_error()) return compiled;
  for (Resolved& shot : shots) {
    plan.shots.push_back(std::move(shot.planned));
    compiled.origins.push_back(std::move(shot.origins));
    compiled.values.push_back(std::move(shot.values));
  }
  compiled.plan = std::move(plan);
  return compiled;
}

}  // namespace

Compiled compile(const JobSource& source, const jobs::Site& site, const Catalog& catalog,
                 const CompileOptions& options) {
  Complaints complaints(shown_path(source), source.sets);
  std::optional<Table> toml;
  if (is_clean(source, complaints)) toml = read(source.text, complaints);
  if (!toml) return {.plan = {}, .diagnostics = complaints.sorted(), .origins = {}, .values = {}};
  edit(*toml, source.sets, complaints);
  Document document = bind(*toml, complaints);
  document.sets = bind_sets(source.sets, complaints);
  const FileFinder finder(document, {.source = source, .site = site, .catalog = catalog});
  Compilation job{
      .source = source, .document = document, .complaints = complaints, .finder = finder, .options = options};
  return finished(job);
}

}  // namespace pia::dsl
