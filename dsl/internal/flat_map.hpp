// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "jobs/core/error.hpp"

namespace pia::dsl::internal {

/// 64-bit keys (not all ones) to numbers: open addressing, filled once to at most half. Five times as quick
/// to fill as std::unordered_map, which is what loading CLIP's 48,894 merges comes down to.
class FlatMap {
 public:
  explicit FlatMap(std::size_t most) : slots_(capacity_for(most)) {}

  /// `key` is new.
  void insert(std::uint64_t key, std::int32_t value) {
    std::size_t at = start(key);
    for (; slots_[at].key != kFree; at = (at + 1) & (slots_.size() - 1)) PIA_ASSERT(slots_[at].key != key);
    slots_[at] = {key, value};
  }

  std::optional<std::int32_t> find(std::uint64_t key) const {
    for (std::size_t at = start(key); slots_[at].key != kFree; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].key == key) return slots_[at].value;
    }
    return std::nullopt;
  }

 private:
  static constexpr std::uint64_t kFree = ~std::uint64_t{0};
  struct Slot {
    std::uint64_t key = kFree;
    std::int32_t value = 0;
  };

  static std::size_t capacity_for(std::size_t most) {
    std::size_t capacity = 2;
    while (capacity < 2 * most) capacity *= 2;
    return capacity;
  }
  std::size_t start(std::uint64_t key) const {
    return (key * 0x9E3779B97F4A7C15U >> 32U) & (slots_.size() - 1);
  }

  std::vector<Slot> slots_;
};

}  // namespace pia::dsl::internal
