// SPDX-License-Identifier: Apache-2.0
#include "farm/rank/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

/// Shortest text that reads back as the same number.
std::string exact(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", number);
  return text;
}

}  // namespace

std::vector<std::string> rank_arguments(const RankOptions& options) {
  // One word a flag: a value may be empty, or begin with a dash. The run directory first, for whoever reads
  // ps.
  std::vector<std::string> words;
  const auto add = [&words](const char* flag, const std::string& value) {
    if (!value.empty()) words.push_back(flag + value);
  };
  add("--run-directory=", options.run_directory);
  add("--device=", options.device);
  add("--renderer=", options.renderer);
  add("--step-seconds=", exact(options.fake_step_seconds));
  add("--threads=", std::to_string(options.threads));
  add("--attempts=", std::to_string(options.attempts));
  add("--checkpoint-every=", exact(options.checkpoint_every));
  add("--silence=", exact(options.silence));
  add("--voice=", options.voice);
  add("--digest-file=", options.digest_file);
  add("--scratch=", options.scratch);
  add("--epoch=", options.epoch == 0 ? "" : std::to_string(options.epoch));
  add("--nonce=", options.nonce);
  add("--slurm-job=", options.slurm_job);
  add("--program=", options.program);
  add("--render-flags=", options.render_flags);
  add("--run-flags=", options.run_flags);
  add("--job-words=", options.job_words);
  return words;
}

std::optional<RankOptions> rank_options(const std::vector<std::string>& words) {
  RankOptions options;
  CLI::App app("one rank of a farm; started by pia-farmd, not by hand", "pia-farm-rank");
  app.add_option("--run-directory", options.run_directory);
  app.add_option("--digest-file", options.digest_file);
  app.add_option("--scratch", options.scratch);
  app.add_option("--epoch", options.epoch);
  app.add_option("--nonce", options.nonce);
  app.add_option("--slurm-job", options.slurm_job);
  app.add_option("--device", options.device)->check(CLI::IsMember({"cpu", "cuda"}));
  app.add_option("--renderer", options.renderer);
  app.add_option("--step-seconds", options.fake_step_seconds);
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 1024));
  app.add_option("--attempts", options.attempts)->check(CLI::Range(1, 1000));
  app.add_option("--checkpoint-every", options.checkpoint_every);
  app.add_option("--silence", options.silence)->check(CLI::Range(0.1, 86400.0));
  app.add_option("--voice", options.voice)->check(CLI::IsMember({"normal", "quiet", "json"}));
  app.add_option("--program", options.program);
  app.add_option("--render-flags", options.render_flags);
  app.add_option("--run-flags", options.run_flags);
  app.add_option("--job-words", options.job_words);
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw jobs::Error(jobs::ExitCode::bad_usage, std::string("pia-farm-rank: ") + error.what());
  }
  return options;
}

}  // namespace pia::farm
