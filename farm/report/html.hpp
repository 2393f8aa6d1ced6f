// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace pia::farm {

/// `text` as it can stand in a page and in an attribute in double quotes, control characters as '?'.
std::string html_escaped(const std::string& text);

/// A relative path as a link in a page: percent-encoded, slashes kept.
std::string link_to(const std::string& path);

}  // namespace pia::farm
