// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/unused.hpp"

#include <algorithm>

namespace pia::dsl::internal {
namespace {

struct Search {
  const Document& document;
  const std::set<const Value*>& used;
  Complaints& complaints;

  bool is_idle(const std::string& key, const Value& value) const {
    return !document.sets.contains(key) && !used.contains(&value);
  }
  void warn(const Place& place, const std::string& key) const {
    complaints.warning(place, in_quotes(key) + " has no effect here: other keys decide in every shot");
  }
  void settings(const Settings& settings) const {
    for (const auto& [key, value] : settings) {
      if (is_idle(key, value)) warn(value.place, key);
    }
  }
  void axes(const Block& block) const {
    for (const Axis& axis : block.axes) {
      const bool idle =
          std::ranges::all_of(axis.values, [&](const Value& v) { return is_idle(axis.key, v); });
      if (idle) warn(axis.place, "axes." + axis.key);
    }
  }
  void assets(const Assets& assets, const std::set<std::string>& named, const std::string& table) const {
    for (const auto& [id, asset] : assets) {
      if (named.contains(id)) {
        settings(asset.settings);
      } else {
        complaints.warning(asset.place, "[" + table + "." + id + "] is used by no shot");
      }
    }
  }
};

}  // namespace

void warn_unused(const Document& document, const Files& files, const std::set<const Value*>& used,
                 Complaints& complaints) {
  const Search search{.document = document, .used = used, .complaints = complaints};
  if (!document.sets.contains("image")) search.assets(document.images, files.used(FileKind::image), "images");
  if (!document.sets.contains("model")) search.assets(document.models, files.used(FileKind::model), "models");
  if (!document.sets.contains("motion"))
    search.assets(document.motions, files.used(FileKind::motion), "motions");
  search.settings(document.defaults);
  for (const Block& block : document.blocks) {
    search.settings(block.settings);
    search.axes(block);
  }
  for (const auto& [key, value] : document.sets) {
    if (!used.contains(&value)) search.warn(value.place, key);
  }
}

}  // namespace pia::dsl::internal
