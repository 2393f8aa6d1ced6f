// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dsl/catalog.hpp"

namespace pia::dsl::internal {

/// Answers what `__name__` may become: the lines of a text, or why there are none.
class WildcardLines {
 public:
  virtual ~WildcardLines() = default;
  virtual const std::variant<std::vector<std::string>, Trouble>& lines(const std::string& name) = 0;

  /// A line with a bracket that nothing closes in it.
  struct OpenLine {
    std::string open;   ///< from the bracket on
    std::string where;  ///< "file:line"
  };
  /// Of the lines that were asked for, the one that `from_bracket`, drawn from one, most likely begins with;
  /// nothing if it begins with none.
  virtual std::optional<OpenLine> open_line(const std::string& /*from_bracket*/) { return std::nullopt; }
};

/// A prompt with choices, in dynamicprompts' language: {a|b}; {0.7::a|0.3::b} by weight; {2$$, $$a|b|c} two
/// that differ, with ", " between (also {1-2$$a|b}); __camera__ a line of camera.txt; __dir/*__ a line of any
/// text in dir. Choices nest, at most 16 deep. Braces without | or $$ are meant literally, as are \{ \} \|
/// and \_, which are to be drawn too. What a choice gives is at most 64 KiB.
bool is_template(const std::string& text);

/// The choices and wildcards of a template as they are written in it; none of what is in another choice, or
/// if it can't be read.
std::vector<std::string> choices_in(const std::string& text);

/// One draw; the same `chance`, text and lines give the same one.
std::variant<std::string, Trouble> draw(const std::string& text, std::uint64_t chance,
                                        WildcardLines& wildcards);

/// Everything it may become, in the order of the text, the last choice varying fastest; each once. Trouble if
/// these are more than `most`. Texts keep their escapes, so that draw makes the same of each.
std::variant<std::vector<std::string>, Trouble> all_of(const std::string& text, std::size_t most,
                                                       WildcardLines& wildcards);

}  // namespace pia::dsl::internal
