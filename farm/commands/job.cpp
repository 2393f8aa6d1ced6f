// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/job.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <random>
#include <set>

#include "farm/catalog.hpp"
#include "farm/clocks.hpp"
#include "farm/commands/diagnostics.hpp"
#include "farm/commands/namesake.hpp"
#include "farm/run_directory.hpp"
#include "farm/run_files.hpp"
#include "farm/run_rules.hpp"
#include "farm/training/training_files.hpp"
#include "farm/watchers/words.hpp"
#include "jobs/core/error.hpp"
#include "jobs/core/number.hpp"
#include "jobs/core/shell.hpp"

namespace pia::farm {
namespace {

namespace fs = std::filesystem;

#ifdef PIA_CUDA
constexpr bool kBuiltForGpus = true;
#else
constexpr bool kBuiltForGpus = false;
#endif

constexpr std::uintmax_t kLongestFile = std::uintmax_t{64} << 20U;

jobs::Error bad_config(const std::string& sentence) {
  return {jobs::ExitCode::bad_config, sentence};
}

// `; did you mean "my.toml"?`, of the files beside it.
std::string hint_of_file(const std::string& path) {
  constexpr std::size_t kMostNames = 10000;
  const fs::path folder = fs::path(path).parent_path();
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end;
       !error && entry != end && names.size() < kMostNames; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  const std::string near = dsl::nearest(fs::path(path).filename().string(), names);
  return near.empty() ? "" : "; did you mean \"" + (folder / near).string() + "\"?";
}

std::string read_text(const std::string& path, const std::string& shown) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) throw bad_config(shown + " is not there; check the path" + hint_of_file(shown));
  if (!fs::is_regular_file(status)) throw bad_config(shown + " is not a file; give the path of a TOML file");
  if (fs::file_size(path, error) > kLongestFile) {
    throw bad_config(shown + " is larger than " + size_words(double{kLongestFile}) +
                     "; that is no TOML file");
  }
  const auto bytes = storage::make_posix_file_ops()->read(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Source {
  std::string job_file;  ///< absolute
  std::string out;       ///< absolute, or empty
};

std::string job_file_of(const std::string& run_directory) {
  const auto files = storage::make_posix_file_ops();
  if (const auto training = read_training(*files, run_directory)) return training->job_file;
  return require_kept_plan(*files, run_directory).job_file;
}

Source source_of(const JobOptions& options, const Surroundings& surroundings) {
  const std::string target = absolute_path(options.target, surroundings);
  const std::string out = options.out.empty() ? "" : absolute_path(options.out, surroundings);
  if (!names_a_folder(options, surroundings)) return {target, out};
  const std::string job_file = job_file_of(target);
  std::error_code error;
  if (!fs::exists(job_file, error)) {
    throw bad_config(options.target + " was made from " + job_file +
                     ", which is gone; give the job file, with --out " + jobs::shell_quoted(options.target));
  }
  return {job_file, out.empty() ? target : out};
}

std::uint64_t random_bits() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

// A damaged one keeps no seeds; who reads it for its own sake says what is wrong.
std::optional<jobs::Plan> kept_plan(const std::string& run_directory) {
  try {
    return read_plan(*storage::make_posix_file_ops(), run_directory);
  } catch (const jobs::Error&) {
    return std::nullopt;
  }
}

dsl::JobSource job_source(const Source& source, const JobOptions& options, const Surroundings& surroundings) {
  return {.path = source.job_file,
          .text = read_text(source.job_file, shortened_path(source.job_file, surroundings.working_directory)),
          .working_directory = surroundings.working_directory,
          .sets = options.sets,
          .out = source.out,
          .only = options.only,
          .draft = options.draft,
          .warnings = options.warnings};
}

/// What answers for this machine's files.
struct MachineCatalog {
  MachineCatalog(const JobOptions& options, const Surroundings& surroundings)
      : digests({.file = surroundings.digest_file, .rehash = options.rehash, .wall_clock_ns = wall_clock_ns}),
        pictures(options.rehash == Rehash::yes ? "" : surroundings.pictures_file),
        catalog(digests, pictures) {}

  DigestCache digests;
  WholePictures pictures;
  FileCatalog catalog;
};

dsl::Compiled compile(const dsl::JobSource& source, const JobOptions& options, const dsl::Catalog& catalog,
                      const LoadedJob& job) {
  const jobs::Dtype dtype =
      job.site.dtype.value_or(job.device == "cuda" ? jobs::Dtype::fp16 : jobs::Dtype::fp32);
  return dsl::compile(source, job.site, catalog,
                      {.dtype = dtype, .explain = options.explain, .chance = random_bits, .kept = kept_plan});
}

std::string unused_words(const std::vector<std::string>& tensors) {
  constexpr std::size_t kMostNamed = 3;
  std::string text = counted(static_cast<std::int64_t>(tensors.size()), "tensor") +
                     (tensors.size() == 1 ? " that is not used: " : " that are not used: ");
  for (std::size_t i = 0; i < std::min(tensors.size(), kMostNamed); ++i) {
    text += (i == 0 ? "" : ", ") + tensors[i];
  }
  if (tensors.size() > kMostNamed) text += " and " + std::to_string(tensors.size() - kMostNamed) + " more";
  return text;
}

std::vector<std::string> notes_of(const jobs::Plan& plan, const dsl::Catalog& catalog,
                                  const Surroundings& surroundings) {
  std::set<std::string> models;
  for (const jobs::PlannedShot& planned : plan.shots) {
    models.insert({planned.shot.model.path, planned.shot.motion.path});
    if (planned.shot.base) models.insert(planned.shot.base->path);
  }
  std::vector<std::string> notes;
  for (const std::string& model : models) {
    const auto found = catalog.model(model);
    const auto* facts = std::get_if<dsl::ModelFacts>(&found);
    if (facts == nullptr || facts->unused_tensors.empty()) continue;
    notes.push_back(shortened_path(model, surroundings.working_directory) + " has " +
                    unused_words(facts->unused_tensors));
  }
  return notes;
}

/// The usual run directories here that were made from a job file: it may not tell its name any more.
std::vector<std::string> runs_made_from(const std::string& job_file, const Surroundings& surroundings) {
  std::vector<std::string> runs;
  const auto files = storage::make_posix_file_ops();
  const std::string renders = absolute_path("renders", surroundings);
  for (const std::string& name : files->list(renders)) {
    const std::string folder = renders + "/" + name;
    try {
      const auto plan = read_plan(*files, folder);
      if (plan && plan->job_file == job_file) runs.push_back(folder);
    } catch (const jobs::Error&) {
      // Somebody else's damaged plan is not what was asked about.
    }
  }
  return runs;
}

/// Of a job file that has errors: what `--out` says, else the one usual run directory that was made from it.
std::optional<std::string> known_run_directory(const JobOptions& options, const Surroundings& surroundings) {
  if (!options.out.empty()) return absolute_path(options.out, surroundings);
  auto runs = runs_made_from(absolute_path(options.target, surroundings), surroundings);
  return runs.size() == 1 ? std::optional(std::move(runs.front())) : std::nullopt;
}

jobs::Error has_errors(const std::string& job_file, const dsl::Diagnostics& diagnostics) {
  const auto is_error = [](const auto& d) { return d.severity == dsl::Severity::error; };
  const auto errors = std::count_if(diagnostics.begin(), diagnostics.end(), is_error);
  const bool in_file = std::any_of(diagnostics.begin(), diagnostics.end(),
                                   [&](const auto& d) { return is_error(d) && !d.file.starts_with("--"); });
  return {in_file ? jobs::ExitCode::bad_config : jobs::ExitCode::bad_usage,
          (in_file ? job_file : "the command") + " has " + counted(errors, "error") + "; mend " +
              (errors == 1 ? "it" : "them") + " and run again"};
}

bool cuda_is_here() {
  std::error_code error;
  return kBuiltForGpus && (fs::exists("/dev/nvidiactl", error) || fs::exists("/dev/nvidia0", error));
}

std::string site_file_of(const JobOptions& options, const Surroundings& surroundings) {
  return options.farm.empty() ? surroundings.site_file : options.farm;
}

// A build for GPUs may yet find one, where the job will run.
void refuse_half_on_cpu(const LoadedJob& job, const std::string& site_file) {
  const jobs::Dtype dtype = job.site.dtype.value_or(jobs::Dtype::fp32);
  const bool is_asked_for = job.site.device == jobs::DeviceWish::cpu;
  const bool stays = job.device == "cpu" && (is_asked_for || !kBuiltForGpus);
  if (!stays || dtype == jobs::Dtype::fp32) return;
  throw jobs::DeviceError(site_file + " asks for dtype = \"" + std::string(to_word(dtype)) +
                          "\" under [worker], which needs a GPU, but " +
                          (is_asked_for ? "also for device = \"cpu\"" : "this build has no CUDA") +
                          "; leave dtype out, or " +
                          (is_asked_for ? "ask for \"cuda\"" : "build with the cuda preset"));
}

}  // namespace

jobs::Plan wanted_or_kept_plan(const JobOptions& options, const Surroundings& surroundings,
                               storage::FileOps& files) {
  std::optional<std::string> folder = absolute_path(options.target, surroundings);
  if (!names_a_folder(options, surroundings)) {
    LoadedJob job = load_job(options, surroundings);
    if (job.compiled.plan) return std::move(*job.compiled.plan);
    print_diagnostics(job.compiled.diagnostics, job.compiled.sources, surroundings);
    folder = known_run_directory(options, surroundings);
    if (!folder) return planned(job);
  }
  jobs::Plan plan = require_kept_plan(files, *folder);
  plan.out = *folder;
  return plan;
}

void refuse_namesake_of(const JobOptions& options, const std::string& run_directory,
                        const std::string& job_file, const Surroundings& surroundings) {
  if (!options.out.empty() || names_a_folder(options, surroundings)) return;
  refuse_namesake(run_directory, job_file, surroundings);
}

bool names_a_folder(const JobOptions& options, const Surroundings& surroundings) {
  std::error_code error;
  return fs::is_directory(absolute_path(options.target, surroundings), error);
}

jobs::Plan require_kept_plan(storage::FileOps& files, const std::string& run_directory) {
  auto plan = read_plan(files, run_directory);
  if (!plan) {
    const bool is_there = files.exists(run_directory);
    if (files.exists(training_file(run_directory))) {
      throw jobs::Error(
          jobs::ExitCode::bad_usage,
          run_directory + " is of a training: status shows how far it is, train goes on with it");
    }
    throw jobs::Error(
        jobs::ExitCode::bad_usage,
        run_directory + (is_there ? " is not a run directory: it holds no plan.json; give a job "
                                    "file, or the folder that an earlier run made"
                                  : " is not there: the job was not run yet, or from another "
                                    "folder; run it, go there, or give its --out"));
  }
  return std::move(*plan);
}

jobs::Site load_site(const JobOptions& options, const Surroundings& surroundings) {
  const std::string named = site_file_of(options, surroundings);
  if (named.empty()) return {};
  const std::string path = absolute_path(named, surroundings);
  const dsl::CompiledSite read = dsl::compile_site(path, read_text(path, named));
  print_diagnostics(read.diagnostics, read.sources, surroundings);
  if (!read.site) throw bad_config("the site file " + named + " has errors; mend them and run again");
  return *read.site;
}

bool built_for_gpus() {
  return kBuiltForGpus;
}

std::string device_of(const jobs::Site& site) {
  if (site.device == jobs::DeviceWish::cpu) return "cpu";
  if (cuda_is_here()) return "cuda";
  if (site.device == jobs::DeviceWish::automatic) return "cpu";
  throw jobs::DeviceError(
      "the site file asks for device = \"cuda\", but this build or this machine has none; build with the "
      "cuda preset on a machine with a GPU, or ask for \"cpu\"");
}

LoadedJob load_job(const JobOptions& options, const Surroundings& surroundings) {
  return load_job_for(device_of(load_site(options, surroundings)), options, surroundings);
}

LoadedJob load_job_for(const std::string& device, const JobOptions& options,
                       const Surroundings& surroundings) {
  LoadedJob job;
  const Source source = source_of(options, surroundings);
  job.shown_name = shortened_path(source.job_file, surroundings.working_directory);
  job.site = load_site(options, surroundings);
  job.device = device;
  refuse_half_on_cpu(job, site_file_of(options, surroundings));
  const MachineCatalog machine(options, surroundings);
  job.compiled = compile(job_source(source, options, surroundings), options, machine.catalog, job);
  if (job.compiled.plan) job.notes = notes_of(*job.compiled.plan, machine.catalog, surroundings);
  return job;
}

bool names_a_training(const JobOptions& options, const Surroundings& surroundings) {
  try {
    const MachineCatalog machine(options, surroundings);
    return dsl::is_training(job_source(source_of(options, surroundings), options, surroundings),
                            machine.catalog);
  } catch (const jobs::Error&) {
    return false;
  }
}

std::optional<LoadedTraining> load_training(const JobOptions& options, const Surroundings& surroundings) {
  const Source source = source_of(options, surroundings);
  const dsl::JobSource read = job_source(source, options, surroundings);
  const MachineCatalog machine(options, surroundings);
  if (!dsl::is_training(read, machine.catalog)) return std::nullopt;
  LoadedTraining job{.site = load_site(options, surroundings),
                     .shown_name = shortened_path(source.job_file, surroundings.working_directory),
                     .text = read.text};
  job.compiled = dsl::compile_training(read, job.site, machine.catalog);
  return job;
}

const dsl::PlannedTraining& require_training(const LoadedTraining& job, const Surroundings& surroundings) {
  print_diagnostics(job.compiled.diagnostics, job.compiled.sources, surroundings);
  if (job.compiled.planned) return *job.compiled.planned;
  throw has_errors(job.shown_name, job.compiled.diagnostics);
}

const jobs::Plan& require_plan(const LoadedJob& job, const Surroundings& surroundings) {
  print_diagnostics(job.compiled.diagnostics, job.compiled.sources, surroundings);
  return planned(job);
}

const jobs::Plan& planned(const LoadedJob& job) {
  if (job.compiled.plan) return *job.compiled.plan;
  throw has_errors(job.shown_name, job.compiled.diagnostics);
}

LoadedJob load_plan(const JobOptions& options, const Surroundings& surroundings, Told& told) {
  LoadedJob job = load_job(options, surroundings);
  told.leave_out_of(job.compiled.diagnostics);
  const jobs::Plan& plan = require_plan(job, surroundings);
  refuse_namesake_of(options, plan.out, plan.job_file, surroundings);
  return job;
}

FoundRun find_run(const JobOptions& options, const Surroundings& surroundings) {
  if (names_a_folder(options, surroundings)) return {absolute_path(options.target, surroundings)};
  if (!options.out.empty()) return {absolute_path(options.out, surroundings)};
  if (const auto training = load_training(options, surroundings)) {
    const dsl::PlannedTraining& planned = require_training(*training, surroundings);
    refuse_namesake(planned.out, planned.job_file, surroundings);
    return {planned.out};
  }
  LoadedJob job = load_job(options, surroundings);
  if (job.compiled.plan) {
    refuse_namesake(job.compiled.plan->out, job.compiled.plan->job_file, surroundings);
    return {job.compiled.plan->out, std::move(job.compiled.plan)};
  }
  if (const auto known = known_run_directory(options, surroundings)) return {*known};
  return {require_plan(job, surroundings).out};
}

std::string find_run_directory(const JobOptions& options, const Surroundings& surroundings) {
  return find_run(options, surroundings).folder;
}

std::string job_words(const JobOptions& options) {
  std::string words;
  if (!options.out.empty()) words += "--out " + jobs::shell_quoted(options.out) + " ";
  for (const std::string& set : options.sets) words += "--set " + jobs::shell_quoted(set) + " ";
  if (options.draft == dsl::JobSource::Draft::yes) words += "--draft ";
  if (!options.farm.empty()) words += "--farm " + jobs::shell_quoted(options.farm) + " ";
  return words + jobs::shell_quoted(options.target);
}

std::string renderer_words(const std::string& renderer, double fake_step_seconds) {
  if (!is_rehearsal(renderer)) return "";
  std::string words = "--renderer " + jobs::shell_quoted(renderer) + " ";
  if (fake_step_seconds != kFakeStepSeconds)
    words += "--step-seconds " + jobs::number_text(fake_step_seconds) + " ";
  return words;
}

}  // namespace pia::farm
