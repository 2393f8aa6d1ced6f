// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "dsl/plan_json.hpp"
#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::set<std::filesystem::path> job_files_in(const std::string& folder) {
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(PIA_GOLDEN + ("/" + folder))) {
    if (entry.path().extension() == ".toml") files.insert(entry.path());
  }
  return files;
}

// $PIA_WRITE_GOLDEN: writes what comes out, to be read before it is committed.
void expect_as_written(const std::filesystem::path& job, const std::string& actual) {
  const auto path = std::filesystem::path(job).replace_extension(".txt");
  if (std::getenv("PIA_WRITE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << actual;
  EXPECT_EQ(actual, content(path)) << job;
}

TEST(JobFile, EveryWrongFileIsRefusedInTheseWords) {
  const auto files = job_files_in("diagnostics");
  EXPECT_GE(files.size(), 40U);
  for (const auto& job : files) {
    const dsl::Compiled compiled = compile_text(content(job));
    EXPECT_FALSE(compiled.plan.has_value()) << job;
    expect_as_written(job, said(compiled));
  }
}

TEST(JobFile, EveryRightFileIsThisPlan) {
  const auto files = job_files_in("plans");
  EXPECT_GE(files.size(), 8U);
  for (const auto& job : files) {
    const dsl::Compiled compiled = compile_text(content(job));
    ASSERT_TRUE(compiled.plan.has_value()) << said(compiled);
    expect_as_written(job, summary(*compiled.plan) + said(compiled));
    EXPECT_EQ(dsl::plan_from_json(dsl::plan_to_json(*compiled.plan)), *compiled.plan) << job;
    EXPECT_EQ(compiled.origins.size(), compiled.plan->shots.size());
    EXPECT_EQ(compiled.values.size(), compiled.plan->shots.size());
  }
}

}  // namespace
}  // namespace pia::tests
