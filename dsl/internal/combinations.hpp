// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "dsl/internal/document.hpp"

namespace pia::dsl::internal {

/// The values of the keys of a shot, by key. They point into the document.
using Values = std::map<std::string_view, const Value*>;

/// Keys that were written together, and layers of them over each other, weakest first.
using Layer = std::vector<std::pair<std::string_view, const Value*>>;
using Layers = std::vector<Layer>;
Layer layer_of(const Settings& settings);

/// All that a shot's keys come to: built in, [defaults], the assets of its model and image, then `layers`.
Values flattened(const Document& document, const Layers& layers);

/// One combination of a grid: which pair (0 if there are none) and which value of each axis.
using Digits = std::vector<std::size_t>;

/// How many combinations a block has; infinity if that is beyond double.
double combination_count(const Block& block);

/// The combinations of a grid, numbered; the last axis varies fastest, pairs slowest. A [[shot]] is a grid of
/// one. Refers to the document and the block.
class Combinations {
 public:
  Combinations(const Document& document, const Block& block);

  Digits digits(std::uint64_t number) const;

  /// Makes them those of the next number; of the last, those of the first.
  void advance(Digits& digits) const;

  /// The keys that a combination itself decides.
  Layer chosen(const Digits& digits) const;

  /// Whether exclude number `i` of the block removes a combination.
  bool removes(std::size_t i, const Digits& digits) const;

  /// Depends on `salt` and the values that a combination chooses, on nothing else, so that the choice by it
  /// survives an axis getting longer.
  std::uint64_t hash(const Digits& digits, std::uint64_t salt) const;

  /// Whether `bundle` changes no value that a combination chooses.
  bool agrees(const Bundle& bundle, const Digits& digits) const;

  /// Whether it agrees with any combination at all, excluded ones included.
  bool may_agree(const Bundle& bundle) const;

 private:
  /// Whether an exclude lets each digit of each position through, and the conditions that need more than one
  /// digit to be decided.
  struct Filter {
    std::vector<std::vector<char>> may_remove;
    std::vector<const Condition*> others;
  };

  bool agrees_at(std::size_t position, std::size_t digit, const Bundle& bundle) const;
  /// What a position calls the key's value, nullptr if it does not decide it.
  const Value* called_at(std::size_t position, std::size_t digit, std::string_view key) const;
  /// What a combination and its grid say of a key, and what its shot's value will be, by their names.
  const Value* own_value(std::string_view key, const Digits& digits) const;
  const Value* value_of(std::string_view key, const Digits& digits) const;
  void add_condition(const Condition& condition, Filter& filter) const;

  const Document& document_;
  const Block& block_;
  std::vector<std::size_t> sizes_;  ///< of each position
  std::vector<Filter> filters_;
  std::vector<std::vector<std::uint64_t>> hashes_;  ///< by position and digit
};

}  // namespace pia::dsl::internal
