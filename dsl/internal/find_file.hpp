// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "dsl/catalog.hpp"
#include "dsl/internal/document.hpp"
#include "dsl/job_file.hpp"

namespace pia::dsl::internal {

enum class FileKind { image, model, motion, lora, embedding };

/// "image", "model", "motion", "LoRA", "embedding".
std::string_view to_word(FileKind kind);

/// Those that have ids.
const Assets& assets_of(FileKind kind, const Document& document);

/// Where names of files are looked up: absolute ones as they are; others beside the job file (first in the
/// working directory if they come from --set), then under [paths], then under the site's roots.
class FileFinder {
 public:
  struct Context {
    const JobSource& source;
    const jobs::Site& site;
    const Catalog& catalog;
  };
  FileFinder(const Document& document, const Context& context);

  /// Absolute path of the file that `name` (a string, with its place) means, or why there is none. An image,
  /// a LoRA and an embedding may lack their extension; only a model and a motion may be folders.
  std::variant<std::string, Trouble> find(FileKind kind, const Value& name) const;

  /// All images that the pattern `name` means, in order: those under the first root that has any. A pattern
  /// that is the name of a file is that file.
  std::vector<std::string> match(const Value& name) const;

  /// What to say of a pattern that means no picture.
  Trouble unmatched(const Value& name) const;

  /// Where texts of wildcards are: [paths] wildcards, else wildcards beside the job file.
  std::vector<std::string> wildcard_folders() const;

  const Catalog& catalog() const { return context_.catalog; }

 private:
  std::vector<std::string> bases(const Place& place) const;
  std::vector<std::string> candidates(FileKind kind, const Value& name) const;
  Trouble missing(FileKind kind, const std::string& name, const std::vector<std::string>& looked) const;

  const Document& document_;
  Context context_;
};

bool is_pattern(const std::string& name);

/// `folder`/`name` without . and ..; `name` itself if it is absolute.
std::string joined_path(const std::string& folder, const std::string& name);

/// `path` as messages show it: from the working directory if it is below that.
std::string shown_path(const std::string& path, const std::string& working_directory);

/// File name without folder and last extension.
std::string stem_of(const std::string& path);

}  // namespace pia::dsl::internal
