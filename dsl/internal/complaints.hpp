// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "dsl/diagnostic.hpp"
#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {

/// Gathers diagnostics; the same one twice is one, and after 1000 it stops with a last one that says so.
class Complaints {
 public:
  /// `file`: how messages call it. `sets`: the --set arguments, which places count from 1.
  Complaints(std::string file, std::vector<std::string> sets);

  void error(const Place& place, const std::string& sentence);
  void warning(const Place& place, const std::string& sentence);
  bool any_error() const { return any_error_; }

  /// "file:line:col", "--set key=value" or "built in".
  std::string origin(const Place& place) const;

  /// Sorted by place; the command line last.
  Diagnostics sorted() const;

 private:
  void add(Severity severity, const Place& place, const std::string& sentence);

  std::string file_;
  std::vector<std::string> sets_;
  /// Ordered by the first four: is it from the command line, place, severity, sentence.
  std::set<std::tuple<bool, Place, Severity, std::string>> all_;
  bool any_error_ = false;
};

/// `; did you mean "word"?`, or nothing.
std::string hint(const std::string& word, const std::vector<std::string>& known);

/// `"a", "b" or "c"`.
std::string alternatives(const std::vector<std::string>& words);

}  // namespace pia::dsl::internal
