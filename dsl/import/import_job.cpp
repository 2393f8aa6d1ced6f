// SPDX-License-Identifier: Apache-2.0
#include "dsl/import/import_job.hpp"

#include <algorithm>
#include <filesystem>

#include "dsl/import/finish.hpp"
#include "dsl/import/foreign_words.hpp"
#include "dsl/import/importers.hpp"
#include "dsl/import/tree.hpp"
#include "dsl/internal/find_file.hpp"
#include "dsl/internal/names.hpp"
#include "dsl/internal/unicode_text.hpp"

namespace pia::dsl {
namespace internal {
namespace {

constexpr std::size_t kLongestName = 100;

[[noreturn]] void refuse_format() {
  throw NotImported{
      {.line = 1, .column = 1},
      "this is none of what import reads: PIA's YAML, AnimateDiff CLI's prompt_travel.json, a CSV "
      "table whose first line names shot keys (image, prompt, seed, ...), or a picture or folder of "
      "pictures with AUTOMATIC1111's settings in them"};
}

ImportedJob job_from(const Importing& importing) {
  static constexpr std::string_view kMark = "\xef\xbb\xbf";
  std::string text = importing.source.text;
  if (text.starts_with(kMark)) text.erase(0, kMark.size());
  check_text(text, 0);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) throw NotImported{{.line = 1, .column = 1}, "the file is empty"};
  if (text[first] == '{') {
    const Value json = read_json(text, 0);
    const auto* table = get<Table>(json);
    if (table == nullptr || !is_travel_config(*table)) refuse_format();
    return import_travel(*table, importing);
  }
  if (is_csv(text)) return import_csv(text, importing);
  const Value yaml = read_yaml(text, 0);
  const auto* table = get<Table>(yaml);
  if (table == nullptr) refuse_format();
  if (is_pia(*table)) return import_pia(*table, importing);
  if (is_travel_config(*table)) return import_travel(*table, importing);
  refuse_format();
}

}  // namespace

Imported finished(const std::function<ImportedJob()>& make, const std::string& name, Complaints& notes) {
  Imported imported;
  try {
    ImportedJob job = make();
    job.name = slug(job.name.empty() ? name : job.name, kLongestName);
    imported.toml = to_toml(job);
    if (first_bad_utf8(*imported.toml) != std::string::npos) {
      throw NotImported{{}, "a file's name is not UTF-8, so no job file can say it; rename it"};
    }
  } catch (const NotImported& why) {
    imported.toml.reset();
    notes.error(why.place, why.sentence);
  }
  imported.notes = notes.sorted();
  return imported;
}

std::string root_of(const Importing& importing, const std::vector<std::string>& paths) {
  namespace fs = std::filesystem;
  std::vector<std::string> folders = {importing.options.working_directory};
  const fs::path own = fs::path(importing.source.path).parent_path();
  for (fs::path folder = own; folders.size() < 64; folder = folder.parent_path()) {
    folders.push_back(folder.string());
    if (folder == folder.parent_path()) break;
  }
  std::string best = own.string();
  std::size_t most = 0;
  for (const std::string& folder : folders) {
    const auto there = static_cast<std::size_t>(std::ranges::count_if(paths, [&](const std::string& path) {
      return !path.empty() && !path.starts_with('/') &&
             importing.catalog.kind(joined_path(folder, path)) != Catalog::Kind::none;
    }));
    if (there > most) {
      most = there;
      best = folder;
    }
  }
  return best;
}

std::string file_name(const ImportSource& source) {
  return std::filesystem::path(source.path).filename().string();
}

void add_motion(TomlBlock& block, const ImportOptions& options, Complaints& notes) {
  if (options.motion.empty()) {
    notes.warning(
        {}, "PIA's weights are named nowhere; motion = \"pia.ckpt\" is a guess (--motion says another)");
  }
  block.lines.push_back(
      {.key = "motion",
       .value =
           text_value(options.motion.empty() ? "pia.ckpt" : path_from(options.job_folder, options.motion)),
       .comment = options.motion.empty() ? "PIA's weights: put their path here" : ""});
}

void add_image(TomlBlock& block, const ImportOptions& options, Complaints& notes) {
  if (options.image.empty()) {
    notes.warning({}, "no picture is named; image = \"image.png\" is a guess (--image says another)");
  }
  block.lines.push_back(
      {.key = "image",
       .value =
           text_value(options.image.empty() ? "image.png" : path_from(options.job_folder, options.image)),
       .comment = options.image.empty() ? "the picture to animate: put its path here" : ""});
}

}  // namespace internal

Imported import_job(const ImportSource& source, const ImportOptions& options, const Catalog& catalog) {
  internal::Complaints notes(source.shown, {});
  const internal::Importing importing{
      .source = source, .options = options, .catalog = catalog, .notes = notes};
  Imported imported = internal::finished([&] { return internal::job_from(importing); },
                                         std::filesystem::path(source.path).stem().string(), notes);
  imported.sources = {{source.shown, source.text}};
  return imported;
}

}  // namespace pia::dsl
