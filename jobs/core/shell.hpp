// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace pia::jobs {

/// `word` as it can be pasted into a shell.
std::string shell_quoted(const std::string& word);

}  // namespace pia::jobs
