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

// A plan's JSON has a fuzzer of its own; with thousands of shots it would take most of the time here.
constexpr std::size_t kMostWritten = 500;

void check(const dsl::Compiled& compiled) {
  check(compiled.diagnostics, compiled.plan.has_value());
  PIA_ASSERT(!compiled.plan || !compiled.refused);
  const auto& plan = compiled.plan ? compiled.plan : compiled.refused;
  PIA_ASSERT(compiled.origins.size() == (plan ? plan->shots.size() : 0));
  if (!plan || plan->shots.size() > kMostWritten) return;
  const std::string json = dsl::plan_to_json(*plan);
  if (compiled.plan) PIA_ASSERT(dsl::plan_from_json(json) == *plan);
}

// As a job file, as a site file, and its first line as --set and as --only.
void eat(const std::string& input) {
  check(tests::compile_text(input));
  const dsl::CompiledSite site = dsl::compile_site("/etc/site.toml", input);
  check(site.diagnostics, site.site.has_value());
  static const std::string kJob = tests::with_defaults("[[shot]]\nimage = \"labrador.png\"\nframes = 1\n");
  const std::string line = input.substr(0, input.find('\n'));
  check(tests::compile_text(kJob, {line}));
  if (line.size() % 4 != 0) return;
  static const dsl::Tokenizer kTokenizer;
  static const tests::MapCatalog kFiles = tests::job_files();
  check(dsl::compile({.path = "/jobs/job.toml",
                      .text = kJob,
                      .working_directory = "/jobs",
                      .sets = {},
                      .out = "",
                      .only = {line, "image=*"},
                      .draft = dsl::JobSource::Draft::yes},
                     {}, kFiles, {.tokenizer = &kTokenizer}));
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
      "affinity={ from = 1.0, to = 0.5 }\n",
      "models.m.\"check point\"=tiny\n",
      "prompt.\"50%\"=x\n",
      "format = 1\n[job]\nexpand = \"all\"\n[prompts.a]\n0 = \"@b\"\n-1 = \"x\"\n"
      "[prompts.b]\ntext = \"{x|y} __c__\"\n[models.m]\ncheckpoint = \"tiny\"\ntrigger = [\"x\"]\n"
      "[[grid]]\nmodel = \"m\"\nmotion = \"pia.ckpt\"\nimage = \"odd\"\naxes.prompt = [\"@a\", \"@b\"]\n"
      "axes.seed = \"auto x2\"\npairs = [{ steps = 3 }]\nsample = 2\nexclude = [{ seed = \"auto*\" }]\n"
      "include = [{ prompt = \"z\" }]\n[[override]]\nmatch = { id = \"0123\", name = \"*\" }\nset = { fps = "
      "3 }\n",
      "format = 1\n[paths]\nloras = \"/data/loras\"\n[loras.i]\npath = \"ink\"\ntrigger = [\"a\"]\nweight = "
      "0.5\n"
      "[embeddings]\nbad = \"/data/loras/ink.safetensors\"\n[models.m]\ncheckpoint = \"tiny\"\nvae = "
      "\"vae.safetensors\"\n[[shot]]\nmodel = \"m\"\nmotion = \"pia.ckpt\"\nimage = \"odd\"\nseed = -1\n"
      "loras = [{ id = \"i\", weight = 0.4, weight_te = 0 }]\nprompt = \"a <lora:ink:0.8:1> bad\"\n"
      "sampler = \"Euler a\"\nip_adapter_scale = 0.5\n[output]\npath = \"{grid}/x{name}-{id8}\"\nframes = "
      "true\n"};
  for (const char* folder : {"/plans", "/diagnostics"}) {
    for (const auto& entry : std::filesystem::directory_iterator(std::string(PIA_GOLDEN) + folder)) {
      if (entry.path().extension() == ".toml") seeds.push_back(content(entry.path()));
    }
  }
  std::ranges::sort(seeds);
  return tests::fuzz("job file", seeds, eat);
}
