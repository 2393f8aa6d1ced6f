// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/child/renderer_child.hpp"
#include "farm/local_run.hpp"
#include "farm/supervisor.hpp"

namespace pia::farm {

/// The path of another program of this installation. Throws jobs::Error(unavailable) if it is not there.
std::string beside_this_program(const std::string& name);

/// A variable of this process, for scratch_of_node.
std::optional<std::string> environment_variable(const std::string& name);

/// The command line and environment of a renderer of this run. pia-render (or pia-render-fake) lies beside
/// the running program. Throws jobs::Error(unavailable) if it does not.
RendererCommand worker_command(const ChildOptions& child, const LocalRunOptions& options);

}  // namespace pia::farm
