// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/extend.hpp"

#include <algorithm>
#include <filesystem>

#include "dsl/internal/find_file.hpp"
#include "dsl/internal/read.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kDeepest = 16;

void merge(const Table& base, Table& toml) {
  for (const Entry& entry : base) {
    const auto own = std::ranges::find(toml, entry.key, &Entry::key);
    if (own == toml.end()) {
      toml.push_back(entry);
      continue;
    }
    const Table* inner = get<Table>(entry.value);
    auto* own_inner = std::get_if<Table>(&own->value.data);
    if (inner != nullptr && own_inner != nullptr) merge(*inner, *own_inner);
  }
}

// Takes `extends` out of the document.
std::optional<Value> taken(Table& toml) {
  const auto found = std::ranges::find(toml, "extends", &Entry::key);
  if (found == toml.end()) return std::nullopt;
  Value value = std::move(found->value);
  toml.erase(found);
  return value;
}

struct Chain {
  const Extending& with;
  Complaints& complaints;
  std::vector<std::string> paths;  ///< by number, from the job file on

  std::optional<Table> refuse(const Value& value, const std::string& sentence) {
    complaints.error(value.place, sentence);
    return std::nullopt;
  }

  std::optional<Table> read_base(const Value& value) {
    const auto* name = get<std::string>(value);
    if (name == nullptr || name->empty()) {
      return refuse(value, "extends must be the path of a job file, not " + described(value));
    }
    const std::filesystem::path from = paths.at(static_cast<std::size_t>(value.place.file));
    const std::string path = joined_path(from.parent_path().string(), *name);
    if (std::ranges::find(paths, path) != paths.end()) {
      return refuse(value,
                    "extends = " + in_quotes(*name) + " comes back to a file that leads here: " + path);
    }
    if (paths.size() > kDeepest) return refuse(value, "more than 16 files extend each other; leave some out");
    const auto text = with.catalog.text(path);
    if (const auto* trouble = std::get_if<Trouble>(&text)) {
      return refuse(value, "extends = " + in_quotes(*name) + ": " + trouble->sentence);
    }
    paths.push_back(path);
    const auto& found = std::get<std::string>(text);
    return read(found, complaints.add_file(shown_path(path, with.working_directory), found), complaints);
  }
};

}  // namespace

std::optional<Extended> extended(Table toml, const Extending& with, Complaints& complaints) {
  Chain chain{.with = with, .complaints = complaints, .paths = {with.path}};
  while (const auto value = taken(toml)) {
    auto base = chain.read_base(*value);
    if (!base) return std::nullopt;
    merge(*base, toml);
  }
  return Extended{.toml = std::move(toml), .files = std::move(chain.paths)};
}

}  // namespace pia::dsl::internal
