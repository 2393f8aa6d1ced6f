// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/prompt_parts.hpp"

#include "dsl/internal/attention.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::string_view kEdge = " ,\t\n";

void append(std::string& text, const std::string& part) {
  if (part.find_first_not_of(kEdge) == std::string::npos) return;
  if (text.empty()) {
    text = part;
    return;
  }
  text.erase(text.find_last_not_of(kEdge) + 1);
  text += ", " + part.substr(part.find_first_not_of(kEdge));
}

// The bracket of a smiley at the end weighs nothing.
bool weighs_something(const std::string& from_bracket) {
  return from_bracket.find_first_not_of(" ,\t\r\n()[]") != std::string::npos;
}

// What stands in one part, from the bracket on.
struct Open {
  const PromptPart& part;
  std::string text;
};

std::optional<Open> open_in(const std::vector<PromptPart>& parts) {
  const auto at = unclosed_bracket(joined(parts));
  if (!at) return std::nullopt;
  std::string text;
  for (const PromptPart& part : parts) {
    append(text, part.text);
    if (text.size() > *at) return Open{.part = part, .text = text.substr(*at)};
  }
  return std::nullopt;
}

// The line of a wildcard that it was drawn from; nothing if the text itself has it.
std::optional<WildcardLines::OpenLine> drawn_from(const Open& open, const Resolving& with) {
  auto line = with.wildcards.open_line(open.text);
  if (!line) return std::nullopt;
  const std::size_t most = 2 * open.part.text.size() + 8;  // with its quotes and escapes
  const bool is_own =
      with.complaints.behind(open.part.place).substr(0, most).find(line->open) != std::string_view::npos;
  return is_own ? std::nullopt : line;
}

// How a bracket is written that is text: in TOML's double quotes a \ is two.
std::string as_text(char bracket, bool is_in_double_quotes) {
  return std::string(is_in_double_quotes ? "\\\\" : "\\") + bracket;
}

}  // namespace

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) append(text, part);
  return text;
}

std::string joined(const std::vector<PromptPart>& parts) {
  std::string text;
  for (const PromptPart& part : parts) append(text, part.text);
  return text;
}

void warn_of_open_bracket(const std::string& text, const std::vector<PromptPart>& parts, Resolving& with) {
  if (!weighs_something(with.prompts.weighted(text).unclosed)) return;
  const auto open = open_in(parts);
  if (!open || !with.told_brackets.insert(open->part.place).second) return;
  const auto line = drawn_from(*open, with);
  const bool is_in_double_quotes = !line && with.complaints.behind(open->part.place).starts_with('"');
  with.complaints.warning(open->part.place,
                          open->part.label + ": the bracket of " +
                              (line ? in_quotes(line->open) + " in " + line->where : in_quotes(open->text)) +
                              " is not closed, so that it reaches to the end: close it, or write " +
                              as_text(open->text.front(), is_in_double_quotes) + " for one that is text");
}

}  // namespace pia::dsl::internal
