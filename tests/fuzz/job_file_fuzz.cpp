// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "dsl/plan_json.hpp"
#include "jobs/core/error.hpp"
#include "tests/dsl/job_text.hpp"
#include "tests/support/fuzz.hpp"

namespace {

using namespace pia;

void check(const dsl::Diagnostics& diagnostics, bool has_result) {
  const auto is_error = [](const dsl::Diagnostic& d) { return d.severity == dsl::Severity::error; };
  PIA_ASSERT(has_result == std::ranges::none_of(diagnostics, is_error));
  for (const dsl::Diagnostic& diagnostic : diagnostics) {
    PIA_ASSERT(!diagnostic.sentence.empty() && !diagnostic.file.empty() && diagnostic.line >= 0);
    PIA_ASSERT(std::ranges::none_of(diagnostic.sentence,
                                    [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
  }
}

void check(const dsl::Compiled& compiled) {
  check(compiled.diagnostics, compiled.plan.has_value());
  PIA_ASSERT(!compiled.plan || !compiled.refused);
  const auto& plan = compiled.plan ? compiled.plan : compiled.refused;
  PIA_ASSERT(compiled.origins.size() == (plan ? plan->shots.size() : 0));
  if (plan) PIA_ASSERT(dsl::plan_from_json(dsl::plan_to_json(*plan)) == *plan);
}

// As a job file, as a site file, and its first line as --set.
void eat(const std::string& input) {
  check(tests::compile_text(input));
  const dsl::CompiledSite site = dsl::compile_site("/etc/site.toml", input);
  check(site.diagnostics, site.site.has_value());
  static const std::string kJob = tests::with_defaults("[[shot]]\nimage = \"labrador.png\"\nframes = 1\n");
  check(tests::compile_text(kJob, {input.substr(0, input.find('\n'))}));
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

int main() {
  std::vector<std::string> seeds = {
      "[slurm]\nnodes = 4\n[worker]\ndevice = \"auto\"\nthreads = 2\n[paths]\nmodels = [\"/a\", \"b\"]\n",
      "affinity={ from = 1.0, to = 0.5 }\n", "models.m.\"check point\"=tiny\n", "prompt.\"50%\"=x\n"};
  for (const char* folder : {"/plans", "/diagnostics"}) {
    for (const auto& entry : std::filesystem::directory_iterator(std::string(PIA_GOLDEN) + folder)) {
      if (entry.path().extension() == ".toml") seeds.push_back(content(entry.path()));
    }
  }
  std::ranges::sort(seeds);
  return tests::fuzz("job file", seeds, eat);
}
