// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dsl/internal/foreign_syntax.hpp"
#include "dsl/tokenizer.hpp"
#include "jobs/core/shot.hpp"

namespace pia::dsl::internal {

struct PromptFacts {
  std::vector<std::int32_t> ids;  ///< 77, padded
  std::size_t tokens = 0;         ///< before cutting to 75
};

/// What AUTOMATIC1111's syntax makes of a text.
struct WeightedFacts {
  std::vector<std::int32_t> ids;  ///< chunks of 77
  std::vector<double> weights;    ///< one an id; empty if all are 1
  std::size_t tokens = 0;
  std::vector<ForeignPiece> foreign;  ///< read as text
  std::string unclosed;               ///< from a bracket on that nothing closes; empty if there is none
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

  /// The choices of each template that was asked about, in the order of their texts.
  std::vector<std::vector<std::string>> choices() const;

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

/// Tokens of the longest keyframe, chunks filled up.
std::size_t most_tokens(const jobs::PromptTrack& track);

/// How many tokens its longest keyframe has and how they lie in chunks: "5 of 75", "80 in chunks: 75 + 5".
std::string tokens_text(const jobs::PromptTrack& track);

/// Appends chunks of the empty text, whose weights are 1, to each keyframe until it has `tokens`.
void pad_track(jobs::PromptTrack& track, std::size_t tokens);

}  // namespace pia::dsl::internal
