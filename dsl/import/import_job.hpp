// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/catalog.hpp"
#include "dsl/diagnostic.hpp"

namespace pia::dsl {

/// Where a job file made from another program's will lie, and what that program had no word for.
struct ImportOptions {
  std::string job_folder;         ///< absolute; relative paths in the job start there
  std::string working_directory;  ///< absolute
  std::string image = {};         ///< the picture where the source names none
  std::string motion = {};        ///< PIA's weights where the source names none
};

/// A configuration of another program.
struct ImportSource {
  std::string path;   ///< absolute
  std::string shown;  ///< as messages call it
  std::string text;   ///< its bytes, whatever they are
};

/// A picture with the settings that AUTOMATIC1111 wrote into it.
struct AnnotatedPicture {
  std::string path;      ///< absolute
  std::string shown;     ///< as messages call it
  std::string infotext;  ///< UTF-8, or whatever was in the file
};

struct Imported {
  std::optional<std::string> toml;  ///< the job file; nothing if all failed, which `notes` then explain
  /// Warnings: what could not be carried over. Errors: parts that are left out because they make no sense, or
  /// why there is no job.
  Diagnostics notes;
  Sources sources = {};  ///< what the notes point into
};

/// A job from PIA's YAML, AnimateDiff CLI's prompt_travel.json, or a CSV table; which of these it is, its
/// content tells. The catalog answers where the files are that it names and gives the text of PIA's `base`.
/// The job file compiles wherever the files that it names exist. Never throws for what is in the bytes; time
/// and memory are linear in them.
Imported import_job(const ImportSource& source, const ImportOptions& options, const Catalog& catalog);

/// The "parameters" text of a PNG (tEXt or iTXt, not compressed), or the EXIF UserComment of a JPEG or WebP,
/// as UTF-8; nothing if there is none.
std::optional<std::string> infotext_of(std::string_view picture_bytes);

/// The model that an infotext names.
struct ModelName {
  std::string hash;  ///< the first ten hex digits of the file's SHA-256, in small letters; or empty
  std::string name;  ///< the file's name without extension; or empty
  auto operator<=>(const ModelName&) const = default;
};
ModelName model_named_in(const std::string& infotext);

/// A job with a shot a picture. `models`: the files (absolute) of the models that were found.
Imported import_pictures(const std::vector<AnnotatedPicture>& pictures,
                         const std::map<ModelName, std::string>& models, const ImportOptions& options);

}  // namespace pia::dsl
