// SPDX-License-Identifier: Apache-2.0
#include "dsl/schema.hpp"

#include <gtest/gtest.h>
#include <regex.h>
#include <toml++/toml.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "dsl/internal/key_table.hpp"

namespace pia::dsl {
namespace {

using Json = nlohmann::json;

const Json& schema() {
  static const Json kSchema = Json::parse(job_schema());
  return kSchema;
}

bool fits(const Json& rule, const Json& value);

// POSIX's: g++ 12's own warns about itself under ASan.
bool found(const std::string& pattern, const std::string& text) {
  regex_t regex{};
  if (regcomp(&regex, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
  const bool is_found = regexec(&regex, text.c_str(), 0, nullptr, 0) == 0;
  regfree(&regex);
  return is_found;
}

bool fits_type(const std::string& type, const Json& value) {
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "array") return value.is_array();
  return type == "object" && value.is_object();
}

bool fits_number(const Json& rule, double value) {
  return !(rule.contains("minimum") && value < rule["minimum"].get<double>()) &&
         !(rule.contains("maximum") && value > rule["maximum"].get<double>()) &&
         !(rule.contains("exclusiveMinimum") && value <= rule["exclusiveMinimum"].get<double>());
}

bool fits_text(const Json& rule, const std::string& value) {
  if (rule.contains("minLength") && value.size() < rule["minLength"].get<std::size_t>()) return false;
  return !rule.contains("pattern") || found(rule["pattern"].get<std::string>(), value);
}

bool fits_member(const Json& rule, const std::string& key, const Json& value) {
  if (rule.contains("properties") && rule["properties"].contains(key))
    return fits(rule["properties"][key], value);
  const Json patterns = rule.value("patternProperties", Json::object());
  for (const auto& [pattern, inner] : patterns.items()) {
    if (found(pattern, key)) return fits(inner, value);
  }
  if (!rule.contains("additionalProperties")) return true;
  const Json& more = rule["additionalProperties"];
  return more.is_object() && fits(more, value);
}

bool fits_object(const Json& rule, const Json& value) {
  if (value.size() < rule.value("minProperties", std::size_t{0})) return false;
  const Json required = rule.value("required", Json::array());
  for (const auto& key : required) {
    if (!value.contains(key.get<std::string>())) return false;
  }
  for (const auto& [key, member] : value.items()) {
    if (!fits_member(rule, key, member)) return false;
  }
  return true;
}

// The part of draft 7 that the schema uses.
bool fits(const Json& rule, const Json& value) {
  if (rule.contains("$ref")) {
    const std::string name = rule["$ref"].get<std::string>().substr(std::string("#/definitions/").size());
    return fits(schema()["definitions"].at(name), value);
  }
  if (rule.contains("anyOf")) {
    for (const Json& form : rule["anyOf"]) {
      if (fits(form, value)) return true;
    }
    return false;
  }
  if (rule.contains("const")) return rule["const"] == value;
  if (rule.contains("enum")) {
    return std::find(rule["enum"].begin(), rule["enum"].end(), value) != rule["enum"].end();
  }
  if (rule.contains("type") && !fits_type(rule["type"], value)) return false;
  if (value.is_number()) return fits_number(rule, value.get<double>());
  if (value.is_string()) return fits_text(rule, value.get<std::string>());
  if (value.is_object()) return fits_object(rule, value);
  if (!value.is_array()) return true;
  if (value.size() < rule.value("minItems", std::size_t{0})) return false;
  return !rule.contains("items") ||
         std::all_of(value.begin(), value.end(), [&](const Json& item) { return fits(rule["items"], item); });
}

Json job_in(const std::string& text) {
  std::ostringstream json;
  json << toml::json_formatter{toml::parse(text)};
  return Json::parse(json.str());
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(Schema, EveryRightJobFileFitsIt) {
  int checked = 0;
  for (const char* folder : {PIA_GOLDEN "/plans", PIA_SOURCE "/jobs"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".toml") continue;
      EXPECT_TRUE(fits(schema(), job_in(content(entry.path())))) << entry.path();
      ++checked;
    }
  }
  EXPECT_GE(checked, 10);
}

TEST(Schema, WrongOnesDoNotFitIt) {
  const std::string good = "format = 1\n[[shot]]\nimage = \"a\"\n";
  EXPECT_TRUE(fits(schema(), job_in(good)));
  for (const char* wrong : {"stepz = 1\n",
                            "steps = 0\n",
                            "steps = 2.5\n",
                            "strength = 0.0\n",
                            "magnitude = \"huge\"\n",
                            "image = 3\n",
                            "seed = -2\n",
                            "seed = \"auto x4\"\n",
                            "prompt.hed = \"a\"\n",
                            "affinity = []\n",
                            "affinity = { from = 1 }\n",
                            "loras = [\"a\"]\n",
                            "loras = [{ weight = 1.0 }]\n",
                            "loras = [{ id = \"a\", wieght = 1.0 }]\n",
                            "[[grid]]\naxes.steps = 3\n",
                            "[[grid]]\naxes.name = [\"a\"]\n",
                            "[models.m]\nchekpoint = \"a\"\n",
                            "[[override]]\nmatch = {}\n",
                            "[[grid]]\nexclude = [{ stepz = 1 }]\n",
                            "[output]\nformats = [\"mov\"]\n"}) {
    std::string text = good + wrong;
    if (std::string(wrong).starts_with("image")) text = "format = 1\n[[shot]]\n" + std::string(wrong);
    EXPECT_FALSE(fits(schema(), job_in(text))) << wrong;
  }
  EXPECT_TRUE(
      fits(schema(), job_in(good + "sampler = \"Euler a\"\nloras = [{ id = \"a\", weight = 0.5 }]\n")));
  EXPECT_FALSE(fits(schema(), job_in("[[shot]]\nimage = \"a\"\n")));
}

TEST(Schema, HasEveryKeyThatIsBuiltAndNoOther) {
  const Json& shot = schema()["definitions"]["shot"]["properties"];
  for (const internal::Key* key : internal::keys_of(internal::Section::shot)) {
    EXPECT_EQ(shot.contains(std::string(key->name)), key->state != internal::State::not_yet) << key->name;
  }
  EXPECT_TRUE(shot.contains("scheduler"));
}

// After a change on purpose: PIA_WRITE_GOLDEN=1 dsl_test.
TEST(Reference, IsWhatTheKeyTableSays) {
  const std::string path = PIA_SOURCE "/dsl/REFERENCE.md";
  if (std::getenv("PIA_WRITE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << reference_page();
  EXPECT_EQ(content(path), reference_page());
}

}  // namespace
}  // namespace pia::dsl
