// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace pia::jobs {

/// The shortest decimal form that reads back the same, whatever the locale: "0.1", "7.5", "1e+20".
std::string number_text(double value);

}  // namespace pia::jobs
