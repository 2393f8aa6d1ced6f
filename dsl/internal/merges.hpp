// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "dsl/internal/flat_map.hpp"

namespace pia::dsl::internal {

/// CLIP's byte-pair merges (openai/CLIP, bpe_simple_vocab_16e6.txt, MIT): ids 0..255 are bytes, 256..511
/// bytes that end a word, 512 + r the result of the merge of rank r. Every merge's parts are made by earlier
/// merges and no two merges make the same token, so that merging one pair at a time, lowest rank first,
/// leftmost first, gives what merging all equal pairs at once does.
class Merges {
 public:
  /// The embedded list.
  Merges();

  /// Ids of one word (not empty). n log n in its length.
  std::vector<std::int32_t> encode(std::string_view word) const;

 private:
  std::array<std::int32_t, 256> byte_ids_{};
  FlatMap merged_;  ///< (left id, right id) to the result's id
};

}  // namespace pia::dsl::internal
