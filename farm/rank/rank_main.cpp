// SPDX-License-Identifier: Apache-2.0
// One rank of a farm. A program of its own, not a verb of pia-farmd: the death of one rank ends them all, so
// that HDF5, OpenCV, FFmpeg and torch must not even be loaded here (a test reads the list of libraries);
// pia-farmd also runs where no MPI is installed; and it loads 250 libraries in half a second, a rank a few in
// 10 ms, on every node at once.
#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "farm/clocks.hpp"
#include "farm/rank/coordinating.hpp"
#include "farm/rank/gpu_name.hpp"
#include "farm/rank/pulse.hpp"
#include "farm/report/write.hpp"
#include "farm/run_directory.hpp"
#include "farm/signals.hpp"
#include "farm/standard_streams.hpp"
#include "farm/watchers/watchers.hpp"
#include "jobs/core/error.hpp"
#include "storage/fenced_off.hpp"

namespace {

using namespace pia;

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

farm::RankPlace find_here() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  // Slurm's own name of the node, where it has one: scontrol knows it.
  farm::RankPlace here{.place = slurm::find_place(variable),
                       .host = variable("SLURMD_NODENAME").value_or(host.data())};
  here.gpu = slurm::gpu_of(variable("CUDA_VISIBLE_DEVICES"), here.place);
  if (here.gpu) here.gpu_name = farm::gpu_name(*here.gpu, here.place, farm::usable_gpus("/"));
  return here;
}

std::string working_directory() {
  std::array<char, 4096> path{};
  return getcwd(path.data(), path.size()) == nullptr ? "" : path.data();
}

farm::WriteReport report_of(const farm::RankOptions& options) {
  return [options](const farm::ReportMoment& moment) -> std::string {
    const auto files = storage::make_posix_file_ops();
    auto plan = farm::read_plan(*files, options.run_directory);
    if (!plan) return "";
    plan->out = options.run_directory;
    return farm::write_report(*files, *plan,
                              {.program = options.program,
                               .render_flags = options.render_flags,
                               .job_words = options.job_words,
                               .when = farm::local_time},
                              moment);
  };
}

int live_as_rank_zero(farm::MpiWorld& world, const farm::RankOptions& options, const farm::RankPlace& here) {
  farm::Stream results(STDOUT_FILENO);
  farm::Stream diagnostics(STDERR_FILENO);
  const farm::WatchStreams streams{results, diagnostics};
  const farm::WatchSetting setting{.now = farm::steady_now,
                                   .working_directory = working_directory(),
                                   .program = options.program,
                                   .render_flags = options.render_flags,
                                   .run_flags = options.run_flags,
                                   .job_words = options.job_words};
  const auto watcher = options.voice == "json"    ? farm::make_json_watcher(setting, streams)
                       : options.voice == "quiet" ? farm::make_quiet_watcher(setting, streams)
                                                  : farm::make_plain_watcher(setting, streams);
  return farm::coordinate(world, options, here, {*watcher, {.write = report_of(options)}});
}

int live(farm::MpiWorld& world, const farm::RankOptions& options) {
  farm::RankPlace here = find_here();
  here.place.rank = world.rank();
  if (world.rank() != 0) return farm::supervise(world, here);
  const int code = live_as_rank_zero(world, options, here);
  // A rank that is lost would keep MPI waiting at its end.
  if (world.lacks_somebody()) world.end_all(code);
  return code;
}

int complain(const char* what, jobs::ExitCode code) {
  std::fprintf(stderr, "pia-farm: error: %s\n", what);
  return static_cast<int>(code);
}

/// Before MPI starts its threads, so that all of them leave these signals to whoever reads them.
void block_stop_signals() {
  const sigset_t set = farm::stop_signals();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

}  // namespace

int main(int argc, char** argv) {
  farm::fill_standard_streams();
  block_stop_signals();
  try {
    const auto options = farm::rank_options({argv + 1, argv + argc});
    if (!options) return static_cast<int>(jobs::ExitCode::all_done);
    const bool is_first = slurm::find_place(variable).rank == 0;
    if (options->epoch != 0 && is_first) farm::say_rank_zero_is_born(STDERR_FILENO);
    farm::MpiWorld world;
    try {
      return live(world, *options);
    } catch (const storage::FencedOff& error) {
      world.end_all(complain(error.what(), jobs::ExitCode::run_again));
    } catch (const jobs::Error& error) {
      world.end_all(complain(error.what(), error.code()));
    } catch (const std::exception& error) {
      world.end_all(complain(error.what(), jobs::ExitCode::internal));
    }
  } catch (const jobs::Error& error) {
    return complain(error.what(), error.code());
  }
}
