// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/bind_train.hpp"

#include "dsl/internal/bind.hpp"
#include "dsl/internal/check_value.hpp"
#include "dsl/internal/job_source.hpp"

namespace pia::dsl::internal {
namespace {

constexpr const char* kTables = "a training has job, paths, train, optimizer, data and output";

std::string unknown_table(const std::string& key) {
  const std::string sentence = unknown_key(Section::top, key);
  const std::size_t question = sentence.ends_with('?') ? sentence.rfind("; did you mean ") : sentence.size();
  return sentence.substr(0, question) + "; " + kTables + sentence.substr(question);
}

void bind_kind(const Entry& entry, Complaints& complaints) {
  checked(*find_key(Section::top, "kind"), "kind", entry.value, complaints);
}

void bind_top(const Entry& entry, TrainDocument& document, Complaints& complaints) {
  if (entry.key == "kind") {
    bind_kind(entry, complaints);
  } else if (entry.key == "job") {
    document.common.job = bind_named(Section::job, entry, complaints);
  } else if (entry.key == "paths") {
    document.common.paths = bind_named(Section::paths, entry, complaints);
  } else if (entry.key == "train") {
    document.train_place = entry.place;
    document.train = bind_named(Section::train, entry, complaints);
  } else if (entry.key == "optimizer") {
    document.optimizer = bind_named(Section::optimizer, entry, complaints);
  } else if (entry.key == "data") {
    document.data = bind_named(Section::data, entry, complaints);
  } else if (entry.key == "output") {
    document.output = bind_named(Section::train_output, entry, complaints);
  } else if (entry.key != "format") {
    const bool is_of_renders = find_key(Section::top, entry.key) != nullptr;
    const std::string home = home_of(entry.key, Section::train);
    complaints.error(entry.place, is_of_renders  ? in_quotes(entry.key) + " is of renders; " + kTables
                                  : home.empty() ? unknown_table(entry.key)
                                                 : in_quotes(entry.key) + " belongs in " + home);
  }
}

}  // namespace

Chosen::Chosen(Section section, const Settings& given) : given_(given), values_(initial_values(section)) {
  for (const auto& [key, value] : given) {
    if (!is_broken(value)) values_[key] = value;
  }
}

std::optional<Place> Chosen::written(const char* key) const {
  const Value* value = value_of(given_, key);
  return value == nullptr ? std::nullopt : std::optional(value->place);
}

const Value* Chosen::find(const char* key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

TrainDocument bind_train(const Table& toml, Complaints& complaints) {
  TrainDocument document;
  document.train_place = {.line = 1, .column = 1};
  bind_format(toml, complaints);
  for (const Entry& entry : toml) bind_top(entry, document, complaints);
  const bool is_missing = internal::find(toml, "train") == nullptr;
  if (is_missing) {
    complaints.error(document.train_place,
                     "there is no [train], so there is nothing to train; add [train] with model = \"...\" "
                     "and steps = 1000");
  }
  return document;
}

}  // namespace pia::dsl::internal
