// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dsl/catalog.hpp"

namespace pia::tests {

/// A Catalog of files that do not exist: `MapCatalog{}.image("/jobs/a.png", {512, 512}).sd15("/jobs/sd15")`.
/// A file's digest is its path's. Folders are there because files are.
class MapCatalog : public dsl::Catalog {
 public:
  MapCatalog& image(const std::string& path, jobs::Size size) {
    images_[path] = dsl::ImageFacts{jobs::sha256(path), size};
    return *this;
  }
  MapCatalog& broken_image(const std::string& path, const std::string& sentence) {
    images_[path] = dsl::Trouble{sentence};
    return *this;
  }
  MapCatalog& model(const std::string& path, dsl::ModelFacts facts, Kind kind = Kind::file) {
    facts.digest = jobs::sha256(path);
    models_[path] = facts;
    if (kind == Kind::folder) model_folders_.insert(path);
    return *this;
  }
  /// A whole Stable Diffusion 1.5 folder.
  MapCatalog& sd15(const std::string& path) {
    return model(
        path, {.digest = {}, .has_unet = true, .has_vae = true, .has_text_encoder = true, .text_layers = 12},
        Kind::folder);
  }
  /// PIA's weights with a position table of `frames`.
  MapCatalog& motion(const std::string& path, int frames = 32) {
    return model(path, {.digest = {}, .vae_factor = 0, .motion_frames = frames, .has_motion = true});
  }
  MapCatalog& broken_model(const std::string& path, const std::string& sentence) {
    models_[path] = dsl::Trouble{sentence};
    return *this;
  }
  MapCatalog& file(const std::string& path, const std::string& text = "") {
    others_[path] = text;
    return *this;
  }

  Kind kind(const std::string& path) const override {
    if (model_folders_.contains(path)) return Kind::folder;
    if (images_.contains(path) || models_.contains(path) || others_.contains(path)) return Kind::file;
    return list(path).empty() ? Kind::none : Kind::folder;
  }
  std::vector<std::string> list(const std::string& folder) const override {
    const std::string start = folder == "/" ? "/" : folder + "/";
    std::set<std::string> names;
    const auto add = [&](const std::string& path) {
      if (path.starts_with(start))
        names.insert(path.substr(start.size(), path.find('/', start.size()) - start.size()));
    };
    for (const auto& [path, facts] : images_) add(path);
    for (const auto& [path, facts] : models_) add(path);
    for (const auto& [path, text] : others_) add(path);
    return {names.begin(), names.end()};
  }
  std::variant<std::string, dsl::Trouble> text(const std::string& path) const override {
    const auto found = others_.find(path);
    if (found == others_.end()) return dsl::Trouble{path + " is no text"};
    return found->second;
  }
  std::variant<dsl::ImageFacts, dsl::Trouble> image(const std::string& path) const override {
    const auto found = images_.find(path);
    if (found == images_.end()) return dsl::Trouble{path + " is no picture"};
    return found->second;
  }
  std::variant<dsl::ModelFacts, dsl::Trouble> model(const std::string& path) const override {
    const auto found = models_.find(path);
    if (found == models_.end()) return dsl::Trouble{path + " is no model"};
    return found->second;
  }

  /// A LoRA that fits no model.
  MapCatalog& misfit(const std::string& path, const std::string& sentence) {
    misfits_[path] = sentence;
    return file(path);
  }
  std::optional<dsl::Trouble> lora_trouble(const std::string& lora, const std::string& /*model*/,
                                           const std::string& /*base*/) const override {
    const auto found = misfits_.find(lora);
    return found == misfits_.end() ? std::nullopt : std::optional(dsl::Trouble{found->second});
  }
  std::variant<jobs::Digest, dsl::Trouble> digest(const std::string& path) const override {
    if (kind(path) != Kind::file) return dsl::Trouble{path + " is no file"};
    return jobs::sha256(path);
  }

 private:
  std::map<std::string, std::variant<dsl::ImageFacts, dsl::Trouble>> images_;
  std::map<std::string, std::variant<dsl::ModelFacts, dsl::Trouble>> models_;
  std::set<std::string> model_folders_;
  std::map<std::string, std::string> others_;
  std::map<std::string, std::string> misfits_;
};

}  // namespace pia::tests
