// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/tokenizer.hpp"

namespace pia::dsl::internal {

/// A piece of a prompt and how much attention it gets; or a BREAK, which begins a new chunk.
struct WeightedText {
  std::string text = {};
  double weight = 1;
  bool is_break = false;
};

/// AUTOMATIC1111's prompt syntax (modules/prompt_parser.py, parse_prompt_attention): (x) is 1.1, [x] is
/// 1/1.1, (x:1.3) is 1.3, brackets multiply, \( \) \[ \] \\ are literal, a bracket that is not closed reaches
/// to the end, BREAK as a word of its own begins a new chunk. Neighbours of one weight are one piece. Never
/// empty.
std::vector<WeightedText> parse_attention(std::string_view text);

/// Where the first bracket stands, ( or [, that nothing closes; nothing if all are closed.
std::optional<std::size_t> unclosed_bracket(std::string_view text);

/// Token ids in chunks of 77 (begin, 75, end) and a weight for each.
struct Chunks {
  std::vector<std::int32_t> ids;
  std::vector<double> weights;  ///< of the same length
  std::size_t tokens = 0;       ///< of the text
};

/// As AUTOMATIC1111's tokenize_line: each piece is encoded alone; where a chunk is full, what stands behind
/// its last comma moves to the next one if that is at most 20 tokens; what is free is filled with ends of
/// text.
Chunks chunked(const std::vector<WeightedText>& pieces, const Tokenizer& tokenizer);

}  // namespace pia::dsl::internal
