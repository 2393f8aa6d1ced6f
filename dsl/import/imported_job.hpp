// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {

/// `key = value  # comment`; off: the whole line is a comment, for what the language has and nothing renders
/// yet.
struct TomlLine {
  enum class State { on, off };
  std::string key;  ///< as TOML writes it: "steps", "axes.seed", "prompt.0"
  Value value = {};
  std::string comment = {};
  State state = State::on;
};

struct TomlBlock {
  std::string header;  ///< "[defaults]", "[[shot]]"
  std::vector<TomlLine> lines = {};
};

/// A job on its way to a file.
struct ImportedJob {
  std::vector<std::string> title = {};  ///< comment lines at the top
  std::string name = {};                ///< of the job
  TomlBlock defaults = {.header = "[defaults]"};
  std::vector<TomlBlock> shots = {};  ///< [[shot]] and [[grid]]
  TomlBlock output = {.header = "[output]"};
};

inline Value text_value(std::string_view text) {
  return {.data = std::string(text), .place = {}};
}
inline Value number_value(std::int64_t number) {
  return {.data = number, .place = {}};
}

/// Moves the lines that all [[shot]]s share, if there are at least two, to [defaults].
void gather_defaults(ImportedJob& job);

/// The job file. Strings are escaped so that TOML 1.0 reads back the same bytes (which must be UTF-8).
std::string to_toml(const ImportedJob& job);

}  // namespace pia::dsl::internal
