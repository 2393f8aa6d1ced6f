// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>

#include "farm/child/renderer_child.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {

std::optional<ChildOptions> child_options(int argc, char** argv) {
  ChildOptions options;
  CLI::App app("renders shots for pia-farmd; not meant to be started by hand");
  app.add_option("--run-directory", options.run_directory)->required();
  app.add_option("--device", options.device);
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 1024));
  app.add_option("--digest-file", options.digest_file);
  std::string scratch;
  std::string stage = "all";
  app.add_option("--scratch", scratch);
  app.add_option("--stage", stage)->check(CLI::IsMember({"all", "shared"}));
  app.add_option("--checkpoint-every", options.checkpoint_every);
  app.add_option("--parent", options.parent)->required();
  app.add_option("--script", options.fake);
  app.add_option("--step-seconds", options.fake_step_seconds);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw jobs::Error(jobs::ExitCode::bad_usage, error.what());
  }
  options.device_kind = options.device;
  if (!scratch.empty()) options.scratch = {scratch, stage == "all" ? Stage::all : Stage::what_is_shared};
  return options;
}

}  // namespace pia::farm
