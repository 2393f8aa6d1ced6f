// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/job_source.hpp"

#include <filesystem>

#include "dsl/internal/find_file.hpp"
#include "dsl/internal/names.hpp"
#include "dsl/internal/read.hpp"
#include "dsl/internal/unicode_text.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostJobName = 100;

bool is_clean(const JobSource& source, Complaints& complaints) {
  for (const std::string& only : source.only) {
    if (first_bad_utf8(only) != std::string::npos) {
      complaints.error(kBuiltIn, "--only " + in_quotes(to_utf8(from_utf8(only))) + " is not UTF-8");
      return false;
    }
  }
  for (const std::string& path : {source.path, source.working_directory, source.out}) {
    if (first_bad_utf8(path) == std::string::npos) continue;
    complaints.error(kBuiltIn, "the path " + in_quotes(to_utf8(from_utf8(path))) +
                                   " is not UTF-8; rename the folder or the file");
    return false;
  }
  return true;
}

}  // namespace

// What stood on the command line, as messages call it; places count from 1.
std::vector<std::string> command_words(const JobSource& source) {
  std::vector<std::string> words;
  for (const std::string& set : source.sets) words.push_back("--set " + set);
  for (const std::string& only : source.only) words.push_back("--only " + only);
  return words;
}

const Value* value_of(const Settings& settings, const char* key) {
  const auto found = settings.find(key);
  return found == settings.end() || is_broken(found->second) ? nullptr : &found->second;
}

std::string path_of(const Value& value, const Document& document, const JobSource& source) {
  const bool is_set = value.place.set > 0;
  const auto& file = document.files.at(static_cast<std::size_t>(value.place.file));
  const std::string folder =
      is_set ? source.working_directory : std::filesystem::path(file).parent_path().string();
  return joined_path(folder, *get<std::string>(value));
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
    return path_of(*out, document, source);
  }
  return joined_path(source.working_directory, "renders/" + name);
}

std::optional<Extended> read_files(const JobSource& source, const Catalog& catalog, Complaints& complaints) {
  if (!is_clean(source, complaints)) return std::nullopt;
  auto toml = read(source.text, 0, complaints);
  if (!toml) return std::nullopt;
  return extended(std::move(*toml),
                  {.path = source.path, .working_directory = source.working_directory, .catalog = catalog},
                  complaints);
}

}  // namespace pia::dsl::internal
