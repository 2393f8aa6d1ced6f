// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "dsl/diagnostic.hpp"
#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {

/// Gathers diagnostics; the same one twice is one, and after 1000 it stops with a last one that says so.
class Complaints {
 public:
  /// `file`: how messages call it. `words`: what stood on the command line ("--set steps=3"), which places
  /// count from 1. `text`: the file's, for those who show the line.
  Complaints(std::string file, std::vector<std::string> words, std::string text = "");

  /// One more file, as messages call it, and its text; the number that places in it carry.
  int add_file(const std::string& file, const std::string& text = "");

  void error(const Place& place, const std::string& sentence);
  void warning(const Place& place, const std::string& sentence);
  /// An error that is no mistake of the user's: a plan is made, but nothing can render it.
  void not_yet(const Place& place, const std::string& sentence);
  /// Mistakes; what is not yet rendered is none.
  bool any_error() const { return any_error_; }
  bool any_refusal() const { return any_refusal_; }

  /// Something was said against the values of a key of shots: what seems to follow from them, such as that
  /// nothing matches, is not worth a word.
  void doubt(std::string_view key) { doubted_.emplace(key); }
  bool is_doubted(std::string_view key) const { return doubted_.contains(key); }

  /// What a word was written as where another stands for it since ("Euler a" for "euler_a"), so that messages
  /// can quote it; empty if nothing was noted at `place`.
  void note_spelling(const Place& place, const std::string& written) { spellings_.emplace(place, written); }
  std::string spelling(const Place& place) const;

  /// Counts what the ranges of a job come to ("1-1000" to a thousand). False, with one error for all, from
  /// where it is more than 300,000: a short file could ask for more than there is memory.
  bool may_have_numbers(const Place& place, std::size_t count);
  bool has_too_many_numbers() const;

  /// --strict: makes every warning so far an error.
  void refuse_warnings();

  /// "file:line:col", "--set key=value" or "built in".
  std::string origin(const Place& place) const;

  /// The text from `place` on, to where the file or the word of the command line ends; empty where it is
  /// built in.
  std::string_view behind(const Place& place) const;

  /// Sorted by place; the command line last.
  Diagnostics sorted() const;

  /// The texts that were read.
  Sources sources() const;

 private:
  void add(Severity severity, const Place& place, const std::string& sentence);

  std::vector<std::string> files_;
  std::vector<std::string> texts_;  ///< of the files
  std::vector<std::string> words_;
  /// Ordered by the first four: is it from the command line, place, severity, sentence.
  std::set<std::tuple<bool, Place, Severity, std::string>> all_;
  std::set<std::string, std::less<>> doubted_;
  std::map<Place, std::string> spellings_;
  std::size_t numbers_ = 0;  ///< of ranges
  bool any_error_ = false;
  bool any_refusal_ = false;
};

/// `; did you mean "word"?`, or nothing.
std::string hint(const std::string& word, const std::vector<std::string>& known);

/// `"a", "b" or "c"`.
std::string alternatives(const std::vector<std::string>& words);

}  // namespace pia::dsl::internal
