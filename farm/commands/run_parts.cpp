// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/run_parts.hpp"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "farm/clocks.hpp"
#include "farm/local_run.hpp"
#include "farm/report/write.hpp"
#include "farm/watchers/watchers.hpp"
#include "farm/watchers/words.hpp"
#include "jobs/core/error.hpp"
#include "jobs/core/shell.hpp"

namespace pia::farm {
namespace {

Look look_of_terminal(const Surroundings& surroundings) {
  Look look{.colour =
                surroundings.colour == Surroundings::Colour::yes ? Look::Colour::yes : Look::Colour::no};
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    look.columns = size.ws_col;
    look.rows = size.ws_row;
  }
  return look;
}

TerminalParts::Elsewhere diagnostics_go() {
  struct stat results {};
  struct stat diagnostics {};
  const bool same = fstat(STDOUT_FILENO, &results) == 0 && fstat(STDERR_FILENO, &diagnostics) == 0 &&
                    results.st_rdev == diagnostics.st_rdev && isatty(STDERR_FILENO) == 1;
  return same ? TerminalParts::Elsewhere::no : TerminalParts::Elsewhere::yes;
}

std::unique_ptr<Watcher> watcher_for(Voice voice, const WatchSetting& setting, const WatchStreams& streams,
                                     const Surroundings& surroundings) {
  if (voice == Voice::json) return make_json_watcher(setting, streams);
  if (voice == Voice::quiet) return make_quiet_watcher(setting, streams);
  const bool live = isatty(STDOUT_FILENO) == 1 && surroundings.terminal == Surroundings::Terminal::able;
  if (!live) return make_plain_watcher(setting, streams);
  return make_terminal_watcher(
      setting, streams,
      {.look = [&surroundings] { return look_of_terminal(surroundings); }, .elsewhere = diagnostics_go()});
}

}  // namespace

std::string run_flags(const RunOptions& options) {
  std::string flags = options.workers > 1 ? "--workers " + std::to_string(options.workers) + " " : "";
  for (const std::string& pattern : options.job.only) flags += "--only " + jobs::shell_quoted(pattern) + " ";
  return flags;
}

void require_shots(const jobs::Plan& plan) {
  if (!plan.shots.empty()) return;
  throw jobs::Error(jobs::ExitCode::bad_config, plan.job_file + " asks for no shot; add a [[shot]]");
}

jobs::ExitCode with_display(const DisplayWish& wish, const Surroundings& surroundings,
                            const std::function<jobs::ExitCode(Watcher&)>& work) {
  const RunOptions& options = wish.options;
  // A reader of our output that goes away must not end a night's work.
  signal(SIGPIPE, SIG_IGN);
  Stream results(STDOUT_FILENO);
  Stream diagnostics(STDERR_FILENO);
  const WatchSetting setting{.now = wish.now,
                             .working_directory = surroundings.working_directory,
                             .program = surroundings.program,
                             .render_flags = renderer_words(options.renderer, options.fake_step_seconds),
                             .run_flags = run_flags(options),
                             .only = wish.only,
                             .job_words = job_words(options.job)};
  const auto watcher = watcher_for(options.voice, setting, {results, diagnostics}, surroundings);
  return work(*watcher);
}

WriteReport report_of(const jobs::Plan& plan, const RunOptions& options, const Surroundings& surroundings) {
  const ReportWords words{.program = surroundings.program,
                          .render_flags = renderer_words(options.renderer, options.fake_step_seconds),
                          .job_words = job_words(options.job),
                          .when = local_time};
  return [&plan, words](const ReportMoment& moment) {
    return write_report(*storage::make_posix_file_ops(), plan, words, moment);
  };
}

jobs::ExitCode run_plan(const RunParts& parts, const RunOptions& options, const Surroundings& surroundings,
                        Watcher& watcher) {
  require_shots(parts.plan);
  return run_locally(parts.plan, parts.site,
                     {.workers = options.workers,
                      .device = parts.device,
                      .renderer = options.renderer,
                      .fake_step_seconds = options.fake_step_seconds,
                      .digest_file = surroundings.digest_file,
                      .only = parts.only,
                      .reports = {.write = report_of(parts.plan, options, surroundings)},
                      .turn = parts.turn},
                     watcher);
}

}  // namespace pia::farm
