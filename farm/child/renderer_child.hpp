// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "farm/child/scratch.hpp"
#include "renderer/renderer.hpp"

namespace pia::farm {

struct ChildOptions {
  int socket = 3;
  std::string run_directory = {};
  double checkpoint_every = 30;     ///< seconds, at a step boundary
  std::string device = "cpu";       ///< "cpu" or "cuda"
  std::string device_kind = "cpu";  ///< what checkpoints carry: the device, or "fake"
  int threads = 1;
  std::optional<std::string> digest_file =
      {};                               ///< the digest cache's; none: weights are not read (a rehearsal)
  std::optional<Scratch> scratch = {};  ///< none: weights are read where they are
  int parent = 0;         ///< process id of the supervisor; another parent means that it is gone
  std::string fake = {};  ///< the fake renderer's script
  double fake_step_seconds = 0.02;
};

/// Reads the options from the command line that worker_command made; nothing if it asks for help, which
/// is then printed. Throws jobs::Error(bad_usage).
std::optional<ChildOptions> child_options(int argc, char** argv);

/// The life of a renderer process: says Ready, renders what it is handed, checkpoints, commits, encodes
/// videos, until Quit or until its supervisor is gone. Everything that can crash lives here. Returns main's
/// exit code.
int run_renderer_child(const ChildOptions& options,
                       const std::function<std::unique_ptr<renderer::Renderer>()>& make);

}  // namespace pia::farm
