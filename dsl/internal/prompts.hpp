// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dsl/tokenizer.hpp"

namespace pia::dsl::internal {

struct PromptFacts {
  std::vector<std::int32_t> ids;  ///< 77, padded
  std::size_t tokens = 0;         ///< before cutting to 75
  std::string markup;             ///< something in it that the plain syntax takes literally, such as (x:1.3)
};

/// What AUTOMATIC1111's syntax makes of a text.
struct WeightedFacts {
  std::vector<std::int32_t> ids;  ///< chunks of 77
  std::vector<double> weights;    ///< one an id; empty if all are 1
  std::size_t tokens = 0;
};

/// Token ids by text, each text encoded once.
class Prompts {
 public:
  /// `tokenizer`: to share, or nullptr: one is made when the first text comes.
  explicit Prompts(const Tokenizer* tokenizer) : tokenizer_(tokenizer) {}

  const PromptFacts& of(const std::string& text);
  const WeightedFacts& weighted(const std::string& text);

  /// Whether it holds a choice or a wildcard.
  bool is_template(const std::string& text);

 private:
  const Tokenizer& tokenizer();

  const Tokenizer* tokenizer_;
  std::optional<Tokenizer> own_;
  std::map<std::string, PromptFacts> known_;
  std::map<std::string, WeightedFacts> weighted_;
  std::map<std::string, bool> templates_;
};

/// "@windy": a name of [prompts], not a text.
bool is_prompt_id(const std::string& text);

/// The first piece of `text` that AUTOMATIC1111's syntax would not take literally: a weight (x:1.3), a LoRA
/// <lora:x:1>, a choice {a|b}, a wildcard __x__. Empty if there is none.
std::string markup_in(const std::string& text);

}  // namespace pia::dsl::internal
