// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/find_file.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/glob.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::array<const char*, 4> kImageExtensions = {".png", ".jpg", ".jpeg", ".webp"};
constexpr std::array<const char*, 3> kWeightExtensions = {".safetensors", ".pt", ".ckpt"};
constexpr std::size_t kMostLooked = 4;

const std::vector<std::string>& site_roots(FileKind kind, const jobs::Site& site) {
  static const std::vector<std::string> kNone;
  switch (kind) {
    case FileKind::image:
      return site.image_roots;
    case FileKind::model:
      return site.model_roots;
    case FileKind::motion:
      return site.motion_roots;
    case FileKind::lora:
      return site.lora_roots;
    default:
      return kNone;
  }
}

// Of [paths].
std::string_view roots_key(FileKind kind) {
  static constexpr std::array<std::string_view, 5> kKeys = {"images", "models", "motions", "loras", ""};
  return kKeys[static_cast<std::size_t>(kind)];
}

bool may_be_folder(FileKind kind) {
  return kind == FileKind::model || kind == FileKind::motion;
}

std::span<const char* const> missing_extensions(FileKind kind) {
  if (kind == FileKind::image) return kImageExtensions;
  if (may_be_folder(kind)) return {};
  return kWeightExtensions;
}

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (std::ranges::find(list, text) == list.end()) list.push_back(text);
}

std::string folder_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

std::string looked_for(const std::vector<std::string>& paths) {
  std::string text;
  for (std::size_t i = 0; i < std::min(paths.size(), kMostLooked); ++i)
    text += (i > 0 ? ", " : "") + paths[i];
  if (paths.size() > kMostLooked) text += " and " + std::to_string(paths.size() - kMostLooked) + " more";
  return text;
}

std::string base_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

// What an entry of a folder may be called by; one without an extension is taken for a folder.
void add_names(std::vector<std::string>& names, FileKind kind, const std::string& entry) {
  const bool is_file = entry.find('.', 1) != std::string::npos;
  if (is_file || may_be_folder(kind)) names.push_back(entry);
  if (is_file && !missing_extensions(kind).empty()) names.push_back(stem_of(entry));
}

}  // namespace

std::string_view to_word(FileKind kind) {
  static constexpr std::array<std::string_view, 5> kWords = {"image", "model", "motion", "LoRA", "embedding"};
  return kWords[static_cast<std::size_t>(kind)];
}

const Assets& assets_of(FileKind kind, const Document& document) {
  switch (kind) {
    case FileKind::image:
      return document.images;
    case FileKind::model:
      return document.models;
    case FileKind::motion:
      return document.motions;
    case FileKind::lora:
      return document.loras;
    default:
      return document.embeddings;
  }
}

bool is_pattern(const std::string& name) {
  return name.find_first_of("*?[") != std::string::npos;
}

std::string joined_path(const std::string& folder, const std::string& name) {
  std::string path = (std::filesystem::path(folder) / name).lexically_normal().string();
  if (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string shown_path(const std::string& path, const std::string& working_directory) {
  const std::string folder = working_directory + "/";
  return path.starts_with(folder) ? path.substr(folder.size()) : path;
}

std::string stem_of(const std::string& path) {
  return std::filesystem::path(path).stem().string();
}

FileFinder::FileFinder(const Document& document, const Context& context)
    : document_(document), context_(context) {}

std::vector<std::string> FileFinder::bases(const Place& place) const {
  std::vector<std::string> folders;
  if (place.set > 0) folders.push_back(context_.source.working_directory);
  const auto file = static_cast<std::size_t>(place.file);
  add_once(folders, folder_of(file < document_.files.size() ? document_.files[file] : context_.source.path));
  return folders;
}

std::vector<std::string> FileFinder::candidates(FileKind kind, const Value& name) const {
  const std::string& text = *get<std::string>(name);
  std::vector<std::string> paths;
  for (const std::string& folder : bases(name.place)) add_once(paths, joined_path(folder, text));
  const auto own = document_.paths.find(roots_key(kind));
  const List* roots = own == document_.paths.end() ? nullptr : get<List>(own->second);
  for (const Value& root : roots == nullptr ? List{} : *roots) {
    for (const std::string& folder : bases(root.place)) {
      add_once(paths, joined_path(joined_path(folder, *get<std::string>(root)), text));
    }
  }
  for (const std::string& root : site_roots(kind, context_.site)) {
    add_once(paths, joined_path(joined_path(folder_of(context_.source.path), root), text));
  }
  return paths;
}

std::vector<std::string> FileFinder::wildcard_folders() const {
  std::vector<std::string> folders;
  const auto own = document_.paths.find("wildcards");
  const List* roots = own == document_.paths.end() ? nullptr : get<List>(own->second);
  for (const Value& root : roots == nullptr ? List{} : *roots) {
    for (const std::string& folder : bases(root.place)) {
      add_once(folders, joined_path(folder, *get<std::string>(root)));
    }
  }
  if (roots == nullptr) folders.push_back(joined_path(folder_of(context_.source.path), "wildcards"));
  return folders;
}

Trouble FileFinder::missing(FileKind kind, const std::string& name,
                            const std::vector<std::string>& looked) const {
  std::string sentence =
      std::string(to_word(kind)) + " " + in_quotes(name) + " is not there: looked for " + looked_for(looked);
  std::vector<std::string> near;
  for (const auto& [id, asset] : assets_of(kind, document_)) near.push_back(id);
  for (const std::string& path : looked) {
    const std::string folder = folder_of(path);
    if (context_.catalog.kind(folder) != Catalog::Kind::folder) continue;
    for (const std::string& file : context_.catalog.list(folder)) add_names(near, kind, file);
  }
  if (name.starts_with("~")) sentence += "; ~ is not known here, write the whole path";
  return {sentence + hint(base_name(name), near)};
}

std::variant<std::string, Trouble> FileFinder::find(FileKind kind, const Value& name) const {
  const std::string& text = *get<std::string>(name);
  const std::string called = std::string(to_word(kind)) + " " + in_quotes(text);
  const auto paths = candidates(kind, name);
  bool found_folder = false;
  for (const std::string& path : paths) {
    const Catalog::Kind what = context_.catalog.kind(path);
    if (what == Catalog::Kind::file || (what == Catalog::Kind::folder && may_be_folder(kind))) return path;
    found_folder = found_folder || what == Catalog::Kind::folder;
    std::vector<std::string> hits;
    for (const char* extension : missing_extensions(kind)) {
      if (context_.catalog.kind(path + extension) == Catalog::Kind::file) hits.push_back(path + extension);
    }
    if (hits.size() > 1)
      return Trouble{called + " can be " + hits[0] + " or " + hits[1] + "; write the extension"};
    if (hits.size() == 1) return hits.front();
  }
  if (!found_folder) return missing(kind, text, paths);
  if (kind != FileKind::image) return Trouble{called + " is a folder; name a file in it"};
  return Trouble{called + " is a folder; name a picture, or write " + in_quotes(text + "/*.png") +
                 " in axes.image of a [[grid]]"};
}

Trouble FileFinder::unmatched(const Value& name) const {
  return {"no picture matches " + in_quotes(*get<std::string>(name)) + ": looked for " +
          looked_for(candidates(FileKind::image, name))};
}

std::vector<std::string> FileFinder::match(const Value& name) const {
  for (const std::string& path : candidates(FileKind::image, name)) {
    if (context_.catalog.kind(path) == Catalog::Kind::file) return {path};
    const auto found = glob(path, context_.catalog);
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace pia::dsl::internal
