// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "dsl/catalog.hpp"
#include "farm/digest_cache.hpp"

namespace pia::farm {

/// The real file system's answers for job files. A picture's digest is its file's; so is a model's that is
/// one file. A model folder's digest is the SHA-256 of the lines "<name>\0<64 hex>\n" of the files that the
/// renderer reads in it, names relative to the folder and sorted. Answers are kept for the life of the
/// object: every shot of a plan sees the same file. One thread.
class FileCatalog : public dsl::Catalog {
 public:
  /// `digests` must outlive it.
  explicit FileCatalog(DigestCache& digests) : digests_(digests) {}

  /// Pipes and devices count as nothing: reading them might never end.
  Kind kind(const std::string& path) const override;
  std::vector<std::string> list(const std::string& folder) const override;
  std::variant<dsl::ImageFacts, dsl::Trouble> image(const std::string& path) const override;
  std::variant<dsl::ModelFacts, dsl::Trouble> model(const std::string& path) const override;

 private:
  jobs::Digest model_digest(const std::string& path) const;

  DigestCache& digests_;
  mutable std::map<std::string, std::variant<dsl::ImageFacts, dsl::Trouble>> images_;
  mutable std::map<std::string, std::variant<dsl::ModelFacts, dsl::Trouble>> models_;
};

/// Looks whether the files that a shot is made of are still those that its plan saw. Throws jobs::InputError,
/// naming the first that is gone or has changed.
void require_unchanged(const dsl::Catalog& catalog, const jobs::Shot& shot);

/// Whether a model folder was made by write_rule_model: its frames are patterns, not pictures.
bool is_rule_made(const std::string& model_path);

}  // namespace pia::farm
