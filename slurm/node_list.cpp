// SPDX-License-Identifier: Apache-2.0
#include "slurm/node_list.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace pia::slurm {
namespace {

constexpr std::size_t kMostNodes = 100'000;

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "1-3" or "07", as texts of the width of the first number.
bool expand_range(std::string_view range, std::vector<std::string>& texts) {
  const auto dash = range.find('-');
  const std::string_view first_text = range.substr(0, dash);
  const auto first = number(first_text);
  const auto last = dash == std::string_view::npos ? first : number(range.substr(dash + 1));
  if (!first || !last || *last < *first || *last - *first >= kMostNodes) return false;
  for (unsigned value = *first; value <= *last; ++value) {
    const std::string digits = std::to_string(value);
    const std::size_t width = std::max(first_text.size(), digits.size());
    texts.push_back(std::string(width - digits.size(), '0') + digits);
  }
  return true;
}

std::optional<std::vector<std::string>> expand_brackets(std::string_view inside) {
  std::vector<std::string> texts;
  while (true) {
    const auto comma = inside.find(',');
    if (!expand_range(inside.substr(0, comma), texts) || texts.size() > kMostNodes) return std::nullopt;
    if (comma == std::string_view::npos) return texts;
    inside.remove_prefix(comma + 1);
  }
}

/// One entry of the list, with any number of brackets.
std::optional<std::vector<std::string>> expand_entry(std::string_view entry) {
  std::vector<std::string> names = {""};
  while (!entry.empty()) {
    const auto open = entry.find('[');
    for (std::string& name : names) name += entry.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = entry.find(']', open);
    if (close == std::string_view::npos) return std::nullopt;
    const auto middles = expand_brackets(entry.substr(open + 1, close - open - 1));
    if (!middles || names.size() * middles->size() > kMostNodes) return std::nullopt;
    std::vector<std::string> longer;
    for (const std::string& name : names) {
      for (const std::string& middle : *middles) longer.push_back(name + middle);
    }
    names = std::move(longer);
    entry.remove_prefix(close + 1);
  }
  return names;
}

std::size_t end_of_entry(std::string_view list) {
  int depth = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '[') ++depth;
    if (list[i] == ']') --depth;
    if (list[i] == ',' && depth == 0) return i;
  }
  return list.size();
}

}  // namespace

std::vector<std::string> expand_nodes(std::string_view list) {
  std::vector<std::string> nodes;
  while (true) {
    const std::size_t end = end_of_entry(list);
    const auto names = end == 0 ? std::nullopt : expand_entry(list.substr(0, end));
    if (!names || nodes.size() + names->size() > kMostNodes) return {};
    nodes.insert(nodes.end(), names->begin(), names->end());
    if (end == list.size()) return nodes;
    list.remove_prefix(end + 1);
  }
}

}  // namespace pia::slurm
