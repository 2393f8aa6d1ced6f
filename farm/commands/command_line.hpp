// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "farm/commands/options.hpp"

namespace pia::farm {

/// Reads the words after the program's name. `run` is the verb where none is given. Throws
/// jobs::Error(bad_usage) with the nearest right word, or naming a verb that is not built yet.
Invocation parse_command_line(const std::vector<std::string>& words);

/// One screen for somebody who has never seen the program.
std::string help_text();

}  // namespace pia::farm
