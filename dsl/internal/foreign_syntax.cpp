// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/foreign_syntax.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kDeepest = 50;
constexpr std::string_view kSpace = " \t\r\n";

bool is_of_a_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) + 1 - first);
}

bool is_number(std::string_view text) {
  text = trim(text);
  if (text.find_first_not_of("+-.0123456789") != std::string_view::npos) return false;  // nan is a word
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const char* const end = text.data() + text.size();
  return !text.empty() && std::from_chars(text.data(), end, value).ptr == end;
}

// An open bracket.
struct Open {
  char bracket = '[';
  std::size_t at = 0;                    // in the prompt
  std::size_t begin = 0;                 // in what is written, behind the bracket
  std::vector<std::size_t> colons = {};  // there too, on this level
  std::vector<std::size_t> bars = {};
  std::size_t pieces = 0;  // known before it
};

class Reading {
 public:
  explicit Reading(std::string_view prompt) : prompt_(prompt) {}

  WithoutForeign result() {
    while (at_ < prompt_.size()) read();
    if (is_composed_) drop_weight();
    return std::move(out_);
  }

 private:
  void read() {
    const char c = prompt_[at_];
    if (c == '\\') return copy(std::min<std::size_t>(2, prompt_.size() - at_));
    if (c == '<' && drop_network()) return;
    if (c == 'A' && compose()) return;
    if (c == '[' || c == '(') return open(c);
    if (c == ']' || c == ')') return close(c);
    if (!opened_.empty() && c == ':') opened_.back().colons.push_back(out_.text.size());
    if (!opened_.empty() && c == '|') opened_.back().bars.push_back(out_.text.size());
    copy(1);
  }

  void copy(std::size_t bytes) {
    out_.text += prompt_.substr(at_, bytes);
    at_ += bytes;
  }

  void open(char bracket) {
    const std::size_t at = at_;
    copy(1);
    ++depth_;
    if (depth_ > kDeepest) return;
    opened_.push_back(
        {.bracket = bracket, .at = at, .begin = out_.text.size(), .pieces = out_.pieces.size()});
  }

  // One that closes nothing is text; one that is not closed inside another too.
  void close(char bracket) {
    if (depth_ > kDeepest) {
      --depth_;
      return copy(1);
    }
    const char wanted = bracket == ']' ? '[' : '(';
    const auto found = std::find_if(opened_.rbegin(), opened_.rend(),
                                    [wanted](const Open& open) { return open.bracket == wanted; });
    if (found == opened_.rend()) return copy(1);
    opened_.erase(found.base(), opened_.end());
    const Open open = std::move(opened_.back());
    opened_.pop_back();
    depth_ = opened_.size();
    const auto kept = wanted == '[' ? replacement(open) : std::nullopt;
    if (!kept) return copy(1);
    out_.text.resize(open.begin - 1);
    out_.pieces.resize(open.pieces);
    out_.text += *kept;
    ++at_;
    add(open.bars.empty() ? Foreign::editing : Foreign::alternation, open.at, *kept);
  }

  // What stands for "[...]", if that is more than less weight.
  std::optional<std::string> replacement(const Open& open) const {
    const std::string_view inner = std::string_view(out_.text).substr(open.begin);
    const auto part = [&](std::size_t from, std::size_t to) { return trim(inner.substr(from, to - from)); };
    if (!open.bars.empty()) {
      std::string all;
      std::size_t from = 0;
      for (std::size_t i = 0; i <= open.bars.size(); ++i) {
        const std::size_t to = i < open.bars.size() ? open.bars[i] - open.begin : inner.size();
        const std::string_view text = part(from, to);
        if (!text.empty()) all += (all.empty() ? "" : ", ") + std::string(text);
        from = to + 1;
      }
      return all;
    }
    if (open.colons.empty() || open.colons.size() > 2) return std::nullopt;
    const std::size_t last = open.colons.back() - open.begin;
    if (!is_number(inner.substr(last + 1))) return std::nullopt;
    const std::size_t first = open.colons.front() - open.begin;
    const std::string_view late = first == last ? part(0, last) : part(first + 1, last);
    return std::string(late.empty() ? part(0, first) : late);
  }

  bool drop_network() {
    std::size_t colon = at_ + 1;
    while (colon < prompt_.size() && is_of_a_word(prompt_[colon])) ++colon;
    if (colon == at_ + 1 || colon >= prompt_.size() || prompt_[colon] != ':') return false;
    const std::size_t end = has_end_ ? prompt_.find('>', colon) : std::string_view::npos;
    has_end_ = end != std::string_view::npos;  // where there is none there is none behind it
    if (!has_end_ || end == colon + 1) return false;
    const std::size_t bytes = end + 1 - at_;
    if (prompt_.substr(at_ + 1, colon - at_ - 1) == "lora") {
      copy(bytes);
      return true;
    }
    const std::size_t at = at_;
    at_ = end + 1;
    add(Foreign::network, at, "");
    // Of the two commas around it one stays, and of all the space.
    const std::size_t end_of_text = stripped(out_.text.size());
    const bool has_comma = end_of_text == 0 || out_.text[end_of_text - 1] == ',';
    out_.text.resize(std::min(out_.text.size(), end_of_text + 1));
    skip_space();
    if (!has_comma || at_ == prompt_.size() || prompt_[at_] != ',') return true;
    ++at_;
    skip_space();
    return true;
  }

  bool compose() {
    const bool is_word = prompt_.substr(at_, 3) == "AND" && (at_ == 0 || !is_of_a_word(prompt_[at_ - 1])) &&
                         (at_ + 3 == prompt_.size() || !is_of_a_word(prompt_[at_ + 3]));
    if (!is_word) return false;
    const std::size_t at = at_;
    at_ += 3;
    add(Foreign::composition, at, stripped(out_.text.size()) == 0 ? "" : ", ");
    skip_space();
    drop_weight();
    out_.text += out_.pieces.back().kept;
    is_composed_ = true;
    return true;
  }

  // "a cat :1.2 AND a dog :0.8": they are of the sum.
  void drop_weight() {
    static constexpr std::size_t kLongest = 24;
    out_.text.resize(stripped(out_.text.size()));
    const std::size_t from = out_.text.size() - std::min(out_.text.size(), kLongest);
    const std::size_t colon = std::string_view(out_.text).substr(from).rfind(':');
    const bool is_weight = opened_.empty() && colon != std::string_view::npos &&
                           is_number(std::string_view(out_.text).substr(from + colon + 1));
    if (is_weight) out_.text.resize(stripped(from + colon));
  }

  // Where the first `bytes` of the text end without white space.
  std::size_t stripped(std::size_t bytes) const {
    const std::string_view text = std::string_view(out_.text).substr(0, bytes);
    return text.find_last_not_of(kSpace) + 1;  // 0 if there is nothing else
  }
  void skip_space() {
    while (at_ < prompt_.size() && kSpace.find(prompt_[at_]) != std::string_view::npos) ++at_;
  }

  void add(Foreign kind, std::size_t at, const std::string& kept) {
    out_.pieces.push_back(
        {.kind = kind, .at = at, .text = std::string(prompt_.substr(at, at_ - at)), .kept = kept});
  }

  std::string_view prompt_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool has_end_ = true;  // there may be a '>'
  bool is_composed_ = false;
  std::vector<Open> opened_ = {};
  WithoutForeign out_ = {};
};

}  // namespace

WithoutForeign without_foreign(std::string_view prompt) {
  return Reading(prompt).result();
}

}  // namespace pia::dsl::internal
