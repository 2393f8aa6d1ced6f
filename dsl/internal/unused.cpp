// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/unused.hpp"

#include <algorithm>

#include "jobs/core/number.hpp"

namespace pia::dsl::internal {
namespace {

struct Search {
  const Document& document;
  std::set<Place> used;  ///< what was written at one place is one thing, however often it was spread
  Complaints& complaints;

  bool is_idle(const std::string& key, const Value& value) const {
    return !document.sets.contains(key) && !used.contains(value.place);
  }
  void warn(const Place& place, const std::string& key) const {
    complaints.warning(place, in_quotes(key) + " has no effect here: other keys decide in every shot");
  }
  void settings(const Settings& settings) const {
    for (const auto& [key, value] : settings) {
      if (is_idle(key, value)) warn(value.place, key);
    }
  }
  // The keys by which an include finds its combinations need not change anything.
  void include(const Bundle& bundle, const Block& block) const {
    for (const auto& [key, value] : bundle.settings) {
      const auto is_it = [&, name = key](const auto& item) { return item == name; };
      const bool finds = std::ranges::any_of(block.axes, is_it, &Axis::key) ||
                         std::ranges::any_of(block.pairs, [&, name = key](const Bundle& pair) {
                           return pair.settings.contains(name);
                         });
      if (!finds && is_idle(key, value)) warn(value.place, key);
    }
  }
  void axes(const Block& block) const {
    for (const Axis& axis : block.axes) {
      const bool idle =
          std::ranges::all_of(axis.values, [&](const Value& v) { return is_idle(axis.key, v); });
      if (idle) warn(axis.place, "axes." + axis.key);
    }
  }
  void negative_prompts(const std::map<Place, double>& guided) const {
    const bool is_overruled = document.sets.contains("guidance_scale");
    for (const auto& [place, scale] : guided) {
      if (scale > 1 || (is_overruled && place.set == 0)) continue;
      complaints.warning(place,
                         "negative_prompt has no effect with guidance_scale = " + jobs::number_text(scale) +
                             ": without guidance nothing is steered away from it");
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

void warn_unused(const Document& document, const Files& files, const Used& used, Complaints& complaints) {
  Search search{.document = document, .used = {}, .complaints = complaints};
  for (const Value* value : used.values) search.used.insert(value->place);
  if (!document.sets.contains("image")) search.assets(document.images, files.used(FileKind::image), "images");
  if (!document.sets.contains("model")) search.assets(document.models, files.used(FileKind::model), "models");
  if (!document.sets.contains("motion"))
    search.assets(document.motions, files.used(FileKind::motion), "motions");
  search.assets(document.embeddings, files.used(FileKind::embedding), "embeddings");
  if (!document.sets.contains("loras")) search.assets(document.loras, files.used(FileKind::lora), "loras");
  for (const auto& [id, prompt] : document.prompts) {
    if (!prompt.is_used && !used.prompts.contains(id))
      complaints.warning(prompt.place, "[prompts." + id + "] is used by no shot");
  }
  search.settings(document.defaults);
  for (const Block& block : document.blocks) {
    search.settings(block.settings);
    for (const Bundle& pair : block.pairs) search.settings(pair.settings);
    for (const Bundle& bundle : block.includes) search.include(bundle, block);
    search.axes(block);
  }
  for (const Override& change : document.overrides) {
    if (change.changed > 0) search.settings(change.settings);
  }
  search.negative_prompts(used.guided);
  for (const auto& [key, value] : document.sets) {
    if (!search.used.contains(value.place)) search.warn(value.place, key);
  }
}

}  // namespace pia::dsl::internal
