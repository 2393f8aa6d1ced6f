// SPDX-License-Identifier: Apache-2.0
#include "farm/training/train_process.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "farm/training/training_files.hpp"
#include "jobs/core/error.hpp"
#include "storage/descriptor.hpp"
#include "storage/fenced_off.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;

/// Whether a process is gone; a process id that is given away again is another process.
class LauncherWatch {
 public:
  explicit LauncherWatch(int pid) {
    if (pid > 0 && getppid() == pid) prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (pid > 0) process_ = storage::Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    is_gone_ = pid > 0 && process_.number() < 0;
  }

  bool is_gone() const {
    pollfd waiting{.fd = process_.number(), .events = POLLIN, .revents = 0};
    return is_gone_ || (process_.number() >= 0 && poll(&waiting, 1, 0) > 0);
  }

 private:
  storage::Descriptor process_;
  bool is_gone_ = false;
};

void say(const TrainEvent& event) {
  const std::string line = event_line(event);
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

/// What outlives whatever is thrown: a sum of gradients may be under way.
struct Engine {
  std::unique_ptr<renderer::Reducer> of_gpus;
  std::unique_ptr<renderer::Trainer> trainer;
};

ExitCode train(const TrainProcessOptions& options, renderer::Reducer& host, const TrainParts& parts,
               Engine& engine) {
  const LauncherWatch launcher(options.launcher);
  const auto files = storage::make_posix_file_ops();
  const auto planned = read_training(*files, options.run_directory);
  if (!planned) {
    throw jobs::Error(ExitCode::bad_usage, options.run_directory +
                                               " holds no training.json; start it with "
                                               "pia-farm train");
  }
  if (options.device == "cuda" && host.ranks() > 1) engine.of_gpus = parts.reducer_of_gpus(host);
  renderer::Reducer& reducer = engine.of_gpus ? *engine.of_gpus : host;
  engine.trainer = parts.make(planned->training, reducer, options);
  const std::string stop = stop_file(options.run_directory, options.epoch);
  bool asked = false;
  const auto stop_asked = [&] {
    asked = asked || parts.signals.take() > 0 || launcher.is_gone() || files->exists(stop);
    return asked;
  };
  return run_training({.planned = *planned,
                       .trainer = *engine.trainer,
                       .reducer = reducer,
                       .files = *files,
                       .epoch = options.epoch,
                       .device = options.device,
                       .gate = parts.gate,
                       .samples = parts.samples,
                       .stop_asked = stop_asked,
                       .happened = say});
}

int failed(const renderer::Reducer& reducer, const std::string& sentence, ExitCode code) {
  const std::string who =
      reducer.ranks() > 1 ? "process " + std::to_string(reducer.rank()) + ": " : std::string();
  say({.kind = TrainEvent::Kind::failed, .text = who + sentence, .code = static_cast<int>(code)});
  // The others wait for this rank's sums, in vain: its end ends them all.
  if (reducer.ranks() > 1) std::_Exit(static_cast<int>(code));
  return static_cast<int>(code);
}

}  // namespace

std::optional<TrainProcessOptions> train_process_options(int argc, char** argv) {
  TrainProcessOptions options;
  CLI::App app("trains for pia-farmd; not meant to be started by hand");
  app.add_option("--run-directory", options.run_directory)->required();
  app.add_option("--epoch", options.epoch)->required();
  app.add_option("--device", options.device);
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 1024));
  app.add_option("--ranks", options.ranks)->check(CLI::Range(1, 65536));
  app.add_option("--launcher", options.launcher);
  app.add_option("--step-seconds", options.step_seconds);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw jobs::Error(ExitCode::bad_usage, error.what());
  }
  return options;
}

void tell_people(const renderer::Reducer& reducer, const std::string& sentence) {
  if (reducer.rank() == 0) {
    say({.kind = TrainEvent::Kind::notice, .text = sentence});
  } else {
    std::fprintf(stderr, "pia-train, process %d: %s\n", reducer.rank(), sentence.c_str());
  }
}

int train_process(const TrainProcessOptions& options, renderer::Reducer& reducer, const TrainParts& parts) {
  Engine engine;
  try {
    return static_cast<int>(train(options, reducer, parts, engine));
  } catch (const storage::FencedOff& error) {
    return failed(reducer, error.what(), ExitCode::run_again);
  } catch (const jobs::Error& error) {
    return failed(reducer, error.what(), error.code());
  } catch (const std::bad_alloc& error) {
    return failed(reducer, error.what(), ExitCode::run_again);
  } catch (const std::exception& error) {
    return failed(reducer, error.what(), ExitCode::internal);
  }
}

}  // namespace pia::farm
