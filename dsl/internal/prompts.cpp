// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/prompts.hpp"

#include <algorithm>

#include "dsl/internal/attention.hpp"
#include "dsl/internal/template.hpp"

namespace pia::dsl::internal {
bool is_prompt_id(const std::string& text) {
  return text.size() > 1 && text.front() == '@' && text.find_first_of(" ,\t\n") == std::string::npos;
}

std::size_t most_tokens(const jobs::PromptTrack& track) {
  std::size_t most = 0;
  for (const jobs::PromptKeyframe& keyframe : track.keyframes) most = std::max(most, keyframe.ids.size());
  return most;
}

std::string tokens_text(const jobs::PromptTrack& track) {
  std::size_t most = 0;
  std::string text = "0 of 75";
  for (const jobs::PromptKeyframe& keyframe : track.keyframes) {
    std::size_t all = 0;
    std::string chunks;
    for (std::size_t from = 0; from < keyframe.ids.size(); from += kTextPositions) {
      const auto begin = keyframe.ids.begin() + static_cast<std::ptrdiff_t>(from);
      const auto count = std::count_if(begin, begin + kTextPositions, [](std::int32_t id) {
        return id != kBeginOfText && id != kEndOfText;
      });
      all += static_cast<std::size_t>(count);
      chunks += (from > 0 ? " + " : "") + std::to_string(count);
    }
    if (all <= most) continue;
    most = all;
    const bool is_one = keyframe.ids.size() <= kTextPositions;
    text = std::to_string(all) + (is_one ? " of 75" : " in chunks: " + chunks);
  }
  return text;
}

void pad_track(jobs::PromptTrack& track, std::size_t tokens) {
  static const std::vector<std::int32_t> kEmpty = Tokenizer::padded({});
  for (jobs::PromptKeyframe& keyframe : track.keyframes) {
    while (keyframe.ids.size() < tokens) {
      keyframe.ids.insert(keyframe.ids.end(), kEmpty.begin(), kEmpty.end());
    }
    if (!keyframe.weights.empty()) keyframe.weights.resize(keyframe.ids.size(), 1);
  }
}

bool Prompts::is_template(const std::string& text) {
  const auto [slot, is_new] = templates_.try_emplace(text);
  if (is_new) slot->second = internal::is_template(text);
  return slot->second;
}

std::vector<std::vector<std::string>> Prompts::choices() const {
  std::vector<std::vector<std::string>> all;
  for (const auto& [text, is_one] : templates_) {
    // One with nothing but escapes has none.
    auto choices = is_one ? choices_in(text) : std::vector<std::string>{};
    if (!choices.empty()) all.push_back(std::move(choices));
  }
  return all;
}

const Tokenizer& Prompts::tokenizer() {
  if (tokenizer_ == nullptr) tokenizer_ = &own_.emplace();
  return *tokenizer_;
}

const WeightedFacts& Prompts::weighted(const std::string& text) {
  const auto [slot, is_new] = weighted_.try_emplace(text);
  if (is_new) {
    Chunks chunks = chunked(parse_attention(text), tokenizer());
    if (std::ranges::all_of(chunks.weights, [](double weight) { return weight == 1; }))
      chunks.weights.clear();
    slot->second = {.ids = std::move(chunks.ids),
                    .weights = std::move(chunks.weights),
                    .tokens = chunks.tokens,
                    .foreign = without_foreign(text).pieces,
                    .unclosed = text.substr(unclosed_bracket(text).value_or(text.size()))};
  }
  return slot->second;
}

const PromptFacts& Prompts::of(const std::string& text) {
  const auto [slot, is_new] = known_.try_emplace(text);
  if (is_new) {
    const auto ids = tokenizer().encode(text);
    slot->second = {.ids = Tokenizer::padded(ids), .tokens = ids.size()};
  }
  return slot->second;
}

}  // namespace pia::dsl::internal
