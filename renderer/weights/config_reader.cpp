// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/config_reader.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "jobs/core/error.hpp"

namespace pia::renderer {
namespace {

using Value = nlohmann::json;

constexpr std::size_t kMostEntries = 8;
constexpr int kDeepestConfig = 16;

std::string shown(const Value& value) {
  constexpr std::size_t kLongest = 60;
  std::string text = value.dump(-1, ' ', true);
  return text.size() > kLongest ? text.substr(0, kLongest) + "..." : text;
}

bool whole_within(const Value& value, Range range) {
  if (!value.is_number_integer()) return false;
  if (value.is_number_unsigned() && !std::in_range<std::int64_t>(value.get<std::uint64_t>())) return false;
  const auto number = value.get<std::int64_t>();
  return number >= range.least && number <= range.most;
}

bool is_one_of(const Value& value, std::initializer_list<std::string_view> allowed) {
  return std::any_of(allowed.begin(), allowed.end(),
                     [&](std::string_view text) { return value == Value::parse(text); });
}

std::string unsupported(const char* key, const Value& value) {
  return std::string(key) + " = " + shown(value) + " is not supported";
}

std::string bounds_text(Range range) {
  return std::to_string(range.least) + " to " + std::to_string(range.most);
}

}  // namespace

struct ConfigReader::Json {
  Value object;

  /// The value of `key`, which may be null; nothing if it is absent.
  const Value* find(const char* key) const {
    const auto at = object.find(key);
    return at == object.end() ? nullptr : &*at;
  }
};

ConfigReader::ConfigReader(std::string_view json, std::string file)
    : file_(std::move(file)), json_(std::make_unique<Json>()) {
  const auto watch = [&](int depth, Value::parse_event_t, Value&) {
    if (depth <= kDeepestConfig) return true;
    throw jobs::WeightError(file_ + " is nested too deeply for a config; fetch it again");
  };
  try {
    json_->object = Value::parse(json, watch);
  } catch (const Value::exception&) {
    throw jobs::WeightError(file_ + " is not JSON; fetch it again");
  }
  if (!json_->object.is_object())
    throw jobs::WeightError(file_ + " is not a JSON object; fetch the config again");
}

ConfigReader::~ConfigReader() = default;

std::int64_t ConfigReader::integer(const char* key, std::int64_t fallback, Range range) {
  const Value* value = json_->find(key);
  if (value == nullptr) return fallback;
  if (whole_within(*value, range)) return value->get<std::int64_t>();
  problem(std::string(key) + " is " + shown(*value) + ", not a whole number from " + bounds_text(range));
  return fallback;
}

std::vector<std::int64_t> ConfigReader::integers(const char* key, const std::vector<std::int64_t>& fallback,
                                                 Range range) {
  const Value* value = json_->find(key);
  if (value == nullptr) return fallback;
  const bool fits =
      value->is_array() && !value->empty() && value->size() <= kMostEntries &&
      std::all_of(value->begin(), value->end(), [&](const Value& v) { return whole_within(v, range); });
  if (fits) return value->get<std::vector<std::int64_t>>();
  problem(std::string(key) + " is " + shown(*value) + ", not a list of whole numbers from " +
          bounds_text(range));
  return fallback;
}

std::vector<std::int64_t> ConfigReader::per_level(const char* key, std::int64_t fallback,
                                                  std::size_t levels) {
  const Value* value = json_->find(key);
  if (value == nullptr || !value->is_array()) {
    return std::vector<std::int64_t>(levels, integer(key, fallback));
  }
  std::vector<std::int64_t> numbers = integers(key, std::vector<std::int64_t>(levels, fallback));
  if (numbers.size() != levels) {
    problem(std::string(key) + " has " + std::to_string(numbers.size()) + " entries for " +
            std::to_string(levels) + " levels");
    numbers.assign(levels, fallback);
  }
  return numbers;
}

double ConfigReader::positive(const char* key, double fallback) {
  const Value* value = json_->find(key);
  if (value == nullptr) return fallback;
  const double number = value->is_number() ? value->get<double>() : 0.0;
  if (std::isfinite(number) && number > 0) return number;
  problem(std::string(key) + " is " + shown(*value) + ", not a positive number");
  return fallback;
}

std::vector<std::string> ConfigReader::words(const char* key, const std::vector<std::string>& fallback) {
  const Value* value = json_->find(key);
  if (value == nullptr) return fallback;
  const bool fits = value->is_array() && value->size() <= kMostEntries &&
                    std::all_of(value->begin(), value->end(), [](const Value& v) { return v.is_string(); });
  if (fits) return value->get<std::vector<std::string>>();
  problem(std::string(key) + " is " + shown(*value) + ", not a list of words");
  return fallback;
}

std::optional<std::string> ConfigReader::word(const char* key) {
  const Value* value = json_->find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  problem(std::string(key) + " is " + shown(*value) + ", not a word");
  return std::nullopt;
}

bool ConfigReader::flag(const char* key, bool fallback) {
  const Value* value = json_->find(key);
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  problem(std::string(key) + " is " + shown(*value) + ", not true or false");
  return fallback;
}

bool ConfigReader::is_null(const char* key) const {
  const Value* value = json_->find(key);
  return value != nullptr && value->is_null();
}

bool ConfigReader::is_list(const char* key) const {
  const Value* value = json_->find(key);
  return value != nullptr && value->is_array();
}

void ConfigReader::only(const char* key, std::initializer_list<std::string_view> allowed) {
  const Value* value = json_->find(key);
  if (value == nullptr || is_one_of(*value, allowed)) return;
  problem(unsupported(key, *value) + " (only " + std::string(*allowed.begin()) + ")");
}

void ConfigReader::only_each(const char* key, std::initializer_list<std::string_view> allowed) {
  const Value* value = json_->find(key);
  if (value == nullptr || !value->is_array()) return only(key, allowed);
  for (const Value& entry : *value) {
    if (is_one_of(entry, allowed)) continue;
    return problem(unsupported(key, *value) + " (only " + std::string(*allowed.begin()) + ")");
  }
}

void ConfigReader::absent(std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    const Value* value = json_->find(key);
    if (value != nullptr && !value->is_null()) problem(unsupported(key, *value));
  }
}

void ConfigReader::problem(std::string sentence) {
  problems_.push_back(std::move(sentence));
}

void ConfigReader::finish() const {
  if (problems_.empty()) return;
  std::string all;
  for (const std::string& sentence : problems_) all += (all.empty() ? "" : "; ") + sentence;
  throw jobs::WeightError(file_ + " describes a network that can't be built: " + all +
                          "; use a model of Stable Diffusion 1.5's architecture");
}

}  // namespace pia::renderer
