// SPDX-License-Identifier: Apache-2.0
#include "dsl/schema.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "dsl/internal/key_table.hpp"

namespace pia::dsl {
namespace {

using Json = nlohmann::json;

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// That job files fit it: schema_check.py.
TEST(Schema, HasEveryKey) {
  const Json shot = Json::parse(job_schema())["definitions"]["shot"]["properties"];
  for (const internal::Key* key : internal::keys_of(internal::Section::shot)) {
    EXPECT_TRUE(shot.contains(std::string(key->name))) << key->name;
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
