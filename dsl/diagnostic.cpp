// SPDX-License-Identifier: Apache-2.0
#include "dsl/diagnostic.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

namespace pia::dsl {
namespace {

constexpr std::size_t kLongestWord = 64;

std::string folded(const std::string& word) {
  std::string out;
  for (const char c : word) {
    const bool is_capital = c >= 'A' && c <= 'Z';
    out += c == '-' || c == ' ' ? '_' : is_capital ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

// Optimal string alignment: insert, delete, replace, swap neighbours.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> row(b.size() + 1, i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::exchange(last, std::move(row));
  }
  return last[b.size()];
}

constexpr std::size_t kLongestTail = 3;

// How far `known` is from what was written, of which `slips` are forgiven. A beginning of at least three
// letters is as good as one slip; a word of four and a short tail ("looping") is just near enough, if nothing
// else is nearer.
std::size_t strangeness(const std::string& word, const std::string& known, std::size_t slips) {
  const bool begins = word.size() >= 3 && known.size() > word.size() && known.starts_with(word);
  if (begins) return 1;
  const bool has_tail =
      known.size() >= 4 && word.size() <= known.size() + kLongestTail && word.starts_with(known);
  const std::size_t far = distance(word, known);
  return has_tail ? std::min(far, slips) : far;
}

}  // namespace

std::string to_string(const Diagnostic& diagnostic) {
  std::string text = diagnostic.file;
  if (diagnostic.line > 0) {
    text += ":" + std::to_string(diagnostic.line) + ":" + std::to_string(diagnostic.column);
  }
  return text + (diagnostic.severity == Severity::error ? ": error: " : ": warning: ") + diagnostic.sentence;
}

std::string suggestion(const Diagnostic& diagnostic) {
  static constexpr std::string_view kBefore = "; did you mean \"";
  const std::size_t at = diagnostic.sentence.rfind(kBefore);
  if (at == std::string::npos) return "";
  std::string word;
  for (std::size_t i = at + kBefore.size(); i < diagnostic.sentence.size(); ++i) {
    const char c = diagnostic.sentence[i];
    if (c == '"') return word;
    if (c == '\\' && i + 1 < diagnostic.sentence.size()) ++i;
    word += diagnostic.sentence[i];
  }
  return "";
}

std::string nearest(const std::string& word, const std::vector<std::string>& known) {
  if (word.size() > kLongestWord) return "";
  const std::string meant = folded(word);
  std::string best;
  const std::size_t slips = meant.size() < 2 ? 0 : std::clamp<std::size_t>(meant.size() / 3, 1, 3);
  std::size_t least = slips + 1;
  for (const std::string& candidate : known) {
    if (candidate == word || candidate.size() > kLongestWord) continue;
    const std::size_t far = strangeness(meant, folded(candidate), slips);
    if (far < least) {
      least = far;
      best = candidate;
    }
  }
  return best;
}

}  // namespace pia::dsl
