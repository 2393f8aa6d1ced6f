// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "farm/child/renderer_child.hpp"
#include "jobs/core/error.hpp"

int main(int argc, char** argv) {
  using namespace pia;
  try {
    auto options = farm::child_options(argc, argv);
    if (!options) return static_cast<int>(jobs::ExitCode::all_done);
    options->device_kind = "fake";
    return farm::run_renderer_child(*options, [&options] {
      return renderer::make_fake_renderer(
          {.step_seconds = options->fake_step_seconds, .script = options->fake});
    });
  } catch (const jobs::Error& error) {
    std::fprintf(stderr, "pia-render-fake: %s\n", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pia-render-fake: %s\n", error.what());
    return static_cast<int>(jobs::ExitCode::internal);
  }
}
