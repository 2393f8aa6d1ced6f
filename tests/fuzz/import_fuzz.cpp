// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "dsl/import/import_job.hpp"
#include "dsl/job_file.hpp"
#include "jobs/core/error.hpp"
#include "tests/dsl/annotated_picture.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/map_catalog.hpp"

namespace {

using namespace pia;

const dsl::ImportOptions kWhere{.job_folder = "/jobs", .working_directory = "/jobs"};

// Whatever comes out is TOML that the language can read, if not always a job that makes sense.
void check(const dsl::Imported& imported) {
  const auto is_error = [](const dsl::Diagnostic& d) { return d.severity == dsl::Severity::error; };
  PIA_ASSERT(imported.toml.has_value() || std::ranges::any_of(imported.notes, is_error));
  for (const dsl::Diagnostic& note : imported.notes) {
    PIA_ASSERT(!note.sentence.empty() && note.line >= 0);
    PIA_ASSERT(
        std::ranges::none_of(note.sentence, [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
  }
  if (!imported.toml) return;
  static const dsl::Tokenizer kTokenizer;
  static const tests::MapCatalog kNoFiles;
  const dsl::Compiled compiled = dsl::compile(
      {.path = "/jobs/job.toml", .text = *imported.toml, .working_directory = "/jobs", .sets = {}, .out = ""},
      {}, kNoFiles, {.tokenizer = &kTokenizer});
  for (const dsl::Diagnostic& diagnostic : compiled.diagnostics) {
    PIA_ASSERT(diagnostic.sentence.find("unknown key") == std::string::npos);
    PIA_ASSERT(diagnostic.sentence.find("not TOML") == std::string::npos);
    PIA_ASSERT(diagnostic.sentence.find("not yet") == std::string::npos);
  }
}

// As a file of any kind, and as settings in a picture.
void eat(const std::string& input) {
  static const tests::MapCatalog kFiles =
      tests::MapCatalog{}.file("/pia/example/config/base.yaml", "generate: {model_path: pia.ckpt}\n");
  check(dsl::import_job({.path = "/pia/example/config/x", .shown = "x", .text = input}, kWhere, kFiles));
  if (const auto text = dsl::infotext_of(input)) {
    check(dsl::import_pictures({{.path = "/jobs/a.png", .shown = "a.png", .infotext = *text}}, {}, kWhere));
  }
  check(dsl::import_pictures({{.path = "/jobs/a.png", .shown = "a.png", .infotext = input},
                              {.path = "/jobs/b.png", .shown = "b.png", .infotext = "x\n" + input}},
                             {}, kWhere));
}

}  // namespace

int main() {
  std::vector<std::string> seeds = {
      tests::png_with("tEXt", std::string("parameters\0a\nSteps: 1, Seed: 2, Size: 8x8", 41)),
      tests::jpeg_with(std::string("UNICODE\0\0a\0b", 12)),
      tests::webp_with(std::string("ASCII\0\0\0abc", 11))};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(PIA_GOLDEN "/import")) {
    const std::string extension = entry.path().extension();
    if (extension == ".toml" || extension == ".notes" || extension == ".md" || !entry.is_regular_file())
      continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    seeds.push_back(text.str());
  }
  std::ranges::sort(seeds);
  return tests::fuzz("import", seeds, eat);
}
