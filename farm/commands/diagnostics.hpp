// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "dsl/diagnostic.hpp"
#include "farm/commands/source_lines.hpp"
#include "farm/commands/surroundings.hpp"

namespace pia::farm {

/// What a terminal has.
struct DiagnosticLook {
  std::size_t columns = 80;
  Surroundings::Colour colour = Surroundings::Colour::no;
};

/// A diagnostic as a terminal shows it: itself, the line of `source` that it points at, and under that a
/// caret with a tail as long as the word it stands on. Tabs are four columns wide at most; of a line that is
/// too long the part around the caret is shown, with "…" where something was left out. Without the last two
/// lines if `source` has no such line. Lines end in '\n'.
std::string shown_on_terminal(const dsl::Diagnostic& diagnostic, SourceLines& source,
                              const DiagnosticLook& look);

/// What was told of a job that is read several times, so that nothing is told twice.
class Told {
 public:
  /// Takes what was told before out of `complaints`; the rest counts as told from now on.
  void leave_out_of(dsl::Diagnostics& complaints);

 private:
  dsl::Diagnostics told_;
};

/// A diagnostic as one line of JSON without its end: file, line, column, severity, message, and the word
/// that is suggested if there is one. Line and column are 0 where it is about no place.
std::string diagnostic_json(const dsl::Diagnostic& diagnostic);

/// Prints all to stderr: `file:line:col: error: sentence`, with source lines if that is a terminal.
void print_diagnostics(const dsl::Diagnostics& diagnostics, const dsl::Sources& sources,
                       const Surroundings& surroundings);

}  // namespace pia::farm
