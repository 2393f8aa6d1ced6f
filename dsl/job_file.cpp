// SPDX-License-Identifier: Apache-2.0
#include "dsl/job_file.hpp"

#include <algorithm>
#include <filesystem>

#include "dsl/internal/bind.hpp"
#include "dsl/internal/expand.hpp"
#include "dsl/internal/files.hpp"
#include "dsl/internal/identify.hpp"
#include "dsl/internal/job_source.hpp"
#include "dsl/internal/match.hpp"
#include "dsl/internal/overrides.hpp"
#include "dsl/internal/resolve.hpp"
#include "dsl/internal/select.hpp"
#include "dsl/internal/sets.hpp"
#include "dsl/internal/unicode_text.hpp"
#include "dsl/internal/unused.hpp"
#include "dsl/internal/video_clashes.hpp"
#include "dsl/internal/wildcards.hpp"

namespace pia::dsl {
namespace {

using namespace internal;

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

std::vector<jobs::Metric> metrics_of(const Document& document) {
  std::vector<jobs::Metric> metrics;
  const Value* words = value_of(document.quality, "metrics");
  for (const Value& word : words == nullptr ? List{} : *get<List>(*words)) {
    const auto metric = *jobs::from_word<jobs::Metric>(*get<std::string>(word));
    if (std::ranges::find(metrics, metric) == metrics.end()) metrics.push_back(metric);
  }
  return metrics;
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
  const auto gallery_key = [&](const char* axis) {
    const Value* word = value_of(document.gallery, axis);
    return word == nullptr ? std::nullopt : jobs::from_word<jobs::GalleryKey>(*get<std::string>(*word));
  };
  wishes.gallery = {.rows = gallery_key("rows"), .cols = gallery_key("cols"), .page = gallery_key("page")};
  wishes.metrics = metrics_of(document);
  const auto add = [&](jobs::VideoFormat format) {
    const bool is_new = std::ranges::find(wishes.formats, format) == wishes.formats.end();
    if (is_new) wishes.formats.push_back(format);
  };
  for (const Value& word : *get<List>(settings.at("formats"))) {
    add(*jobs::from_word<jobs::VideoFormat>(*get<std::string>(word)));
  }
  if (*get<bool>(settings.at("frames"))) add(jobs::VideoFormat::png);
  return wishes;
}

std::optional<PathPattern> video_path(const Document& document, Complaints& complaints) {
  const Value* path = value_of(document.output, "path");
  if (path == nullptr) return std::nullopt;
  auto pattern = PathPattern::parse(*get<std::string>(*path));
  if (const auto* trouble = std::get_if<Trouble>(&pattern)) {
    complaints.error(path->place, trouble->sentence);
    return std::nullopt;
  }
  return std::get<PathPattern>(std::move(pattern));
}

// What is left to do once everything is bound.
struct Compilation {
  const JobSource& source;
  Document& document;
  Complaints& complaints;
  const FileFinder& finder;
  const CompileOptions& options;
  Draws& draws;
  Prompts prompts{options.tokenizer};
  Wildcards wildcards{finder};
};

std::string written_at(const Document& document, const Place& place) {
  return file_name(document.files.at(static_cast<std::size_t>(place.file))) + ":" +
         std::to_string(place.line);
}

// The keys by which shots are told apart, in names and by --only.
std::set<std::string, std::less<>> telling_keys(const Document& document) {
  std::set<std::string, std::less<>> keys = {"seed", "motion"};
  for (const Block& block : document.blocks) {
    for (const Axis& axis : block.axes) keys.insert(axis.key);
    for (const Bundle& pair : block.pairs) {
      for (const auto& [key, value] : pair.settings) keys.insert(key);
    }
  }
  for (const Match& match : document.only) {
    for (const Condition& condition : match.conditions) keys.insert(condition.key);
  }
  return keys;
}

std::vector<Resolved> resolved_shots(Compilation& job, const std::vector<FlatShot>& flats) {
  Files files(job.document, job.finder, job.complaints);
  std::set<const Value*> used;
  std::set<std::string> used_prompts;
  std::set<Place> told_brackets;
  std::map<Place, double> guided;
  const auto told = telling_keys(job.document);
  job.draws.again();
  Resolving with{.document = job.document,
                 .files = files,
                 .prompts = job.prompts,
                 .complaints = job.complaints,
                 .dtype = job.options.dtype,
                 .wildcards = job.wildcards,
                 .used = used,
                 .used_prompts = used_prompts,
                 .told_brackets = told_brackets,
                 .guided = guided,
                 .draft = job.source.draft,
                 .draws = job.draws,
                 .told = job.options.explain == CompileOptions::Explain::all ? nullptr : &told};
  std::vector<Resolved> shots;
  shots.reserve(flats.size());
  for (const FlatShot& flat : flats) {
    if (auto resolved = resolve(flat, with)) {
      resolved->planned.source = written_at(job.document, flat.place());
      shots.push_back(std::move(*resolved));
    } else {
      job.complaints.doubt("name");
      job.complaints.doubt("id");
    }
  }
  if (!job.complaints.any_error()) {
    warn_unused(job.document, files, {used, used_prompts, guided}, job.complaints);
  }
  return shots;
}

// What the shots would be called without overrides, if these look at it. Their mistakes, which an override
// may mend, are nobody's business yet.
std::vector<Label> labels_of(Compilation& job, const std::vector<FlatShot>& flats) {
  if (!look_at_labels(job.document.overrides)) return {};
  Complaints unheard(job.source.path, command_words(job.source));
  for (std::size_t i = 1; i < job.document.files.size(); ++i) unheard.add_file(job.document.files[i]);
  Compilation before{.source = job.source,
                     .document = job.document,
                     .complaints = unheard,
                     .finder = job.finder,
                     .options = job.options,
                     .draws = job.draws};
  std::vector<Resolved> shots = resolved_shots(before, flats);
  identify(shots, unheard);
  std::map<const FlatShot*, Label> known;
  for (const Resolved& shot : shots) {
    known[shot.flat] = {.name = shot.planned.name, .id = jobs::to_hex(shot.planned.id)};
  }
  std::vector<Label> labels;
  for (const FlatShot& flat : flats) labels.push_back(known[&flat]);
  return labels;
}

void count(const Expansion& expansion, const std::vector<FlatShot>& flats, jobs::PlanCounts& counts) {
  counts.combinations = static_cast<std::int64_t>(flats.size());
  for (const GridCount& grid : expansion.grids) {
    counts.combinations += grid.combinations - grid.shots;
    counts.excluded += grid.excluded;
    counts.left_out += grid.left_out;
    counts.included += grid.included;
  }
}

// One a plan's shot, each with its video's path.
std::vector<Resolved> with_videos(std::vector<Resolved> shots, const std::vector<jobs::VideoFormat>& formats,
                                  Compilation& job) {
  VideoNaming naming{.draft = job.source.draft, .pattern = video_path(job.document, job.complaints)};
  if (naming.pattern) naming.place = value_of(job.document.output, "path")->place;
  shots = merged(std::move(shots), naming, job.complaints);
  if (naming.pattern) {
    check_video_clashes(shots, {.place = naming.place, .formats = formats}, job.complaints);
  }
  return shots;
}

Compiled finished(Compilation& job, jobs::Plan plan) {
  expand_patterns(job.document, job.finder, job.complaints);
  expand_templates(job.document, job.wildcards, job.complaints);
  Expansion expansion = expand(job.document, job.complaints);
  std::vector<FlatShot>& flats = expansion.flats;
  const std::vector<Label> labels = labels_of(job, flats);
  Compiled compiled;
  compiled.overrides = apply_overrides(job.document, labels, flats, job.complaints);
  compiled.grids = expansion.grids;
  apply_sets(job.document, flats);
  std::vector<Resolved> shots = resolved_shots(job, flats);
  compiled.templates = job.prompts.choices();
  identify(shots, job.complaints);
  check_names(flats, shots, job.complaints);
  warn_of_idle(expansion.idle, job.complaints);
  if (expansion.is_whole && !flats.empty() && compiled.overrides.size() == job.document.overrides.size()) {
    warn_of_idle(job.document.overrides, job.complaints);
  }
  compiled.only = selected(job.document.only, shots, job.complaints);
  shots = with_videos(std::move(shots), plan.output.formats, job);
  count(expansion, flats, plan.counts);
  plan.counts.shots = static_cast<std::int64_t>(shots.size());
  plan.counts.duplicates = static_cast<std::int64_t>(flats.size()) - plan.counts.shots;
  if (job.source.warnings == JobSource::Warnings::refuse) job.complaints.refuse_warnings();
  compiled.diagnostics = job.complaints.sorted();
  if (job.complaints.any_error()) return compiled;
  for (Resolved& shot : shots) {
    plan.shots.push_back(std::move(shot.planned));
    compiled.origins.push_back(std::move(shot.origins));
    compiled.values.push_back(std::move(shot.values));
  }
  (job.complaints.any_refusal() ? compiled.refused : compiled.plan) = std::move(plan);
  return compiled;
}

Compiled compiled(const FileFinder::Context& context, const CompileOptions& options, Complaints& complaints) {
  const JobSource& source = context.source;
  auto read = read_files(source, context.catalog, complaints);
  if (!read) return {.plan = {}, .diagnostics = complaints.sorted(), .origins = {}, .values = {}};
  edit(read->toml, source.sets, complaints);
  Document document = internal::bind(read->toml, complaints);
  document.files = std::move(read->files);
  document.sets = bind_sets(source.sets, complaints);
  document.only = bind_only(source.only, static_cast<int>(source.sets.size()) + 1, complaints);
  const FileFinder finder(document, context);
  jobs::Plan plan;
  plan.job_name = job_name(document, source, complaints);
  plan.job_file = source.path;
  plan.output = output_wishes(document);
  plan.out = run_directory(document, source, plan.job_name);
  Draws draws(options, plan.out);
  Compilation job{.source = source,
                  .document = document,
                  .complaints = complaints,
                  .finder = finder,
                  .options = options,
                  .draws = draws};
  return finished(job, std::move(plan));
}

}  // namespace

Compiled compile(const JobSource& source, const jobs::Site& site, const Catalog& catalog,
                 const CompileOptions& options) {
  Complaints complaints(shown_path(source.path, source.working_directory), command_words(source),
                        source.text);
  Compiled result = compiled({.source = source, .site = site, .catalog = catalog}, options, complaints);
  result.sources = complaints.sources();
  return result;
}

}  // namespace pia::dsl
