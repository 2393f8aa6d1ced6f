// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/attention.hpp"

#include <algorithm>
#include <charconv>

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kChunk = kTextPositions - 2;
constexpr std::size_t kBacktrack = 20;
constexpr std::int32_t kComma = 267;
constexpr double kRound = 1.1;
constexpr double kSquare = 1 / 1.1;
constexpr std::string_view kBreak = "BREAK";

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80U) != 0;
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::vector<WeightedText> pieces() {
    read();
    for (const Open& open : round_) multiply(open.piece, kRound);
    for (const Open& open : square_) multiply(open.piece, kSquare);
    return merged();
  }

  std::optional<std::size_t> unclosed() {
    read();
    std::size_t first = text_.size();
    for (const auto* open : {&round_, &square_}) {
      if (!open->empty()) first = std::min(first, open->front().at);
    }
    return first == text_.size() ? std::nullopt : std::optional(first);
  }

 private:
  // An open bracket.
  struct Open {
    std::size_t piece = 0;  // the first within it
    std::size_t at = 0;     // in the text
  };

  void read() {
    for (std::size_t at = 0; at < text_.size();) at = step(at);
  }

  // Reads what begins at `at`; where the next begins.
  std::size_t step(std::size_t at) {
    const char c = text_[at];
    if (c == '\\') return escape(at);
    if (c == '(') round_.push_back({.piece = found_.size(), .at = at});
    if (c == '[') square_.push_back({.piece = found_.size(), .at = at});
    if (c == '(' || c == '[') return at + 1;
    if (c == ')' && !round_.empty()) return close(round_, kRound, at + 1);
    if (c == ']' && !square_.empty()) return close(square_, kSquare, at + 1);
    if (c == ':') return colon(at);
    std::size_t end = at + 1;
    static constexpr std::string_view kMarks = "\\()[]:";
    while (c != ')' && c != ']' && end < text_.size() && kMarks.find(text_[end]) == std::string_view::npos)
      ++end;
    add(text_.substr(at, end - at));
    return end;
  }

  std::size_t escape(std::size_t at) {
    static constexpr std::string_view kEscaped = "()[]\\";
    const bool is_one = at + 1 < text_.size() && kEscaped.find(text_[at + 1]) != std::string_view::npos;
    found_.push_back({.text = std::string(text_.substr(at + 1, is_one ? 1 : 0))});
    return at + (is_one ? 2 : 1);
  }

  std::size_t close(std::vector<Open>& open, double factor, std::size_t next) {
    multiply(open.back().piece, factor);
    open.pop_back();
    return next;
  }

  // ": 1.3 )" closes a round bracket; any other colon is text.
  std::size_t colon(std::size_t at) {
    std::size_t from = at + 1;
    while (from < text_.size() && is_space(text_[from])) ++from;
    std::size_t number = from;
    if (number < text_.size() && (text_[number] == '+' || text_[number] == '-')) ++number;
    std::size_t end = number;
    while (end < text_.size() && (text_[end] == '.' || (text_[end] >= '0' && text_[end] <= '9'))) ++end;
    std::size_t bracket = end;
    while (bracket < text_.size() && is_space(text_[bracket])) ++bracket;
    double weight = 0;
    const char* const begin = text_.data() + (from < text_.size() && text_[from] == '+' ? number : from);
    const auto [rest, error] = std::from_chars(begin, text_.data() + end, weight, std::chars_format::fixed);
    const bool is_weight = end > number && bracket < text_.size() && text_[bracket] == ')' &&
                           !round_.empty() && error == std::errc() && rest == text_.data() + end;
    if (is_weight) return close(round_, weight, bracket + 1);
    add(":");
    return at + 1;
  }

  // Thousands of brackets would come to infinity, which is no number in a plan.
  void multiply(std::size_t start, double factor) {
    constexpr double kMost = 1e6;
    for (std::size_t i = start; i < found_.size(); ++i) {
      if (!found_[i].is_break) found_[i].weight = std::clamp(found_[i].weight * factor, -kMost, kMost);
    }
  }

  void add(std::string_view text) {
    std::size_t from = 0;
    for (std::size_t at = text.find(kBreak); at != std::string_view::npos; at = text.find(kBreak, at + 1)) {
      const std::size_t end = at + kBreak.size();
      const bool alone = (at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]));
      if (!alone) continue;
      std::size_t before = at;
      while (before > from && is_space(text[before - 1])) --before;
      found_.push_back({.text = std::string(text.substr(from, before - from))});
      found_.push_back({.is_break = true});
      from = end;
      while (from < text.size() && is_space(text[from])) ++from;
    }
    found_.push_back({.text = std::string(text.substr(from))});
  }

  std::vector<WeightedText> merged() const {
    std::vector<WeightedText> pieces;
    for (const WeightedText& piece : found_) {
      const bool joins = !pieces.empty() && !piece.is_break && !pieces.back().is_break &&
                         pieces.back().weight == piece.weight;
      if (joins) {
        pieces.back().text += piece.text;
      } else {
        pieces.push_back(piece);
      }
    }
    if (pieces.empty()) pieces.push_back({});
    return pieces;
  }

  std::string_view text_;
  std::vector<WeightedText> found_;
  std::vector<Open> round_;
  std::vector<Open> square_;
};

class Cutter {
 public:
  void add(std::int32_t id, double weight) {
    if (id == kComma) {
      comma_ = ids_.size();
    } else if (ids_.size() == kChunk && comma_ < kChunk && ids_.size() - comma_ <= kBacktrack) {
      move_behind_comma();
    }
    if (ids_.size() == kChunk) next();
    ids_.push_back(id);
    weights_.push_back(weight);
    ++chunks_.tokens;
  }

  void next() {
    chunks_.ids.push_back(kBeginOfText);
    chunks_.weights.push_back(1);
    for (std::size_t i = 0; i < kChunk; ++i) {
      chunks_.ids.push_back(i < ids_.size() ? ids_[i] : kEndOfText);
      chunks_.weights.push_back(i < ids_.size() ? weights_[i] : 1);
    }
    chunks_.ids.push_back(kEndOfText);
    chunks_.weights.push_back(1);
    ids_.clear();
    weights_.clear();
    comma_ = kNone;
  }

  Chunks finish() {
    if (!ids_.empty() || chunks_.ids.empty()) next();
    return std::move(chunks_);
  }

 private:
  static constexpr std::size_t kNone = SIZE_MAX;

  void move_behind_comma() {
    const auto from = static_cast<std::ptrdiff_t>(comma_ + 1);
    const std::vector<std::int32_t> ids(ids_.begin() + from, ids_.end());
    const std::vector<double> weights(weights_.begin() + from, weights_.end());
    ids_.resize(comma_ + 1);
    weights_.resize(comma_ + 1);
    next();
    ids_ = ids;
    weights_ = weights;
  }

  Chunks chunks_;
  std::vector<std::int32_t> ids_;
  std::vector<double> weights_;
  std::size_t comma_ = kNone;
};

}  // namespace

std::vector<WeightedText> parse_attention(std::string_view text) {
  return Parser(text).pieces();
}

std::optional<std::size_t> unclosed_bracket(std::string_view text) {
  return Parser(text).unclosed();
}

Chunks chunked(const std::vector<WeightedText>& pieces, const Tokenizer& tokenizer) {
  Cutter cutter;
  for (const WeightedText& piece : pieces) {
    if (piece.is_break) {
      cutter.next();
      continue;
    }
    for (const std::int32_t id : tokenizer.encode(piece.text)) cutter.add(id, piece.weight);
  }
  return cutter.finish();
}

}  // namespace pia::dsl::internal
