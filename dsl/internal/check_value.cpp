// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/check_value.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "dsl/internal/check_loras.hpp"
#include "dsl/internal/travel.hpp"
#include "jobs/core/number.hpp"
#include "jobs/core/words.hpp"

namespace pia::dsl::internal {
namespace {

using std::string;

constexpr std::size_t kMostLabelBytes = 200;

struct Check {
  const Key& key;
  const string& label;
  Complaints& complaints;

  Value refuse(const Value& value, const string& sentence) const {
    complaints.error(value.place, sentence);
    return {.data = Broken{}, .place = value.place};
  }
  Value must(const Value& value, const string& what, const string& mend = "") const {
    return refuse(value, label + " must be " + what + ", not " + described(value) + mend);
  }
};

bool is_number(const string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  return !text.empty() && std::from_chars(text.data(), end, value).ptr == end;
}

string range_text(const Range& range) {
  const bool has_from = range.from != Range{}.from;
  const bool has_to = range.to != Range{}.to;
  if (range.above)
    return "above " + jobs::number_text(range.from) + ", at most " + jobs::number_text(range.to);
  const auto text = [](double bound) {
    return std::abs(bound) < 1e15 ? std::to_string(static_cast<std::int64_t>(bound))
                                  : jobs::number_text(bound);
  };
  return has_from && has_to ? "from " + text(range.from) + " to " + text(range.to) : "";
}

bool is_within(const Range& range, double value) {
  return std::isfinite(value) && (range.above ? value > range.from : value >= range.from) &&
         value <= range.to;
}

Value whole(const Check& check, const Value& value) {
  const Range& range = check.key.range;
  const string what = "a whole number " + range_text(range);
  if (const auto* number = get<std::int64_t>(value)) {
    return is_within(range, static_cast<double>(*number)) ? value : check.must(value, what);
  }
  if (const auto* real = get<double>(value)) {
    const bool is_whole = std::floor(*real) == *real && std::abs(*real) < 1e9;
    return check.must(value, what,
                      is_whole ? "; write " + std::to_string(static_cast<std::int64_t>(*real)) : string());
  }
  const auto* text = get<string>(value);
  return check.must(value, what, text != nullptr && is_number(*text) ? "; write it without quotes" : "");
}

Value real(const Check& check, const Value& value) {
  const string range = range_text(check.key.range);
  const string what = range.empty() ? "a finite number" : "a number " + range;
  std::optional<double> number;
  if (const auto* integer = get<std::int64_t>(value)) number = static_cast<double>(*integer);
  if (const auto* given = get<double>(value)) number = *given;
  if (number && is_within(check.key.range, *number)) return {.data = *number, .place = value.place};
  const auto* text = get<string>(value);
  return check.must(value, what, text != nullptr && is_number(*text) ? "; write it without quotes" : "");
}

bool has_control_character(const string& text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

Value text(const Check& check, const Value& value) {
  return get<string>(value) != nullptr ? value : check.must(value, "a string in quotes");
}

Value label(const Check& check, const Value& value) {
  const auto* given = get<string>(value);
  if (given == nullptr) return check.must(value, "a string in quotes");
  if (given->empty() || given->size() > kMostLabelBytes || has_control_character(*given)) {
    return check.must(value, "a string of 1 to 200 bytes without control characters");
  }
  return value;
}

Value path(const Check& check, const Value& value) {
  const auto* given = get<string>(value);
  if (given == nullptr) return check.must(value, "a string in quotes");
  if (given->empty()) return check.refuse(value, check.label + " is empty; write a path or leave it out");
  if (given->find('\0') != string::npos) return check.refuse(value, check.label + " holds a zero byte");
  return value;
}

// Every item of a list through `item`; a value that is no list is refused.
template <class Item>
Value list_of(const Check& check, const Value& value, const string& what, Item item) {
  const auto* list = get<List>(value);
  if (list == nullptr) return check.must(value, what);
  List out;
  for (const Value& given : *list) {
    out.push_back(item(check, given));
    if (is_broken(out.back())) return {.data = Broken{}, .place = value.place};
  }
  return {.data = std::move(out), .place = value.place};
}

Value roots(const Check& check, const Value& value) {
  if (get<List>(value) != nullptr) return list_of(check, value, "", path);
  const Value one = path(check, value);
  return is_broken(one) ? one : Value{.data = List{one}, .place = value.place};
}

// What another spelling of a word stands for; the word itself if it is none.
string canonical(const Key& key, const string& word) {
  for (const string& spelling : parts_of(key.spellings)) {
    const std::size_t equals = spelling.find('=');
    if (spelling.compare(0, equals, word) == 0) return spelling.substr(equals + 1);
  }
  return word;
}

// Of what other programs say too.
string hint_of_word(const Key& key, const string& given, const std::vector<string>& known) {
  string meant = meant_word(key, given);
  if (!meant.empty()) return "; did you mean " + in_quotes(meant) + "?";
  const string near = hint(given, known);
  if (!near.empty() || key.spellings.empty()) return near;
  std::vector<string> others;
  for (const string& spelling : parts_of(key.spellings)) {
    others.push_back(spelling.substr(0, spelling.find('=')));
  }
  meant = canonical(key, nearest(given, others));
  return meant.empty() ? "" : "; did you mean " + in_quotes(meant) + "?";
}

Value word(const Check& check, const Value& value) {
  std::vector<string> known;
  for (const std::string_view built : check.key.words()) known.emplace_back(built);
  const string what = alternatives(known);
  const auto* given = get<string>(value);
  if (given == nullptr) return check.must(value, what);
  const string meant = canonical(check.key, *given);
  if (std::ranges::find(known, meant) != known.end()) {
    if (meant != *given) check.complaints.note_spelling(value.place, *given);
    return {.data = meant, .place = value.place};
  }
  return check.must(value, what, hint_of_word(check.key, *given, known));
}

Value words(const Check& check, const Value& value) {
  const auto* text = get<string>(value);
  if (text != nullptr) return check.must(value, "a list", "; write [" + in_quotes(*text) + "]");
  const Value list = list_of(check, value, "a list of words", word);
  const auto* given = get<List>(list);
  const bool may_be_empty = check.key.initial == "[]";
  if (given != nullptr && given->empty() && !may_be_empty)
    return check.refuse(value, check.label + " is an empty list");
  return list;
}

Value flag(const Check& check, const Value& value) {
  return get<bool>(value) != nullptr ? value : check.must(value, "true or false");
}

bool is_seed(const string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end;
}

Value seed(const Check& check, const Value& value) {
  const bool is_of_shot = check.key.section == Section::shot;
  const string what = "a whole number from 0, a string of digits up to 18446744073709551615" +
                      string(is_of_shot ? ", -1 or \"auto\"" : "");
  if (const auto* number = get<std::int64_t>(value)) {
    if (*number == -1 && is_of_shot) return {.data = string("-1"), .place = value.place};
    if (*number < 0) return check.must(value, what);
    return {.data = std::to_string(*number), .place = value.place};
  }
  const auto* text = get<string>(value);
  if (text == nullptr) return check.must(value, what);
  if (*text == "auto") return is_of_shot ? value : check.must(value, what);
  const bool is_nth_auto = text->starts_with("auto+") && is_seed(text->substr(5));
  if (is_of_shot && (is_nth_auto || *text == "-1")) return value;
  if (!is_seed(*text)) return check.must(value, what);
  std::uint64_t number = 0;
  std::from_chars(text->data(), text->data() + text->size(), number);
  return {.data = std::to_string(number), .place = value.place};
}

Value magnitude(const Check& check, const Value& value) {
  if (const auto* number = get<std::int64_t>(value)) {
    const auto all = jobs::words<jobs::Magnitude>();
    if (*number >= 0 && *number <= 2) {
      return {.data = string(all[static_cast<std::size_t>(*number)]), .place = value.place};
    }
    string mend;
    if (*number >= 3 && *number <= 5) mend = "; 3 to 5 are mode = \"loop\" with a magnitude of 0 to 2";
    if (*number >= 6 && *number <= 8) {
      mend =
          "; 6 to 8 mean opposite things in PIA and diffusers: write mode = \"style_transfer\" and a "
          "magnitude in words";
    }
    if (*number < 0) mend = "; negative ones are mode = \"style_transfer\" with a magnitude in words";
    return check.must(value, alternatives({"small", "moderate", "large"}), mend);
  }
  const auto* text = get<string>(value);
  if (text != nullptr && *text == "medium") return {.data = string("moderate"), .place = value.place};
  return word(check, value);
}

Value affinity(const Check& check, const Value& value) {
  const string what = "a list of numbers from 0 to 1, or { from = 1.0, to = 0.6 }";
  if (const auto* list = get<List>(value)) {
    if (list->empty())
      return check.refuse(value, check.label + " is an empty list; leave it out or write " + what);
    return list_of(check, value, what, real);
  }
  const auto* table = get<Table>(value);
  if (table == nullptr) return check.must(value, what);
  Table out;
  for (const Entry& entry : *table) {
    if (entry.key != "from" && entry.key != "to") {
      check.complaints.error(entry.place, "unknown key " + in_quotes(entry.key) + " in " + check.label +
                                              "; it takes from and to");
      return {.data = Broken{}, .place = value.place};
    }
    out.push_back({.key = entry.key, .place = entry.place, .value = real(check, entry.value)});
    if (is_broken(out.back().value)) return out.back().value;
  }
  if (out.size() != 2) return check.must(value, what);
  return {.data = std::move(out), .place = value.place};
}

string no_keyframe(const Check& check, const string& key) {
  if (!key.empty() && string("-.0123456789").find(key.front()) != string::npos) {
    return "keyframe " + in_quotes(key) +
           " is no place in a clip; write a frame (0, -1), a share of it (\"50%\", \"0.5\") or a range "
           "(\"8:16\")";
  }
  return "unknown key " + in_quotes(key) + " in " + check.label +
         "; it takes keyframes (0, -1, \"50%\", \"8:16\"), head, tail, hold, interp and wrap" +
         hint(key, {"head", "tail", "hold", "interp", "wrap"});
}

// head, tail, hold, interp, wrap, or a keyframe.
Value travel_value(const Check& check, const Entry& entry) {
  static constexpr Range kHold = {.from = 0, .to = 1};
  const string label = check.label + "." + entry.key;
  const auto as = [&](Type type) {
    const Key key{.name = entry.key, .type = type, .range = kHold, .words = &jobs::words<jobs::Blending>};
    return checked(key, label, entry.value, check.complaints);
  };
  if (entry.key == "hold") return as(Type::real);
  if (entry.key == "wrap") return as(Type::flag);
  if (entry.key == "interp") return as(Type::word);
  if (entry.key != "head" && entry.key != "tail" && !keyframe_name(entry.key)) {
    return check.refuse({.data = Broken{}, .place = entry.place}, no_keyframe(check, entry.key));
  }
  if (get<Table>(entry.value) != nullptr) {
    return check.refuse({.data = Broken{}, .place = entry.place},
                        "keyframe " + entry.key + " holds a table; write decimals in quotes: " + check.label +
                            ".\"0.5\" = \"...\"");
  }
  return as(Type::text);
}

Value travel(const Check& check, const Value& value, const Table& table) {
  constexpr std::size_t kMostKeyframes = 1000;
  Table out;
  bool good = true;
  std::size_t keyframes = 0;
  for (const Entry& entry : table) {
    out.push_back({.key = entry.key, .place = entry.place, .value = travel_value(check, entry)});
    good = good && !is_broken(out.back().value);
    if (keyframe_name(entry.key)) ++keyframes;
  }
  if (!good) return {.data = Broken{}, .place = value.place};
  if (keyframes == 0) {
    return check.refuse(value, check.label + " has no keyframe; write " + check.label + ".0 = \"...\"");
  }
  if (keyframes > kMostKeyframes) return check.refuse(value, check.label + " has more than 1000 keyframes");
  return {.data = std::move(out), .place = value.place};
}

Value prompt(const Check& check, const Value& value) {
  if (const auto* table = get<Table>(value)) return travel(check, value, *table);
  if (get<List>(value) != nullptr) {
    return check.must(value, "a string in quotes, or keyframes such as { 0 = \"...\", 8 = \"...\" }");
  }
  return text(check, value);
}

Value triggers(const Check& check, const Value& value) {
  const auto* flag = get<bool>(value);
  if (flag != nullptr && !*flag) return value;
  if (get<List>(value) != nullptr) return list_of(check, value, "", label);
  return get<string>(value) != nullptr ? label(check, value)
                                       : check.must(value, "words in quotes, a list of them, or false");
}

// length, overlap or schedule.
Value window_part(const Check& check, const Entry& entry) {
  static constexpr Range kLength = {.from = 2, .to = 1000};
  static constexpr Range kOverlap = {.from = 0, .to = 999};
  const string label = check.label + "." + entry.key;
  const auto as = [&](Type type, const Range& range) {
    const Key key{
        .name = entry.key, .type = type, .range = range, .words = &jobs::words<jobs::WindowSchedule>};
    return checked(key, label, entry.value, check.complaints);
  };
  if (entry.key == "length") return as(Type::whole, kLength);
  if (entry.key == "overlap") return as(Type::whole, kOverlap);
  if (entry.key == "schedule") return as(Type::word, {});
  return check.refuse({.data = Broken{}, .place = entry.place},
                      "unknown key " + in_quotes(entry.key) + " in " + check.label +
                          "; it takes length, overlap and schedule" +
                          hint(entry.key, {"length", "overlap", "schedule"}));
}

Value context(const Check& check, const Value& value) {
  const auto* given = get<bool>(value);
  if (given != nullptr && !*given) return value;
  const auto* table = get<Table>(value);
  if (table == nullptr) {
    return check.must(value, "false (all frames at once) or windows, such as { length = 16, overlap = 4 }");
  }
  Table out;
  bool good = true;
  for (const Entry& entry : *table) {
    out.push_back({.key = entry.key, .place = entry.place, .value = window_part(check, entry)});
    good = good && !is_broken(out.back().value);
  }
  if (!good) return {.data = Broken{}, .place = value.place};
  return {.data = std::move(out), .place = value.place};
}

}  // namespace

Value checked(const Key& key, const string& label_text, const Value& value, Complaints& complaints) {
  const Check check{.key = key, .label = label_text, .complaints = complaints};
  if (is_broken(value)) return value;
  switch (key.type) {
    case Type::table:
      return value;
    case Type::text:
      return text(check, value);
    case Type::label:
      return label(check, value);
    case Type::path:
      return path(check, value);
    case Type::roots:
      return roots(check, value);
    case Type::texts:
      return list_of(check, value, "a list of strings, such as [\"a\", \"b\"]", label);
    case Type::word:
      return word(check, value);
    case Type::words:
      return words(check, value);
    case Type::flag:
      return flag(check, value);
    case Type::whole:
      return whole(check, value);
    case Type::real:
      return real(check, value);
    case Type::seed:
      return seed(check, value);
    case Type::magnitude:
      return magnitude(check, value);
    case Type::affinity:
      return affinity(check, value);
    case Type::prompt:
      return prompt(check, value);
    case Type::triggers:
      return triggers(check, value);
    case Type::loras:
      return checked_loras(label_text, value, complaints);
    case Type::context:
      return context(check, value);
  }
  return value;
}

}  // namespace pia::dsl::internal
