// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include "dsl/job_file.hpp"
#include "dsl/plan_json.hpp"
#include "tests/support/map_catalog.hpp"

// What planning costs on one core (0.5 s for 5,000 shots wanted): the best of several times, from the job
// file's bytes to hashed ids; a line of JSON a row with --json.

namespace pia::tests {
namespace {

constexpr int kTimes = 5;
constexpr int kImages = 10;
constexpr int kPrompts = 25;

MapCatalog files() {
  MapCatalog catalog;
  catalog.sd15("/jobs/one").sd15("/jobs/two").motion("/jobs/pia.ckpt");
  for (int i = 0; i < kImages; ++i) catalog.image("/jobs/" + std::to_string(i) + ".png", {512, 512});
  return catalog;
}

const std::string kHead = "format = 1\n[defaults]\nmotion = \"pia.ckpt\"\nmodel = \"one\"\n[[grid]]\n";

// 10 pictures x 2 models x 25 prompts x 2 magnitudes x 5 seeds.
std::string five_thousand() {
  std::string prompts;
  for (int i = 0; i < kPrompts; ++i) {
    prompts += (i > 0 ? ", " : "") + ("\"1girl number " + std::to_string(i)) +
               ", (smiling:1.2), {petals|snow|leaves} falling, masterpiece, best quality, highly detailed\"";
  }
  return kHead + "axes.image = \"*.png\"\naxes.model = [\"one\", \"two\"]\naxes.prompt = [" + prompts +
         "]\naxes.magnitude = [\"small\", \"large\"]\naxes.seed = \"1-5\"\n"
         "exclude = [{ image = \"3\", magnitude = \"huge*\" }]\ninclude = [{ magnitude = \"large\", steps = "
         "35 }]\n"
         "[[override]]\nmatch = { image = \"4*\" }\nset = { guidance_scale = 6.0 }\n";
}

std::string a_million() {
  return kHead + "image = \"1.png\"\naxes.steps = \"1-1000\"\naxes.seed = \"1-1000\"\nsample = 100\n";
}

std::string draws() {
  return kHead +
         "image = \"1.png\"\naxes.steps = \"1-1000\"\naxes.guidance_scale = [1, 2, 3, 4, 5]\nseed = -1\n";
}

struct Row {
  const char* name;
  std::string text;
};

double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

template <class Work>
double best_seconds(Work work) {
  double best = 1e9;
  for (int i = 0; i < kTimes; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

int measure(bool as_json) {
  const MapCatalog catalog = files();
  const dsl::Tokenizer tokenizer;
  if (!as_json) std::printf("%-34s %8s %10s %12s %10s\n", "", "shots", "plan, s", "to JSON, s", "peak, MB");
  for (const Row& row : {Row{"1,000,000 combinations, sample 100", a_million()},
                         Row{"5,000 shots", five_thousand()}, Row{"5,000 shots, seeds drawn", draws()}}) {
    const dsl::JobSource source{
        .path = "/jobs/job.toml", .text = row.text, .working_directory = "/jobs", .sets = {}, .out = ""};
    dsl::Compiled compiled;
    const double plan = best_seconds([&] {
      compiled = dsl::compile(source, {}, catalog,
                              {.tokenizer = &tokenizer, .explain = dsl::CompileOptions::Explain::little});
    });
    if (!compiled.plan) {
      for (const auto& one : compiled.diagnostics) std::fprintf(stderr, "%s\n", to_string(one).c_str());
      return 1;
    }
    std::size_t bytes = 0;
    const double json = best_seconds([&] { bytes = dsl::plan_to_json(*compiled.plan).size(); });
    std::printf(as_json ? "{\"name\":\"%s\",\"shots\":%zu,\"plan_s\":%.4f,\"json_s\":%.4f,\"peak_mb\":%.0f}\n"
                        : "%-34s %8zu %10.4f %12.4f %10.0f\n",
                row.name, compiled.plan->shots.size(), plan, json, peak_megabytes());
  }
  return 0;
}

}  // namespace
}  // namespace pia::tests

int main(int argc, char** argv) {
  return pia::tests::measure(argc > 1 && std::strcmp(argv[1], "--json") == 0);
}
