// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/combinations.hpp"

#include <algorithm>

#include "dsl/internal/match.hpp"

namespace pia::dsl::internal {
namespace {

void lay(const Settings& settings, Values& values) {
  for (const auto& [key, value] : settings) values[key] = &value;
}

void lay(const Layer& layer, Values& values) {
  for (const auto& [key, value] : layer) values[key] = value;
}

// The value of a key in the strongest of the layers that have it, or in [defaults].
const Value* find_in(const Document& document, const Layers& layers, std::string_view key) {
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    const auto found = std::ranges::find(*layer, key, [](const auto& item) { return item.first; });
    if (found != layer->end()) return found->second;
  }
  const auto found = document.defaults.find(key);
  return found == document.defaults.end() ? nullptr : &found->second;
}

const Value* found_in(const Settings& settings, std::string_view key) {
  const auto found = settings.find(key);
  return found == settings.end() ? nullptr : &found->second;
}

void lay_asset(const Assets& assets, const Value* id, Values& values) {
  const auto* text = id == nullptr ? nullptr : get<std::string>(*id);
  const auto found = text == nullptr ? assets.end() : assets.find(*text);
  if (found != assets.end()) lay(found->second.settings, values);
}

// Finalizer of splitmix64.
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ value >> 30U) * 0xBF58476D1CE4E5B9U;
  value = (value ^ value >> 27U) * 0x94D049BB133111EBU;
  return value ^ value >> 31U;
}

// FNV-1a.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return mixed(hash);
}

std::uint64_t hash_of(const Settings& settings) {
  std::uint64_t hash = 0;
  for (const auto& [key, value] : settings) hash += hash_of(key + "=" + to_text(value));
  return hash;
}

}  // namespace

Values flattened(const Document& document, const Layers& layers) {
  Values values;
  lay(document.built_in, values);
  lay(document.defaults, values);
  lay_asset(document.models, find_in(document, layers, "model"), values);
  lay_asset(document.images, find_in(document, layers, "image"), values);
  for (const Layer& layer : layers) lay(layer, values);
  return values;
}

Layer layer_of(const Settings& settings) {
  Layer layer;
  for (const auto& [key, value] : settings) layer.emplace_back(key, &value);
  return layer;
}

double combination_count(const Block& block) {
  double count = static_cast<double>(std::max<std::size_t>(block.pairs.size(), 1));
  for (const Axis& axis : block.axes) count *= static_cast<double>(axis.values.size());
  return count;
}

Combinations::Combinations(const Document& document, const Block& block)
    : document_(document), block_(block) {
  sizes_.push_back(std::max<std::size_t>(block.pairs.size(), 1));
  hashes_.emplace_back();
  for (const Bundle& pair : block.pairs) hashes_.back().push_back(hash_of(pair.settings));
  if (block.pairs.empty()) hashes_.back().push_back(0);
  for (const Axis& axis : block.axes) {
    sizes_.push_back(axis.values.size());
    hashes_.emplace_back();
    for (const Value& value : axis.values) hashes_.back().push_back(hash_of(axis.key + "=" + to_text(value)));
  }
  for (const Match& exclude : block.excludes) {
    Filter filter;
    for (const std::size_t size : sizes_) filter.may_remove.emplace_back(size, char{1});
    for (const Condition& condition : exclude.conditions) add_condition(condition, filter);
    filters_.push_back(std::move(filter));
  }
}

const Value* Combinations::called_at(std::size_t position, std::size_t digit, std::string_view key) const {
  if (position > 0) {
    const Axis& axis = block_.axes[position - 1];
    if (axis.key != key) return nullptr;
    return axis.written.empty() ? &axis.values[digit] : &axis.written[digit];
  }
  if (block_.pairs.empty()) return nullptr;
  const auto found = block_.pairs[digit].settings.find(key);
  return found == block_.pairs[digit].settings.end() ? nullptr : &found->second;
}

void Combinations::add_condition(const Condition& condition, Filter& filter) const {
  bool is_decided = false;
  for (std::size_t position = 0; position < sizes_.size(); ++position) {
    for (std::size_t digit = 0; digit < sizes_[position]; ++digit) {
      const Value* value = called_at(position, digit, condition.key);
      is_decided = is_decided || value != nullptr;
      if (value != nullptr && !fits(condition, *value)) filter.may_remove[position][digit] = 0;
    }
  }
  const bool in_all_pairs =
      std::ranges::all_of(block_.pairs, [&](const Bundle& p) { return p.settings.contains(condition.key); });
  const bool by_axis =
      std::ranges::any_of(block_.axes, [&](const Axis& axis) { return axis.key == condition.key; });
  if (!is_decided || (!by_axis && !in_all_pairs)) filter.others.push_back(&condition);
}

Digits Combinations::digits(std::uint64_t number) const {
  Digits digits(sizes_.size(), 0);
  for (std::size_t i = sizes_.size(); i-- > 0;) {
    digits[i] = static_cast<std::size_t>(number % sizes_[i]);
    number /= sizes_[i];
  }
  return digits;
}

void Combinations::advance(Digits& digits) const {
  for (std::size_t i = sizes_.size(); i-- > 0;) {
    if (++digits[i] < sizes_[i]) return;
    digits[i] = 0;
  }
}

const Value* Combinations::own_value(std::string_view key, const Digits& digits) const {
  for (std::size_t position = 0; position < digits.size(); ++position) {
    if (const Value* value = called_at(position, digits[position], key)) return value;
  }
  return found_in(block_.settings, key);
}

const Value* Combinations::value_of(std::string_view key, const Digits& digits) const {
  if (const Value* value = own_value(key, digits)) return value;
  const auto of_asset = [&](const Assets& assets, const char* by) -> const Value* {
    const Value* id = own_value(by, digits);
    if (id == nullptr) id = found_in(document_.defaults, by);
    const auto* text = id == nullptr ? nullptr : get<std::string>(*id);
    const auto asset = text == nullptr ? assets.end() : assets.find(*text);
    return asset == assets.end() ? nullptr : found_in(asset->second.settings, key);
  };
  if (const Value* value = of_asset(document_.images, "image")) return value;
  if (const Value* value = of_asset(document_.models, "model")) return value;
  if (const Value* value = found_in(document_.defaults, key)) return value;
  return found_in(document_.built_in, key);
}

Layer Combinations::chosen(const Digits& digits) const {
  Layer layer;
  if (!block_.pairs.empty()) layer = layer_of(block_.pairs[digits[0]].settings);
  for (std::size_t i = 0; i < block_.axes.size(); ++i) {
    layer.emplace_back(block_.axes[i].key, &block_.axes[i].values[digits[i + 1]]);
  }
  return layer;
}

std::uint64_t Combinations::hash(const Digits& digits, std::uint64_t salt) const {
  std::uint64_t hash = mixed(salt);
  for (std::size_t position = 0; position < digits.size(); ++position) {
    hash += hashes_[position][digits[position]];
  }
  return mixed(hash);
}

bool Combinations::agrees_at(std::size_t position, std::size_t digit, const Bundle& bundle) const {
  return std::ranges::all_of(bundle.settings, [&](const auto& item) {
    const Value* value = called_at(position, digit, item.first);
    return value == nullptr || same_value(item.first, item.second, *value);
  });
}

bool Combinations::agrees(const Bundle& bundle, const Digits& digits) const {
  for (std::size_t position = 0; position < digits.size(); ++position) {
    if (!agrees_at(position, digits[position], bundle)) return false;
  }
  return true;
}

bool Combinations::may_agree(const Bundle& bundle) const {
  for (std::size_t position = 0; position < sizes_.size(); ++position) {
    bool any = false;
    for (std::size_t digit = 0; digit < sizes_[position] && !any; ++digit) {
      any = agrees_at(position, digit, bundle);
    }
    if (!any) return false;
  }
  return true;
}

bool Combinations::removes(std::size_t i, const Digits& digits) const {
  const Filter& filter = filters_[i];
  for (std::size_t position = 0; position < digits.size(); ++position) {
    if (filter.may_remove[position][digits[position]] == 0) return false;
  }
  if (block_.excludes[i].is_broken) return false;
  if (filter.others.empty()) return true;
  return std::ranges::all_of(filter.others, [&](const Condition* condition) {
    const Value* value = value_of(condition->key, digits);
    return value != nullptr && fits(*condition, *value);
  });
}

}  // namespace pia::dsl::internal
