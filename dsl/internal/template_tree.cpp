// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/template_tree.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {
namespace {

constexpr int kDeepest = 16;
constexpr std::size_t kLongestName = 200;
constexpr std::string_view kEscaped = "{}|_";

bool is_escape(std::string_view text, std::size_t at) {
  return text[at] == '\\' && at + 1 < text.size() && kEscaped.find(text[at + 1]) != std::string_view::npos;
}

// A brace that is a choice: where it closes, and the bars and the $$ that are its own.
struct Brace {
  std::size_t end = std::string_view::npos;
  std::vector<std::size_t> bars;
  std::vector<std::size_t> dollars;
  bool is_choice() const { return !bars.empty() || !dollars.empty(); }
};

// Thrown and caught within this file: it would otherwise be in every return type of the recursion.
struct Refused {
  std::string sentence;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), braces_(text.size()) { find_braces(); }

  Pieces pieces(std::size_t from, std::size_t to, int depth) const {
    if (depth > kDeepest) throw Refused{"this prompt nests choices more than 16 deep; make it simpler"};
    Pieces found;
    std::string literal;
    const auto flush = [&] {
      if (!literal.empty()) found.emplace_back(std::exchange(literal, ""));
    };
    for (std::size_t at = from; at < to;) {
      const Brace* brace = text_[at] == '{' ? braces_[at].get() : nullptr;
      const std::string_view name = wildcard_at(at, to);
      if (is_escape(text_, at)) {
        literal += text_.substr(at, 2);
        at += 2;
      } else if (brace != nullptr && brace->is_choice()) {
        flush();
        found.emplace_back(choice(at, *brace, depth));
        at = brace->end + 1;
      } else if (!name.empty()) {
        flush();
        found.emplace_back(WildcardName{std::string(name)});
        at += name.size() + 4;
      } else {
        literal += text_[at++];
      }
    }
    flush();
    return found;
  }

 private:
  void find_braces() {
    std::vector<std::size_t> open;
    for (std::size_t at = 0; at < text_.size(); ++at) {
      if (is_escape(text_, at)) {
        ++at;
      } else if (text_[at] == '{') {
        braces_[at] = std::make_unique<Brace>();
        open.push_back(at);
      } else if (text_[at] == '}' && !open.empty()) {
        braces_[open.back()]->end = at;
        open.pop_back();
      } else if (text_[at] == '|' && !open.empty()) {
        braces_[open.back()]->bars.push_back(at);
      } else if (text_.substr(at).starts_with("$$") && !open.empty()) {
        braces_[open.back()]->dollars.push_back(at++);
      }
    }
    for (const std::size_t at : open) {
      if (braces_[at]->is_choice()) {
        throw Refused{"the choice that begins with " + in_quotes(text_.substr(at, 20)) +
                      " is not closed; add }, or write \\{ for a brace"};
      }
      braces_[at]->end = text_.size();
    }
  }

  // The name in __name__ at `at`, or nothing.
  std::string_view wildcard_at(std::size_t at, std::size_t to) const {
    const std::string_view rest = text_.substr(at, std::min(to - at, kLongestName));
    if (!rest.starts_with("__")) return {};
    const std::size_t end = rest.find("__", 2);
    if (end == std::string_view::npos || end == 2) return {};
    const std::string_view name = rest.substr(2, end - 2);
    return name.find_first_of(" \t\n{}|,<>()\\") == std::string_view::npos ? name : std::string_view{};
  }

  Choice choice(std::size_t at, const Brace& brace, int depth) const {
    Choice choice;
    std::size_t from = at + 1;
    const std::size_t first_bar = brace.bars.empty() ? brace.end : brace.bars.front();
    if (!brace.dollars.empty() && brace.dollars.front() < first_bar) {
      set_bounds(text_.substr(from, brace.dollars.front() - from), choice);
      from = brace.dollars.front() + 2;
      if (brace.dollars.size() > 1 && brace.dollars[1] < first_bar) {
        choice.separator = without_escapes(text_.substr(from, brace.dollars[1] - from));
        from = brace.dollars[1] + 2;
      }
    }
    for (const std::size_t bar : brace.bars) {
      choice.options.push_back(option(from, bar, depth));
      from = bar + 1;
    }
    choice.options.push_back(option(from, brace.end, depth));
    const bool any = std::ranges::any_of(choice.options, [](const Option& o) { return o.weight > 0; });
    if (depth == 0) choice.written = text_.substr(at, brace.end + 1 - at);
    if (!any) throw Refused{"the weights of " + in_quotes(text_.substr(at, 20)) + " are all 0"};
    return choice;
  }

  static std::optional<std::size_t> whole(std::string_view text) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }

  // "2", "1-3"
  static void set_bounds(std::string_view text, Choice& choice) {
    const std::size_t dash = std::min(text.find('-'), text.size());
    const auto least = whole(text.substr(0, dash));
    const auto most = dash < text.size() ? whole(text.substr(dash + 1)) : least;
    if (!least || !most || *most < *least || *most > 1000) {
      throw Refused{in_quotes(text) + " before $$ is no number of choices; write {2$$a|b|c} or {1-2$$a|b|c}"};
    }
    choice.least = *least;
    choice.most = *most;
  }

  Option option(std::size_t from, std::size_t to, int depth) const {
    Option option;
    const std::string_view text = text_.substr(from, to - from);
    const std::size_t colons = text.find("::");
    const std::size_t start = text.find_first_not_of(' ');
    if (colons != std::string_view::npos && start < colons) {
      const char* const begin = text.data() + start;
      const auto [end, error] = std::from_chars(begin, text.data() + colons, option.weight);
      const bool is_weight = error == std::errc() && end == text.data() + colons;
      if (is_weight && !(std::isfinite(option.weight) && option.weight >= 0)) {
        throw Refused{in_quotes(text) + " has a weight that is no number from 0"};
      }
      if (is_weight) from += colons + 2;
      if (!is_weight) option.weight = 1;
    }
    option.pieces = pieces(from, to, depth + 1);
    return option;
  }

  std::string_view text_;
  std::vector<std::unique_ptr<Brace>> braces_;  ///< by offset
};

}  // namespace

std::variant<Pieces, Trouble> parse_template(std::string_view text) {
  try {
    return Reader(text).pieces(0, text.size(), 0);
  } catch (const Refused& refused) {
    return Trouble{refused.sentence};
  }
}

std::string without_escapes(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_escape(text, at)) ++at;
    out += text[at];
  }
  return out;
}

}  // namespace pia::dsl::internal
