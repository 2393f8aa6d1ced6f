// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/expand.hpp"

#include <algorithm>

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostShots = 100000;

void refuse_pattern(Settings& settings, Complaints& complaints) {
  const auto found = settings.find("image");
  if (found == settings.end()) return;
  const auto* text = get<std::string>(found->second);
  if (text == nullptr || text->find('*') == std::string::npos) return;
  complaints.error(found->second.place,
                   "image = " + in_quotes(*text) + " is a pattern; it belongs in axes.image of a [[grid]]");
  found->second.data = Broken{};
}

List expanded(const Value& value, const Document& document, const FileFinder& finder,
              Complaints& complaints) {
  const auto* text = get<std::string>(value);
  if (text == nullptr || !is_pattern(*text) || document.images.contains(*text)) return {value};
  List list;
  for (std::string& path : finder.match(value))
    list.push_back({.data = std::move(path), .place = value.place});
  if (!list.empty()) return list;
  complaints.error(value.place, "no picture matches " + in_quotes(*text));
  return {{.data = Broken{}, .place = value.place}};
}

// The number of combinations, or more than `limit`.
double combinations(const Block& grid) {
  double count = 1;
  for (const Axis& axis : grid.axes) count *= static_cast<double>(axis.values.size());
  return count;
}

std::string counted(double count) {
  return count < 1e15 ? std::to_string(static_cast<std::int64_t>(count)) : number_text(count);
}

// Puts `settings` over what is there.
void lay(const Settings& settings, FlatShot& flat) {
  for (const auto& [key, value] : settings) flat.values[key] = &value;
}

const std::string* text_of(const std::map<std::string_view, const Value*>& values, std::string_view key) {
  const auto found = values.find(key);
  return found == values.end() ? nullptr : get<std::string>(*found->second);
}

void lay_asset(const Assets& assets, const std::string* id, FlatShot& flat) {
  const auto found = id == nullptr ? assets.end() : assets.find(*id);
  if (found != assets.end()) lay(found->second.settings, flat);
}

FlatShot flattened(const Document& document, const Block& block, const std::vector<const Value*>& choice) {
  FlatShot own;
  const auto lay_own = [&](FlatShot& flat) {
    lay(block.settings, flat);
    for (std::size_t i = 0; i < choice.size(); ++i) flat.values[block.axes[i].key] = choice[i];
    lay(document.sets, flat);
  };
  lay(document.defaults, own);
  lay_own(own);
  FlatShot flat{.block = &block};
  lay(document.built_in, flat);
  lay(document.defaults, flat);
  lay_asset(document.models, text_of(own.values, "model"), flat);
  lay_asset(document.images, text_of(own.values, "image"), flat);
  lay_own(flat);
  return flat;
}

void expand_block(const Document& document, const Block& block, std::vector<FlatShot>& shots) {
  std::vector<std::size_t> digits(block.axes.size(), 0);
  while (true) {
    std::vector<const Value*> choice;
    for (std::size_t i = 0; i < digits.size(); ++i) choice.push_back(&block.axes[i].values[digits[i]]);
    shots.push_back(flattened(document, block, choice));
    std::size_t i = digits.size();
    while (i > 0 && ++digits[i - 1] == block.axes[i - 1].values.size()) digits[--i] = 0;
    if (i == 0) return;
  }
}

}  // namespace

void expand_patterns(Document& document, const FileFinder& finder, Complaints& complaints) {
  refuse_pattern(document.defaults, complaints);
  refuse_pattern(document.sets, complaints);
  for (Block& block : document.blocks) {
    refuse_pattern(block.settings, complaints);
    for (Axis& axis : block.axes) {
      if (axis.key != "image") continue;
      List values;
      for (const Value& value : axis.values) {
        const List more = expanded(value, document, finder, complaints);
        values.insert(values.end(), more.begin(), more.end());
      }
      axis.values = std::move(values);
    }
  }
}

std::vector<FlatShot> expand(const Document& document, Complaints& complaints) {
  std::vector<FlatShot> shots;
  for (const Block& block : document.blocks) {
    const double count = combinations(block);
    if (block.section == Section::grid && count > static_cast<double>(block.limit)) {
      complaints.error(block.place, "grid " + in_quotes(block.grid) + " has " + counted(count) +
                                        " combinations, more than its limit of " +
                                        std::to_string(block.limit) + "; shorten its axes or raise limit");
    } else if (static_cast<double>(shots.size()) + count > static_cast<double>(kMostShots)) {
      complaints.error(block.place, "the job has more than 100000 shots; split it into several files");
      return shots;
    } else {
      expand_block(document, block, shots);
    }
  }
  return shots;
}

}  // namespace pia::dsl::internal
