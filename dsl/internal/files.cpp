// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/files.hpp"

namespace pia::dsl::internal {
namespace {

const Asset* asset_of(FileKind kind, const std::string& id, const Document& document) {
  const Assets& assets = assets_of(kind, document);
  const auto found = assets.find(id);
  return found == assets.end() ? nullptr : &found->second;
}

template <class Facts>
const NamedFile<Facts>* address(const std::optional<NamedFile<Facts>>& file) {
  return file ? &*file : nullptr;
}

}  // namespace

Files::Files(const Document& document, const FileFinder& finder, Complaints& complaints)
    : document_(document),
      finder_(finder),
      complaints_(complaints),
      used_{{FileKind::image, {}},
            {FileKind::model, {}},
            {FileKind::motion, {}},
            {FileKind::lora, {}},
            {FileKind::embedding, {}}} {}

std::optional<Files::Located> Files::locate(FileKind kind, const Value& name) {
  const std::string& text = *get<std::string>(name);
  const Asset* asset = asset_of(kind, text, document_);
  if (asset != nullptr) used_[kind].insert(text);
  const Value& file = asset != nullptr ? asset->file : name;
  if (is_broken(file)) return std::nullopt;
  const auto found = finder_.find(kind, file);
  if (const auto* trouble = std::get_if<Trouble>(&found)) {
    refuse(kind, file.place, *trouble);
    return std::nullopt;
  }
  const auto& path = std::get<std::string>(found);
  const bool is_folder = finder_.catalog().kind(path) == Catalog::Kind::folder;
  const std::string own = is_folder ? joined_path(path, "").substr(path.rfind('/') + 1) : stem_of(path);
  return Located{.label = asset != nullptr ? text : own, .path = path, .place = file.place};
}

void Files::refuse(FileKind kind, const Place& place, const Trouble& trouble) {
  complaints_.error(place, trouble.sentence);
  complaints_.doubt(to_word(kind));
}

const ImageFile* Files::image(const Value& name) {
  const auto [slot, is_new] = images_.try_emplace(&name);
  if (!is_new) return address(slot->second);
  const auto located = locate(FileKind::image, name);
  if (!located) return nullptr;
  auto facts = image_facts_.find(located->path);
  if (facts == image_facts_.end()) {
    facts = image_facts_.emplace(located->path, finder_.catalog().image(located->path)).first;
  }
  if (const auto* trouble = std::get_if<Trouble>(&facts->second)) {
    refuse(FileKind::image, located->place, *trouble);
    return nullptr;
  }
  slot->second = ImageFile{located->label, located->path, std::get<ImageFacts>(facts->second)};
  return address(slot->second);
}

const ModelFile* Files::model(FileKind kind, const Value& name) {
  const auto [slot, is_new] = models_.try_emplace({kind, &name});
  if (!is_new) return address(slot->second);
  const auto located = locate(kind, name);
  if (!located) return nullptr;
  auto facts = model_facts_.find(located->path);
  if (facts == model_facts_.end()) {
    facts = model_facts_.emplace(located->path, finder_.catalog().model(located->path)).first;
  }
  if (const auto* trouble = std::get_if<Trouble>(&facts->second)) {
    refuse(kind, located->place, *trouble);
    return nullptr;
  }
  slot->second = ModelFile{located->label, located->path, std::get<ModelFacts>(facts->second)};
  return address(slot->second);
}

const PlainFile* Files::plain(FileKind kind, const Value& name) {
  const auto [slot, is_new] = plain_.try_emplace({kind, *get<std::string>(name), name.place});
  if (!is_new) return address(slot->second);
  const auto located = locate(kind, name);
  if (!located) return nullptr;
  const auto digest = finder_.catalog().digest(located->path);
  if (const auto* trouble = std::get_if<Trouble>(&digest)) {
    refuse(kind, located->place, *trouble);
    return nullptr;
  }
  slot->second = PlainFile{located->label, located->path, std::get<jobs::Digest>(digest)};
  return address(slot->second);
}

const std::optional<Trouble>& Files::lora_trouble(const PlainFile& lora, const ModelFile& model,
                                                  const ModelFile* base) {
  const std::string base_path = base == nullptr ? "" : base->path;
  const auto [slot, is_new] = lora_troubles_.try_emplace({lora.path, model.path, base_path});
  if (is_new) slot->second = finder_.catalog().lora_trouble(lora.path, model.path, base_path);
  return slot->second;
}

}  // namespace pia::dsl::internal
