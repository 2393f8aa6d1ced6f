// SPDX-License-Identifier: Apache-2.0
#include "farm/worker_command.hpp"

#include <cstdlib>
#include <filesystem>

#include "farm/memory_kills.hpp"
#include "farm/run_files.hpp"
#include "farm/run_rules.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
std::string beside_this_program(const std::string& name) {
  const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
  if (!std::filesystem::exists(path)) {
    throw jobs::Error(
        jobs::ExitCode::unavailable,
        path.string() + " is not there; build it (./pia-farm setup), or rehearse with --renderer=fake");
  }
  return path.string();
}

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

RendererCommand worker_command(const ChildOptions& child, const LocalRunOptions& options) {
  const bool fake = is_rehearsal(options.renderer);
  RendererCommand command;
  command.arguments = {beside_this_program(fake ? "pia-render-fake" : "pia-render"),
                       "--run-directory",
                       child.run_directory,
                       "--parent",
                       std::to_string(child.parent),
                       "--device",
                       child.device,
                       "--threads",
                       std::to_string(child.threads),
                       "--checkpoint-every",
                       std::to_string(child.checkpoint_every)};
  if (child.digest_file) {
    command.arguments.insert(command.arguments.end(), {"--digest-file", *child.digest_file});
  }
  if (child.scratch) {
    command.arguments.insert(command.arguments.end(),
                             {"--scratch", child.scratch->folder, "--stage",
                              child.scratch->stage == Stage::all ? "all" : "shared"});
  }
  if (fake) {
    const std::string script = options.renderer.size() > 5 ? options.renderer.substr(5) : "";
    command.arguments.insert(command.arguments.end(), {"--script", script, "--step-seconds",
                                                       std::to_string(options.fake_step_seconds)});
  }
  const std::string threads = std::to_string(child.threads);
  command.environment = {"OMP_NUM_THREADS=" + threads, "MKL_NUM_THREADS=" + threads, "OMP_PROC_BIND=false",
                         "HDF5_USE_FILE_LOCKING=FALSE"};
  // Threads that spin while they wait make a renderer ten times slower where it shares its cores.
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) command.environment.emplace_back("OMP_WAIT_POLICY=passive");
  command.log_folder = worker_log_folder(child.run_directory);
  command.memory_kill_file = memory_kill_file();
  return command;
}

}  // namespace pia::farm
