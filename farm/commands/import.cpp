// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <span>

#include "dsl/import/import_job.hpp"
#include "farm/catalog.hpp"
#include "farm/clocks.hpp"
#include "farm/commands/diagnostics.hpp"
#include "farm/commands/job.hpp"
#include "farm/commands/verbs.hpp"
#include "farm/watchers/words.hpp"
#include "jobs/core/error.hpp"
#include "jobs/core/shell.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestFile = std::uintmax_t{256} << 20U;
constexpr std::size_t kMostPictures = 5000;

jobs::Error bad_input(const std::string& sentence) {
  return {jobs::ExitCode::bad_input, sentence};
}

std::string bytes_of(const std::string& path) {
  std::error_code error;
  if (fs::file_size(path, error) > kLargestFile || error) {
    throw bad_input(path + " can't be read, or is larger than " + size_words(double{kLargestFile}) +
                    "; is it what you meant?");
  }
  const auto bytes = storage::make_posix_file_ops()->read(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool has_extension(const fs::path& path, std::initializer_list<const char*> extensions) {
  std::string own = path.extension().string();
  for (char& c : own) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::ranges::find(extensions, own) != extensions.end();
}

std::string shown(const std::string& path, const Surroundings& surroundings) {
  return shortened_path(path, surroundings.working_directory);
}

std::vector<dsl::AnnotatedPicture> pictures_in(const std::string& folder, const Surroundings& surroundings) {
  std::set<std::string> paths;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder, unreadable)) {
    std::error_code error;
    const bool is_picture = has_extension(entry.path(), {".png", ".jpg", ".jpeg", ".webp"});
    if (is_picture && entry.is_regular_file(error)) paths.insert(entry.path().string());
  }
  if (unreadable) throw bad_input("the folder " + folder + " can't be read: " + unreadable.message());
  if (paths.size() > kMostPictures) {
    throw bad_input(folder + " has more than 5000 pictures; move some into folders of their own");
  }
  std::vector<dsl::AnnotatedPicture> found;
  for (const std::string& path : paths) {
    const auto text = dsl::infotext_of(bytes_of(path));
    if (text) {
      found.push_back({.path = path, .shown = shown(path, surroundings), .infotext = *text});
    } else {
      const std::string name = printable(shown(path, surroundings));
      std::fprintf(stderr, "%s: warning: there are no settings in this picture; it is left out\n",
                   name.c_str());
    }
  }
  return found;
}

std::vector<std::string> model_files(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto entry = fs::recursive_directory_iterator(folder, options, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    const bool is_model = has_extension(entry->path(), {".safetensors", ".ckpt"});
    if (is_model && entry->is_regular_file(ignored)) paths.push_back(entry->path().string());
  }
  if (error) throw bad_input("the folder of models " + folder + " can't be read: " + error.message());
  std::ranges::sort(paths);
  return paths;
}

// Reads files until every hash is found, those first whose names are asked for: models are large.
std::map<dsl::ModelName, std::string> find_models(std::set<dsl::ModelName> wanted, const std::string& folder,
                                                  const Surroundings& surroundings) {
  std::map<dsl::ModelName, std::string> found;
  std::vector<std::string> files = model_files(folder);
  const auto is_asked_for = [&](const std::string& path) {
    return std::ranges::any_of(wanted, [&](const auto& name) { return name.name == fs::path(path).stem(); });
  };
  std::stable_partition(files.begin(), files.end(), is_asked_for);
  DigestCache digests({.file = surroundings.digest_file, .wall_clock_ns = wall_clock_ns});
  for (const std::string& path : files) {
    const bool is_over = std::ranges::all_of(
        wanted, [&](const auto& name) { return name.hash.empty() || found.contains(name); });
    const std::string digest = is_over ? "" : to_hex(digests.digest(path));
    for (const dsl::ModelName& name : wanted) {
      const bool is_it = name.hash.empty() ? !name.name.empty() && name.name == fs::path(path).stem()
                                           : digest.starts_with(name.hash);
      if (is_it) found.emplace(name, path);
    }
  }
  return found;
}

dsl::Imported from_pictures(const std::vector<dsl::AnnotatedPicture>& pictures, const ImportOptions& options,
                            const dsl::ImportOptions& where, const Surroundings& surroundings) {
  std::set<dsl::ModelName> wanted;
  for (const dsl::AnnotatedPicture& picture : pictures) wanted.insert(dsl::model_named_in(picture.infotext));
  std::map<dsl::ModelName, std::string> models;
  if (!options.models.empty()) {
    models = find_models(wanted, absolute_path(options.models, surroundings), surroundings);
  }
  return dsl::import_pictures(pictures, models, where);
}

dsl::Imported imported(const std::string& path, const ImportOptions& options, const dsl::ImportOptions& where,
                       const Surroundings& surroundings) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    const auto pictures = pictures_in(path, surroundings);
    if (pictures.empty()) {
      throw bad_input(options.source +
                      " has no picture with AUTOMATIC1111's settings in it; give such a folder, "
                      "or one file of another kind");
    }
    return from_pictures(pictures, options, where, surroundings);
  }
  if (!fs::is_regular_file(path, error)) throw bad_input(options.source + " is not there; check the path");
  const std::string bytes = bytes_of(path);
  const auto text = dsl::infotext_of(bytes);
  const std::string name = shown(path, surroundings);
  if (text) {
    return from_pictures({{.path = path, .shown = name, .infotext = *text}}, options, where, surroundings);
  }
  DigestCache digests({.file = "", .wall_clock_ns = wall_clock_ns});
  WholePictures pictures("");
  return dsl::import_job({.path = path, .shown = name, .text = bytes}, where, FileCatalog(digests, pictures));
}

void write(const std::string& path, const std::string& text, const ImportOptions& options) {
  const auto files = storage::make_posix_file_ops();
  const auto bytes = std::as_bytes(std::span(text));
  if (options.over == ImportOptions::Over::write) return storage::replace_file(*files, path, bytes, "import");
  if (files->exists(path)) {
    throw jobs::Error(jobs::ExitCode::bad_usage,
                      options.output + " is there already; give another name, or --force to write over it");
  }
  const auto file = files->create(path);
  file->write(bytes);
  file->sync();
  file->close();
}

}  // namespace

jobs::ExitCode import_job(const ImportOptions& options, const Surroundings& surroundings) {
  const std::string output = options.output.empty() ? "" : absolute_path(options.output, surroundings);
  const auto whole = [&](const std::string& path) {
    return path.empty() ? "" : absolute_path(path, surroundings);
  };
  const dsl::ImportOptions where{
      .job_folder = output.empty() ? surroundings.working_directory : fs::path(output).parent_path().string(),
      .working_directory = surroundings.working_directory,
      .image = whole(options.image),
      .motion = whole(options.motion)};
  const dsl::Imported result =
      imported(absolute_path(options.source, surroundings), options, where, surroundings);
  print_diagnostics(result.notes, result.sources, surroundings);
  if (!result.toml) {
    throw jobs::Error(jobs::ExitCode::bad_config, "no job was made of " + options.source);
  }
  if (output.empty()) {
    std::fputs(result.toml->c_str(), stdout);
  } else {
    write(output, *result.toml, options);
    std::fprintf(stderr, "%s is written; next: %s check %s\n", printable(options.output).c_str(),
                 surroundings.program.c_str(), jobs::shell_quoted(options.output).c_str());
  }
  const bool is_whole = std::ranges::none_of(
      result.notes, [](const auto& note) { return note.severity == dsl::Severity::error; });
  return is_whole ? jobs::ExitCode::all_done : jobs::ExitCode::some_failed;
}

}  // namespace pia::farm
