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

// "seed " if `line` of the text is "seed = ...".
std::string key_in_line(const std::string& text, int line) {
  std::size_t begin = 0;
  for (int i = 1; i < line && begin != std::string::npos; ++i) begin = text.find('\n', begin) + 1;
  const std::size_t end = text.find_first_of(" \t=\n", begin);
  const std::size_t next = text.find_first_not_of(" \t", end);
  if (next == std::string::npos || text[next] != '=') return "";
  return text.substr(begin, end - begin) + " ";
}

// `prompt."0.5"` of the key prompt.0.5, which TOML takes for the keys prompt, 0 and 5.
std::string with_quotes(const std::string& key) {
  const std::size_t first = key.find('.');
  const std::size_t second = first == std::string::npos ? first : key.find('.', first + 1);
  const bool has_number = second != std::string::npos && second > first + 1 && second + 1 < key.size() &&
                          key.find_first_not_of("0123456789.", first + 1) == std::string::npos &&
                          key.find('.', second + 1) == std::string::npos;
  return has_number ? key.substr(0, first + 1) + "\"" + key.substr(first + 1) + "\"" : "";
}

// As with_quotes, if `line` of the text is "prompt.0.5 = ...", or gives a keyframe 0 that a line before it,
// such as that, has made a table of.
std::string key_of_decimal(const std::string& text, int line) {
  std::string key = key_in_line(text, line);
  if (key.empty()) return "";
  key.pop_back();  // its space
  if (const std::string own = with_quotes(key); !own.empty()) return own;
  const std::size_t before = text.find("\n" + key + ".");
  if (before == std::string::npos) return "";
  return with_quotes(text.substr(before + 1, text.find_first_of(" \t=\n", before + 1) - before - 1));
}

struct Mend {
  std::string_view words;  ///< of toml++
  std::string_view mend;
};

// Where users are known to stumble; the first that fits.
constexpr std::string_view kInlineTable =
    "; a table in { } is one line without a comma at its end: use dotted keys such as axes.model = ...";
constexpr std::string_view kTwoBrackets = "; shots and grids have two brackets: [[shot]], [[grid]]";
constexpr Mend kAdditions[] = {
    {"inline table", kInlineTable},
    {"as array-of-tables", kTwoBrackets},
    {"cannot redefine existing array", kTwoBrackets},
    {"as dotted key-value pair", "; it already has a value, so it can't be a table too"},
    {"cannot redefine", "; it is here twice, leave one out"},
    {"unknown escape sequence", "; write \\\\ for a \\, and paths with /"},
};
constexpr std::string_view kOpenString =
    "this string is not closed, or holds a control character; one of several lines needs three quotes";
constexpr std::string_view kNoValue =
    "this value is not TOML; a string needs quotes, and true and false are written small";
constexpr Mend kReplacements[] = {
    {"unescaped control characters", kOpenString},
    {"expected 'true'", kNoValue},
    {"expected 'false'", kNoValue},
    {"could not determine value type", kNoValue},
};

bool is_of_a_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Whether `word =` stands at `at`.
bool is_key_at(const std::string& text, std::size_t at) {
  while (at < text.size() &&
         (is_of_a_word(text[at]) || text[at] == '_' || text[at] == '-' || text[at] == '.'))
    ++at;
  const std::size_t end = text.find_first_not_of(" \t", at);
  return end != std::string::npos && text[end] == '=';
}

// Of a word right behind a string, such as the s of 'it's raining'.
std::string mend_of_quotes(const std::string& words, const std::string& text, const Place& place) {
  const std::size_t at = offset_of(text, place);
  if (at >= text.size() || !is_of_a_word(text[at])) return "";
  const std::size_t last = text.find_last_not_of(" \t", at - 1);
  const char quote = at == 0 || last == std::string::npos ? ' ' : text[last];
  if (quote != '\'' && quote != '"') return "";
  const bool is_behind_a_key = words.find("expected '='") != std::string::npos;
  if (is_behind_a_key) return "";
  const bool may_lack_comma = words.find("expected comma") != std::string::npos;
  if (is_key_at(text, at)) return may_lack_comma ? "; a comma is missing" : "; a line break is missing";
  return std::string("; a ") + quote +
         " ends the text: " + (may_lack_comma ? "a comma is missing, or " : "") +
         (quote == '"' ? "write \\\" for one within it" : "write it in double quotes");
}

// `of_quotes`: what to do if a quote too many is the reason.
std::string in_our_words(const std::string& words, const std::string& of_quotes) {
  const auto fits = [&](const Mend& mend) { return words.find(mend.words) != std::string::npos; };
  const auto* const replacement = std::ranges::find_if(kReplacements, fits);
  if (replacement != std::end(kReplacements)) return std::string(replacement->mend);
  const std::string detail = after(words, ": ");
  const auto* const addition = std::ranges::find_if(kAdditions, fits);
  const std::string known(addition == std::end(kAdditions) ? "" : addition->mend);
  return "this is not TOML: " + (detail.empty() ? words : detail) + (of_quotes.empty() ? known : of_quotes);
}

void complain(const toml::parse_error& error, const std::string& text, int file, Complaints& complaints) {
  const std::string words(error.description());
  Place place = place_of(error.source());
  place.file = file;
  const std::string decimal = key_of_decimal(text, place.line);
  if (!decimal.empty() && words.find("cannot redefine") != std::string::npos) {
    complaints.error(
        place, "a decimal in a key needs quotes, as TOML splits keys at dots: write " + decimal + " = ...");
    return;
  }
  if (!words.ends_with("is not representable in 64 bits")) {
    complaints.error(place, in_our_words(words, mend_of_quotes(words, text, place)));
    return;
  }
  const std::string from_number = after(words, "'");
  const std::string number = from_number.substr(0, from_number.find('\''));
  place.column -= static_cast<int>(number.size());
  complaints.error(
      place, key_in_line(text, place.line) + number + " is larger than a TOML integer; write it in quotes");
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

void put_in_file(Table& table, int file);

void put_in_file(Value& value, int file) {
  value.place.file = file;
  if (auto* list = std::get_if<List>(&value.data)) {
    for (Value& item : *list) put_in_file(item, file);
  }
  if (auto* table = std::get_if<Table>(&value.data)) put_in_file(*table, file);
}

void put_in_file(Table& table, int file) {
  for (Entry& entry : table) {
    entry.place.file = file;
    put_in_file(entry.value, file);
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

std::optional<Table> read(const std::string& text, int file, Complaints& complaints) {
  if (text.size() > kMostBytes) {
    complaints.error({.file = file, .line = 1, .column = 1},
                     "this file is larger than 1 MiB, which no job file is; is it the right one?");
    return std::nullopt;
  }
  if (auto guarded = find_guarded(text)) {
    guarded->place.file = file;
    complaints.error(guarded->place, guarded->sentence);
    return std::nullopt;
  }
  try {
    Table table = converted_table(toml::parse(std::string_view(text)));
    put_in_file(table, file);
    return table;
  } catch (const toml::parse_error& error) {
    complain(error, text, file, complaints);
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
