// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/check_loras.hpp"

#include "dsl/internal/check_value.hpp"

namespace pia::dsl::internal {
namespace {

constexpr const char* kForm = "a list of LoRAs, such as [{ id = \"...\", weight = 0.8 }]";
constexpr std::size_t kMost = 64;

struct Check {
  const std::string& label;
  Complaints& complaints;

  Value refuse(const Place& place, const std::string& sentence) const {
    complaints.error(place, sentence);
    return {.data = Broken{}, .place = place};
  }
};

Value part(const Check& check, const Entry& entry) {
  static constexpr Key kFile = {.name = "id", .type = Type::path};
  const std::string label = check.label + "." + entry.key;
  if (entry.key == "id" || entry.key == "path") return checked(kFile, label, entry.value, check.complaints);
  if (entry.key == "weight" || entry.key == "weight_te")
    return checked(*find_key(Section::lora, "weight"), label, entry.value, check.complaints);
  return check.refuse(entry.place, "unknown key " + in_quotes(entry.key) + " in " + check.label +
                                       "; it takes id or path, weight and weight_te" +
                                       hint(entry.key, {"id", "path", "weight", "weight_te"}));
}

Value lora(const Check& check, const Value& value) {
  const auto* table = get<Table>(value);
  if (table == nullptr) {
    const auto* name = get<std::string>(value);
    return check.refuse(value.place,
                        "an entry of " + check.label + " is a table, not " + described(value) +
                            (name == nullptr ? "" : "; write { id = " + in_quotes(*name) + " }"));
  }
  Table out;
  bool good = true;
  for (const Entry& entry : *table) {
    out.push_back({.key = entry.key, .place = entry.place, .value = part(check, entry)});
    good = good && !is_broken(out.back().value);
  }
  if (!good) return {.data = Broken{}, .place = value.place};
  const bool has_id = find(*table, "id") != nullptr;
  if (has_id == (find(*table, "path") != nullptr)) {
    return check.refuse(value.place, "an entry of " + check.label + " needs " +
                                         (has_id ? "only one of id and path; leave one out"
                                                 : "id = \"...\" (of a [loras.ID]) or path = \"...\""));
  }
  return {.data = std::move(out), .place = value.place};
}

}  // namespace

Value checked_loras(const std::string& label, const Value& value, Complaints& complaints) {
  const Check check{.label = label, .complaints = complaints};
  const auto* list = get<List>(value);
  if (list == nullptr) {
    return check.refuse(value.place, label + " must be " + kForm + ", not " + described(value));
  }
  if (list->size() > kMost) return check.refuse(value.place, label + " has more than 64 entries");
  List out;
  bool good = true;
  for (const Value& entry : *list) {
    out.push_back(lora(check, entry));
    good = good && !is_broken(out.back());
  }
  if (!good) return {.data = Broken{}, .place = value.place};
  return {.data = std::move(out), .place = value.place};
}

}  // namespace pia::dsl::internal
