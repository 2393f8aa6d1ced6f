// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/prompts.hpp"

#include <algorithm>
#include <string_view>

#include "dsl/internal/attention.hpp"
#include "dsl/internal/template.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kLongestMarkup = 200;

// The piece from `at` to the next `close`, if it is near and without another `open`.
std::string_view piece(std::string_view text, std::size_t at, char close) {
  const std::string_view near = text.substr(at, kLongestMarkup);
  const std::size_t end = near.find(close, 1);
  if (end == std::string_view::npos || near.find(near.front(), 1) < end) return {};
  return near.substr(0, end + 1);
}

bool is_weight(std::string_view piece) {
  const std::size_t colon = piece.rfind(':');
  if (piece.size() < 4 || colon == std::string_view::npos || colon + 2 > piece.size() - 1) return false;
  const std::string_view number = piece.substr(colon + 1, piece.size() - colon - 2);
  return number.find_first_not_of("0123456789. ") == std::string_view::npos;
}

std::string_view wildcard(std::string_view text, std::size_t at) {
  const std::string_view near = text.substr(at, kLongestMarkup);
  if (!near.starts_with("__")) return {};
  const std::size_t end = near.find("__", 2);
  if (end == std::string_view::npos || end == 2) return {};
  const std::string_view name = near.substr(2, end - 2);
  return name.find(' ') == std::string_view::npos ? near.substr(0, end + 2) : std::string_view{};
}

}  // namespace

std::string markup_in(const std::string& text) {
  const std::string_view view = text;
  for (std::size_t at = 0; at < view.size(); ++at) {
    std::string_view found;
    if (view[at] == '(') found = piece(view, at, ')');
    if (view[at] == '(' && !is_weight(found)) found = {};
    if (view[at] == '<' && view.substr(at).starts_with("<lora:")) found = piece(view, at, '>');
    if (view[at] == '{') found = piece(view, at, '}');
    if (view[at] == '{' && found.find('|') == std::string_view::npos) found = {};
    if (view[at] == '_') found = wildcard(view, at);
    if (!found.empty()) return std::string(found);
  }
  return "";
}

bool is_prompt_id(const std::string& text) {
  return text.size() > 1 && text.front() == '@' && text.find_first_of(" ,\t\n") == std::string::npos;
}

bool Prompts::is_template(const std::string& text) {
  const auto [slot, is_new] = templates_.try_emplace(text);
  if (is_new) slot->second = internal::is_template(text);
  return slot->second;
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
    slot->second = {
        .ids = std::move(chunks.ids), .weights = std::move(chunks.weights), .tokens = chunks.tokens};
  }
  return slot->second;
}

const PromptFacts& Prompts::of(const std::string& text) {
  const auto [slot, is_new] = known_.try_emplace(text);
  if (is_new) {
    const auto ids = tokenizer().encode(text);
    slot->second = {.ids = Tokenizer::padded(ids), .tokens = ids.size(), .markup = markup_in(text)};
  }
  return slot->second;
}

}  // namespace pia::dsl::internal
