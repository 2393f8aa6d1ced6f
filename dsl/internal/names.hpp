// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace pia::dsl::internal {

/// `text` as one part of a path: letters and digits of any script, '-', '_' and inner '.'; everything else
/// becomes one '-'. At most `most` bytes; never empty, "." or "..".
std::string slug(std::string_view text, std::size_t most);

}  // namespace pia::dsl::internal
