// SPDX-License-Identifier: Apache-2.0
#include "dsl/import/tree.hpp"

#include <algorithm>
#include <utility>

#include "dsl/internal/guard.hpp"
#include "dsl/internal/unicode_text.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20U;
constexpr std::size_t kDeepest = 32;
constexpr std::size_t kMostValues = 10000;

void refuse_twins(const Table& table) {
  std::vector<const Entry*> entries;
  for (const Entry& entry : table) entries.push_back(&entry);
  std::ranges::stable_sort(entries, {}, [](const Entry* entry) { return entry->key; });
  const auto twin = std::ranges::adjacent_find(
      entries, {}, [](const Entry* entry) -> const auto& { return entry->key; });
  if (twin == entries.end()) return;
  const Entry& second = **std::next(twin);
  throw NotImported{second.place,
                    "the key " + in_quotes(second.key) + " is here a second time; leave one out"};
}

}  // namespace

void check_text(const std::string& text, int file) {
  const auto at = [&](std::size_t offset) {
    Place place = place_at(text, offset);
    place.file = file;
    return place;
  };
  if (text.size() > kMostBytes) throw NotImported{at(0), "the file is larger than 1 MiB; split it"};
  const std::size_t bad = first_bad_utf8(text);
  if (bad != std::string::npos) {
    throw NotImported{at(bad), "this byte is not UTF-8; save the file as UTF-8"};
  }
  const std::size_t zero = text.find('\0');
  if (zero != std::string::npos) {
    throw NotImported{at(zero), "this is a zero byte; the file is damaged or is not a text"};
  }
}

void TreeBuilder::begin_list(const Place& place) {
  open({.data = List{}, .place = place});
}

void TreeBuilder::begin_table(const Place& place) {
  open({.data = Table{}, .place = place});
}

void TreeBuilder::open(Value value) {
  const bool wants_key = !open_.empty() && get<Table>(open_.back().value) != nullptr && !open_.back().has_key;
  if (wants_key) throw NotImported{value.place, "a key must be a text; this one is a list or a table"};
  if (open_.size() >= kDeepest) {
    throw NotImported{value.place, "this nests more than 32 deep; no such configuration does"};
  }
  open_.push_back({.value = std::move(value)});
}

void TreeBuilder::end() {
  Value done = std::move(open_.back().value);
  open_.pop_back();
  if (const auto* table = get<Table>(done)) refuse_twins(*table);
  add(std::move(done));
}

void TreeBuilder::key(const std::string& text, const Place& place) {
  open_.back().key = text;
  open_.back().key_place = place;
  open_.back().has_key = true;
}

void TreeBuilder::value(Value value) {
  add(std::move(value));
}

void TreeBuilder::value_or_key(const std::string& text, Value value) {
  const bool is_key = !open_.empty() && get<Table>(open_.back().value) != nullptr && !open_.back().has_key;
  if (is_key) {
    key(text, value.place);
  } else {
    add(std::move(value));
  }
}

void TreeBuilder::add(Value value) {
  if (++count_ > kMostValues) {
    throw NotImported{value.place, "there are more than 10,000 values up to here; split the file"};
  }
  if (open_.empty()) {
    root_ = std::move(value);
    return;
  }
  Open& top = open_.back();
  if (auto* list = std::get_if<List>(&top.value.data)) {
    list->push_back(std::move(value));
  } else {
    std::get<Table>(top.value.data)
        .push_back({.key = std::exchange(top.key, ""), .place = top.key_place, .value = std::move(value)});
    top.has_key = false;
  }
}

}  // namespace pia::dsl::internal
