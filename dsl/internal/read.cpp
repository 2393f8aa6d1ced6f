// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/read.hpp"

#include <toml++/toml.h>

#include <algorithm>

#include "dsl/internal/guard.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20U;

Place place_of(const toml::source_region& region) {
  return {.line = static_cast<int>(region.begin.line), .column = static_cast<int>(region.begin.column)};
}

Value converted(const toml::node& node);

Table converted_table(const toml::table& table) {
  Table out;
  for (const auto& [key, node] : table) {
    out.push_back({.key = std::string(key.str()), .place = place_of(key.source()), .value = converted(node)});
  }
  std::ranges::stable_sort(out, {}, &Entry::place);
  return out;
}

Value converted(const toml::node& node) {
  Value value{.data = Moment{}, .place = place_of(node.source())};
  if (const auto* flag = node.as_boolean()) value.data = flag->get();
  if (const auto* whole = node.as_integer()) value.data = whole->get();
  if (const auto* real = node.as_floating_point()) value.data = real->get();
  if (const auto* text = node.as_string()) value.data = text->get();
  if (const auto* table = node.as_table()) value.data = converted_table(*table);
  if (const auto* array = node.as_array()) {
    List list;
    for (const toml::node& item : *array) list.push_back(converted(item));
    value.data = std::move(list);
  }
  return value;
}

std::string after(const std::string& text, const std::string& mark) {
  const std::size_t at = text.find(mark);
  return at == std::string::npos ? "" : text.substr(at + mark.size());
}

// toml++'s words, and the mend where users are known to stumble.
void complain(const toml::parse_error& error, Complaints& complaints) {
  const std::string words(error.description());
  const std::string detail = after(words, ": ").empty() ? words : after(words, ": ");
  Place place = place_of(error.source());
  std::string sentence = "this is not TOML: " + detail;
  if (detail.ends_with("is not representable in 64 bits")) {
    const std::string number = detail.substr(1, detail.find('\'', 1) - 1);
    place.column -= static_cast<int>(number.size());
    sentence = number + " is larger than a TOML integer; write it in quotes";
  } else if (words.find("inline table") != std::string::npos) {
    sentence +=
        "; a table in { } is one line without a comma at its end: use dotted keys such as axes.model = ...";
  } else if (detail.find("as array-of-tables") != std::string::npos ||
             detail.find("cannot redefine existing array") != std::string::npos) {
    sentence += "; shots and grids have two brackets: [[shot]], [[grid]]";
  } else if (detail.find("as dotted key-value pair") != std::string::npos) {
    sentence += "; it already has a value, so it can't be a table too";
  } else if (detail.find("cannot redefine") != std::string::npos) {
    sentence += "; it is here twice, leave one out";
  } else if (detail.find("unknown escape sequence") != std::string::npos) {
    sentence += "; write paths with / or in single quotes";
  } else if (detail.find("expected 'true'") != std::string::npos ||
             detail.find("expected 'false'") != std::string::npos) {
    sentence = "this value is not TOML; a string needs quotes, and true and false are written small";
  }
  complaints.error(place, sentence);
}

void flatten_places(Value& value, const Place& place) {
  value.place = place;
  if (auto* list = std::get_if<List>(&value.data)) {
    for (Value& item : *list) flatten_places(item, place);
  }
  if (auto* table = std::get_if<Table>(&value.data)) {
    for (Entry& entry : *table) {
      entry.place = place;
      flatten_places(entry.value, place);
    }
  }
}

std::optional<Table> parsed(const std::string& text) {
  if (text.size() > kMostBytes || find_guarded(text)) return std::nullopt;
  try {
    return converted_table(toml::parse(std::string_view(text)));
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<Table> read(const std::string& text, Complaints& complaints) {
  if (text.size() > kMostBytes) {
    complaints.error({.line = 1, .column = 1},
                     "this file is larger than 1 MiB, which no job file is; is it the right one?");
    return std::nullopt;
  }
  if (const auto guarded = find_guarded(text)) {
    complaints.error(guarded->place, guarded->sentence);
    return std::nullopt;
  }
  try {
    return converted_table(toml::parse(std::string_view(text)));
  } catch (const toml::parse_error& error) {
    complain(error, complaints);
    return std::nullopt;
  }
}

Value read_value(const std::string& text, const Place& place) {
  Value value{.data = text, .place = place};
  const auto table = text.find('\n') == std::string::npos ? parsed("x = " + text) : std::nullopt;
  if (table && table->size() == 1 && table->front().key == "x") value = table->front().value;
  flatten_places(value, place);
  return value;
}

std::optional<std::vector<std::string>> read_key(const std::string& text) {
  if (text.find_first_of("\r\n#=[]{}") != std::string::npos) return std::nullopt;
  auto table = parsed(text + " = 0");
  std::vector<std::string> parts;
  while (table && table->size() == 1) {
    parts.push_back(table->front().key);
    const Value inner = table->front().value;
    if (get<std::int64_t>(inner) != nullptr) return parts;
    const Table* next = get<Table>(inner);
    if (next == nullptr) return std::nullopt;
    table = *next;
  }
  return std::nullopt;
}

}  // namespace pia::dsl::internal
