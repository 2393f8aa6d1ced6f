// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

namespace pia::dsl {

enum class Severity { error, warning };

/// One complaint about a job file or a site file: where, what, and how to mend it.
struct Diagnostic {
  Severity severity = Severity::error;
  std::string file;
  int line = 0;          ///< from 1; 0 if it is about the whole file or the command line
  int column = 0;        ///< from 1
  std::string sentence;  ///< with the mend, and `did you mean "..."?` where a near word exists
  bool operator==(const Diagnostic&) const = default;
};

/// `file:line:col: error: sentence`.
std::string to_string(const Diagnostic& diagnostic);

using Diagnostics = std::vector<Diagnostic>;

/// The texts that diagnostics point into, by the name that these give their file.
using Sources = std::map<std::string, std::string>;

/// The word that the sentence asks for (`did you mean "..."?`); empty if it asks for none.
std::string suggestion(const Diagnostic& diagnostic);

/// The word of `known` nearest to `word` by edit distance; empty if none is near enough to be meant.
std::string nearest(const std::string& word, const std::vector<std::string>& known);

}  // namespace pia::dsl
