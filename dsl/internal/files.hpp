// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/find_file.hpp"

namespace pia::dsl::internal {

/// A file that a shot names: how it is called, where it is, what is in it.
template <class Facts>
struct NamedFile {
  std::string label;  ///< the asset's id, else the file's stem
  std::string path;
  Facts facts;
};
using ImageFile = NamedFile<ImageFacts>;
using ModelFile = NamedFile<ModelFacts>;
using PlainFile = NamedFile<jobs::Digest>;

/// Finds files and asks the catalog about each path once. Complains once a name; nullptr then.
class Files {
 public:
  Files(const Document& document, const FileFinder& finder, Complaints& complaints);

  const ImageFile* image(const Value& name);
  /// `kind`: model (and base) or motion.
  const ModelFile* model(FileKind kind, const Value& name);

  /// `kind`: LoRA or embedding.
  const PlainFile* plain(FileKind kind, const Value& name);

  /// Why a LoRA can't be laid on a model with its base (nullptr: it needs none); nothing if it can.
  const std::optional<Trouble>& lora_trouble(const PlainFile& lora, const ModelFile& model,
                                             const ModelFile* base);

  /// Ids of the assets that were asked for, by kind.
  const std::set<std::string>& used(FileKind kind) const { return used_.at(kind); }

 private:
  struct Located {
    std::string label;
    std::string path;
    Place place;
  };
  std::optional<Located> locate(FileKind kind, const Value& name);
  void refuse(FileKind kind, const Place& place, const Trouble& trouble);

  const Document& document_;
  const FileFinder& finder_;
  Complaints& complaints_;
  std::map<FileKind, std::set<std::string>> used_;
  std::map<const Value*, std::optional<ImageFile>> images_;
  std::map<std::pair<FileKind, const Value*>, std::optional<ModelFile>> models_;
  /// By kind, name and place: names in prompts are nowhere in the document.
  std::map<std::tuple<FileKind, std::string, Place>, std::optional<PlainFile>> plain_;
  /// By the paths of LoRA, model and base.
  std::map<std::tuple<std::string, std::string, std::string>, std::optional<Trouble>> lora_troubles_;
  std::map<std::string, std::variant<ImageFacts, Trouble>> image_facts_;
  std::map<std::string, std::variant<ModelFacts, Trouble>> model_facts_;
};

}  // namespace pia::dsl::internal
