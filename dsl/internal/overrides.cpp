// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/overrides.hpp"

#include <algorithm>

#include "dsl/internal/match.hpp"

namespace pia::dsl::internal {
namespace {

// So that no job file takes more than about a second.
constexpr double kMostWork = 4e6;

bool fits_shot(const Condition& condition, const FlatShot& flat, const Label& label) {
  if (condition.key == "id") return !label.id.empty() && fits_label(condition, label.id);
  if (condition.key == "name") return fits_label(condition, label.name);
  const auto found = flat.values.find(condition.key);
  return found != flat.values.end() && fits(condition, *found->second);
}

bool brings_defaults(const Settings& settings) {
  return settings.contains("model") || settings.contains("image");
}

// Another model or picture brings its own defaults, below all that was laid before.
void lay(const Document& document, const Settings& settings, FlatShot& flat) {
  for (const auto& [key, value] : settings) flat.over[key] = &value;
  if (!brings_defaults(settings)) {
    for (const auto& [key, value] : settings) flat.values[key] = &value;
    return;
  }
  Layers layers = flat.layers;
  layers.emplace_back(flat.over.begin(), flat.over.end());
  flat.values = flattened(document, layers);
}

// In comparisons of a condition with a value, or what takes as long.
double work_a_shot(const std::vector<Override>& overrides) {
  constexpr double kPuttingTogether = 20;
  double work = 0;
  for (const Override& change : overrides) {
    for (const Condition& condition : change.match.conditions) {
      work += static_cast<double>(condition.wanted.size());
    }
    if (brings_defaults(change.settings)) work += kPuttingTogether;
  }
  return work;
}

}  // namespace

bool look_at_labels(const std::vector<Override>& overrides) {
  const auto is_label = [](const Condition& c) { return c.key == "id" || c.key == "name"; };
  return std::ranges::any_of(
      overrides, [&](const Override& o) { return std::ranges::any_of(o.match.conditions, is_label); });
}

std::vector<OverrideCount> apply_overrides(Document& document, const std::vector<Label>& labels,
                                           std::vector<FlatShot>& flats, Complaints& complaints) {
  std::vector<OverrideCount> counts;
  if (static_cast<double>(flats.size()) * work_a_shot(document.overrides) > kMostWork) {
    complaints.error(document.overrides.front().place,
                     "there are too many overrides for so many shots; leave some out");
    return counts;
  }
  for (Override& change : document.overrides) {
    for (std::size_t i = 0; i < flats.size() && !change.match.is_broken; ++i) {
      const Label label = labels.empty() ? Label{} : labels[i];
      const auto fits_it = [&](const Condition& c) { return fits_shot(c, flats[i], label); };
      if (!std::ranges::all_of(change.match.conditions, fits_it)) continue;
      lay(document, change.settings, flats[i]);
      ++change.changed;
    }
    counts.push_back({.line = change.place.line, .changed = change.changed});
  }
  return counts;
}

void warn_of_idle(const std::vector<Override>& overrides, Complaints& complaints) {
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    const Override& change = overrides[i];
    if (change.changed > 0 || change.match.is_broken || is_doubted(change.match, complaints)) continue;
    complaints.warning(change.place,
                       "override #" + std::to_string(i + 1) + " " + change.match.shown + " matches no shot");
  }
}

void apply_sets(const Document& document, std::vector<FlatShot>& flats) {
  if (document.sets.empty()) return;
  for (FlatShot& flat : flats) lay(document, document.sets, flat);
}

}  // namespace pia::dsl::internal
