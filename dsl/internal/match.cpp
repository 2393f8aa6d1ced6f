// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/match.hpp"

#include <algorithm>

#include "dsl/internal/check_value.hpp"
#include "dsl/internal/find_file.hpp"
#include "dsl/internal/glob.hpp"
#include "dsl/internal/peer_words.hpp"
#include "dsl/internal/ranges.hpp"
#include "dsl/internal/read.hpp"
#include "jobs/core/error.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kFewestDigits = 4;
constexpr Key kId = {.name = "id", .type = Type::label};

const Key* key_called(const std::string& name, Matcher::Labels labels) {
  const Key* key = name == "id" ? &kId : find_key(Section::shot, name);
  const bool is_label = key != nullptr && (key->name == "name" || key->name == "id");
  return is_label && labels == Matcher::Labels::none ? nullptr : key;
}

std::string refusal(const std::string& name, const Matcher& matcher) {
  if (name == "name" || name == "id") {
    return in_quotes(name) + " can't stand in " + matcher.title +
           ": combinations have none yet; write an [[override]], or exclude by other keys";
  }
  return "unknown key " + in_quotes(name) + " in " + matcher.title + way_out(Section::shot, name);
}

// A value as the key has it; as it was written if the key can't have it, which then may be a pattern.
Value brought_to_form(const Key& key, const Value& value) {
  Complaints unheard("", {});
  Value formed = checked(key, "", value, unheard);
  return is_broken(formed) ? value : formed;
}

void add_wanted(const Key& key, const Value& value, Condition& condition, Complaints& complaints) {
  if (const auto range = quiet_range(key, value, complaints)) {
    for (const Value& one : *range) condition.wanted.push_back(brought_to_form(key, one));
  } else {
    condition.wanted.push_back(brought_to_form(key, value));
  }
}

Condition condition_of(const Key& key, const Place& place, const Value& value, Complaints& complaints) {
  Condition condition{.key = std::string(key.name), .place = place};
  const auto* list = get<List>(value);
  const bool is_one_list = key.type == Type::affinity || key.type == Type::prompt || key.type == Type::loras;
  if (list == nullptr || is_one_list) {
    add_wanted(key, value, condition, complaints);
  } else {
    for (const Value& item : *list) add_wanted(key, item, condition, complaints);
  }
  return condition;
}

// A path, also without its extension.
bool fits_path(const std::string& pattern, std::string_view path) {
  const std::size_t dot = path.rfind('.');
  const bool has_stem = dot != std::string_view::npos && dot > 0 && path.find('/', dot) == path.npos;
  return matches(pattern, path) || (has_stem && matches(pattern, path.substr(0, dot)));
}

bool fits_text(const Key& key, const std::string& pattern, const std::string& text) {
  if (pattern == text || matches(pattern, text)) return true;
  if (key.type != Type::path) return false;
  if (fits_path(pattern, text)) return true;
  for (std::size_t at = text.find('/'); at != std::string::npos; at = text.find('/', at + 1)) {
    if (fits_path(pattern, std::string_view(text).substr(at + 1))) return true;
  }
  return false;
}

bool is_number(const Value& value) {
  return get<std::int64_t>(value) != nullptr || get<double>(value) != nullptr;
}

// Whether both are written alike. Two texts, which may be long, are not written out.
bool are_same(const Value& a, const Value& b) {
  const auto* one = get<std::string>(a);
  const auto* other = get<std::string>(b);
  return one != nullptr && other != nullptr ? *one == *other : to_text(a) == to_text(b);
}

bool fits_value(const Key& key, const Value& wanted, const Value& given) {
  if (are_same(wanted, given)) return true;
  if (const auto* list = get<List>(given)) {
    return key.type == Type::texts &&
           std::ranges::any_of(*list, [&](const Value& item) { return fits_value(key, wanted, item); });
  }
  const auto* pattern = get<std::string>(wanted);
  if (pattern == nullptr) return false;
  const auto* text = get<std::string>(given);
  return text != nullptr ? fits_text(key, *pattern, *text)
                         : is_number(given) && matches(*pattern, to_text(given));
}

const Key& key_of(const std::string& name) {
  const Key* key = key_called(name, Matcher::Labels::name_and_id);
  PIA_ASSERT(key != nullptr);
  return *key;
}

}  // namespace

Match bind_match(const Matcher& matcher, const Value& value, Complaints& complaints) {
  Match match{.place = value.place, .shown = to_text(value)};
  const Table* table = get<Table>(value);
  if (table == nullptr || table->empty()) {
    complaints.error(value.place, matcher.title +
                                      (table == nullptr ? " takes tables, such as" : " is empty; write") +
                                      " { model = \"...\", magnitude = \"large\" }" +
                                      (table == nullptr ? ", not " + described(value) : ""));
    match.is_broken = true;
    return match;
  }
  for (const Entry& entry : *table) {
    const Key* key = key_called(entry.key, matcher.labels);
    if (key == nullptr) complaints.error(entry.place, refusal(entry.key, matcher));
    match.is_broken = match.is_broken || key == nullptr;
    if (key != nullptr) match.conditions.push_back(condition_of(*key, entry.place, entry.value, complaints));
  }
  return match;
}

std::vector<Match> bind_only(const std::vector<std::string>& only, int first_word, Complaints& complaints) {
  std::vector<Match> matches;
  for (std::size_t i = 0; i < only.size(); ++i) {
    const Place place{.set = first_word + static_cast<int>(i)};
    const std::size_t equals = only[i].find('=');
    const std::string name = only[i].substr(0, equals);
    const Key* key = key_called(name, Matcher::Labels::name_and_id);
    if (equals == std::string::npos || key == nullptr) {
      complaints.error(place,
                       equals == std::string::npos
                           ? "this is not key=pattern; write --only image=raiden or --only name=night-*"
                           : refusal(name, {.title = "--only"}));
      continue;
    }
    const auto same = [&](const Match& m) { return m.conditions.front().key == key->name; };
    auto found = std::ranges::find_if(matches, same);
    if (found == matches.end()) {
      matches.push_back({.place = place,
                         .conditions = {{.key = std::string(key->name), .place = place}},
                         .shown = only[i]});
      found = matches.end() - 1;
    }
    // The numbers of the command line are not the job's.
    Complaints apart("", {});
    add_wanted(*key, read_value(only[i].substr(equals + 1), place), found->conditions.front(), apart);
  }
  return matches;
}

bool fits(const Condition& condition, const Value& given) {
  const Key& key = key_of(condition.key);
  return std::ranges::any_of(condition.wanted,
                             [&](const Value& wanted) { return fits_value(key, wanted, given); });
}

bool is_doubted(const Match& match, const Complaints& complaints) {
  return std::ranges::any_of(
      match.conditions, [&](const Condition& condition) { return complaints.is_doubted(condition.key); });
}

bool fits_label(const Condition& condition, const std::string& label) {
  return std::ranges::any_of(condition.wanted, [&](const Value& wanted) {
    const auto* pattern = get<std::string>(wanted);
    if (pattern == nullptr) return to_text(wanted) == label;
    const bool begins =
        condition.key == "id" && pattern->size() >= kFewestDigits && label.starts_with(*pattern);
    return begins || *pattern == label || matches(*pattern, label);
  });
}

bool same_value(const std::string& key, const Value& a, const Value& b) {
  if (are_same(a, b)) return true;
  const auto* one = get<std::string>(a);
  const auto* other = get<std::string>(b);
  if (key_of(key).type != Type::path || one == nullptr || other == nullptr) return false;
  return !is_pattern(*one) && fits_text(key_of(key), *one, *other);
}

}  // namespace pia::dsl::internal
