// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dsl/catalog.hpp"

namespace pia::dsl::internal {

/// Whether a file name matches a pattern: * any characters, ? one, [a-c] one of these, [!a] one of the
/// others. At most length(pattern) x length(name) steps.
bool matches(std::string_view pattern, std::string_view name);

/// The files that an absolute pattern means, sorted; patterns as below.
std::vector<std::string> glob_files(const std::string& pattern, const Catalog& catalog);

/// The pictures (files whose extension says so) that an absolute pattern means, sorted. Patterns may be in
/// every part of the path; names that begin with a dot are only matched by a pattern that does.
std::vector<std::string> glob(const std::string& pattern, const Catalog& catalog);

/// Whether a file's name says that it is a picture: .png, .jpg, .jpeg, .webp, .bmp, .tif, .tiff in any case.
bool is_picture(const std::string& name);

}  // namespace pia::dsl::internal
