// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pia::dsl::internal {

/// Where something was written: a place in a file, the n-th word of the command line, or nowhere (built in).
struct Place {
  int file = 0;    ///< 0: the job file; n: the n-th file that was read for it (`extends`)
  int line = 0;    ///< from 1
  int column = 0;  ///< from 1, in characters
  int set = 0;     ///< from 1, in the order of Complaints' words; 0: not on the command line
  auto operator<=>(const Place&) const = default;
};
inline constexpr Place kBuiltIn = {};

struct Value;
struct Entry;
using List = std::vector<Value>;
using Table = std::vector<Entry>;  ///< in the order of the file

/// A value that was complained about; whoever meets it says nothing more.
struct Broken {};
/// What TOML has and no key wants: a date, a time.
struct Moment {};

/// A piece of a TOML document, with its place.
struct Value {
  std::variant<Broken, bool, std::int64_t, double, std::string, Moment, List, Table> data;
  Place place;
};

struct Entry {
  std::string key;
  Place place;  ///< of the key
  Value value;
};

template <class T>
const T* get(const Value& value) {
  return std::get_if<T>(&value.data);
}
inline bool is_broken(const Value& value) {
  return get<Broken>(value) != nullptr;
}

/// nullptr if `table` has no such key.
const Value* find(const Table& table, std::string_view key);

/// As TOML would write it, on one line.
std::string to_text(const Value& value);

/// For messages: to_text, or "a table" and the like where that would be long.
std::string described(const Value& value);

/// `text` in double quotes, on one line, at most 60 characters of it, control characters shown as \n, \x1b.
std::string in_quotes(std::string_view text);

/// Where `place` is in its text, in bytes; the text's size if it is behind it.
std::size_t offset_of(std::string_view text, const Place& place);

}  // namespace pia::dsl::internal
