// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "farm/child/renderer_child.hpp"
#include "farm/clocks.hpp"
#include "farm/media/open_codecs.hpp"
#include "jobs/core/error.hpp"

int main(int argc, char** argv) {
  using namespace pia;
  try {
    const auto options = farm::child_options(argc, argv);
    if (!options) return static_cast<int>(jobs::ExitCode::all_done);
    farm::open_codecs();
    return farm::run_renderer_child(*options, [&options] {
      return renderer::make_torch_renderer(
          {.device = options->device, .threads = options->threads, .now = farm::steady_seconds});
    });
  } catch (const jobs::Error& error) {
    std::fprintf(stderr, "pia-render: %s\n", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pia-render: %s\n", error.what());
    return static_cast<int>(jobs::ExitCode::internal);
  }
}
