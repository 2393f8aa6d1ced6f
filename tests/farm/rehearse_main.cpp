// SPDX-License-Identifier: Apache-2.0
// A whole run in a process of its own, to be killed: rehearse FOLDER SHOTS STEPS WORKERS STEP_SECONDS SCRIPT
#include <cstdio>
#include <cstdlib>

#include "jobs/core/error.hpp"
#include "tests/farm/rehearsal.hpp"

int main(int argc, char** argv) {
  using namespace pia;
  if (argc != 7) return static_cast<int>(jobs::ExitCode::bad_usage);
  tests::Rehearsal rehearsal{.folder = argv[1],
                             .shots = std::atoi(argv[2]),
                             .steps = std::atoi(argv[3]),
                             .workers = std::atoi(argv[4]),
                             .attempts = 1000,
                             .step_seconds = std::atof(argv[5]),
                             .script = argv[6]};
  farm::Watcher silent;
  try {
    return static_cast<int>(rehearsal.run(silent));
  } catch (const jobs::Error& error) {
    std::fprintf(stderr, "rehearse: %s\n", error.what());
    return static_cast<int>(error.code());
  }
}
