// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dsl/catalog.hpp"
#include "farm/digest_cache.hpp"
#include "farm/whole_pictures.hpp"
#include "jobs/core/plan.hpp"

namespace pia::farm {

/// The real file system's answers for job files. A picture's digest is its file's; a model's is that of
/// model_digest.hpp. Answers are kept for the life of the object: every shot of a plan sees the same file.
/// One thread.
class FileCatalog : public dsl::Catalog {
 public:
  /// Both must outlive it.
  FileCatalog(DigestCache& digests, WholePictures& pictures) : digests_(digests), pictures_(pictures) {}

  /// Pipes and devices count as nothing: reading them might never end.
  Kind kind(const std::string& path) const override;
  std::vector<std::string> list(const std::string& folder) const override;
  std::variant<std::string, dsl::Trouble> text(const std::string& path) const override;
  std::variant<dsl::ImageFacts, dsl::Trouble> image(const std::string& path) const override;
  /// A file is a single-file checkpoint if it is pickled (.ckpt, .pt, .pth, .bin; not looked into) or a
  /// .safetensors with a U-Net, a VAE or a text encoder under the names that other programs give them.
  std::variant<dsl::ModelFacts, dsl::Trouble> model(const std::string& path) const override;
  std::variant<jobs::Digest, dsl::Trouble> digest(const std::string& path) const override;
  std::optional<dsl::Trouble> lora_trouble(const std::string& lora, const std::string& model,
                                           const std::string& base) const override;

 private:
  DigestCache& digests_;
  WholePictures& pictures_;
  mutable std::map<std::string, std::variant<dsl::ImageFacts, dsl::Trouble>> images_;
  mutable std::map<std::string, std::variant<dsl::ModelFacts, dsl::Trouble>> models_;
  mutable std::map<std::string, std::variant<jobs::Digest, dsl::Trouble>> others_;
};

/// Whether a model folder was made by write_rule_model: its frames are patterns, not pictures.
bool is_rule_made(const std::string& model_path);

/// Whether a model of the plan is such a one.
bool has_rule_made_model(const jobs::Plan& plan);

}  // namespace pia::farm
