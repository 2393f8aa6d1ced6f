// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace pia::tests {

/// How many inputs a fuzzer tries: $PIA_FUZZ_INPUTS, 20,000 by default.
inline std::int64_t fuzz_inputs() {
  const char* text = std::getenv("PIA_FUZZ_INPUTS");
  return text != nullptr ? std::atoll(text) : 20000;
}

/// A seed input changed in one to eight places: bits, bytes, cuts, repeats, splices, numbers at their limits.
inline std::string mutated(const std::vector<std::string>& seeds, std::mt19937_64& chance) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(chance() % n); };
  static const std::vector<std::string> kTokens = {"\xff\xff\xff\xff\xff\xff\xff\xff",
                                                   std::string(8, '\0'),
                                                   "-1",
                                                   "1e999",
                                                   "18446744073709551616",
                                                   "\xef\xbb\xbf",
                                                   "\r\n",
                                                   "\"\"\"",
                                                   "[[",
                                                   "]]",
                                                   "{",
                                                   "}",
                                                   "\xf0\x9f\x98\x80",
                                                   "\x80",
                                                   "=",
                                                   "\n"};
  std::string text = seeds[below(seeds.size())];
  for (std::size_t edits = 1 + below(8); edits > 0; --edits) {
    const std::size_t at = below(text.size() + 1);
    switch (below(7)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      case 1:
        if (at < text.size()) text[at] = static_cast<char>(chance());
        break;
      case 2:
        text.resize(at);
        break;
      case 3:
        text.erase(at, below(16));
        break;
      case 4:
        text.insert(at, text.substr(below(text.size() + 1), below(64)));
        break;
      case 5:
        text.insert(at, kTokens[below(kTokens.size())]);
        break;
      default: {
        const std::string& other = seeds[below(seeds.size())];
        text = text.substr(0, at) + other.substr(std::min(other.size(), below(other.size() + 1)));
      }
    }
  }
  return text;
}

inline void keep_input(const char* path, const std::string& input) {
  if (path == nullptr) return;
  if (std::FILE* file = std::fopen(path, "wb")) {
    std::fwrite(input.data(), 1, input.size(), file);
    std::fclose(file);
  }
}

inline std::string content_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "%s can't be read\n", path);
    std::exit(1);
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Feeds mutated seeds to `eat`, which must return whatever it gets. Prints a line; the seed of chance is
/// fixed. A crash is a failure; the last input is then in $PIA_FUZZ_LAST, if that is set. So are ten seconds
/// of CPU for one input; the one that took most is in $PIA_FUZZ_SLOWEST. Of $PIA_FUZZ_ONLY, a file, nothing
/// is changed and nothing else is tried. Returns main's exit code.
template <class Eat>
int fuzz(const char* name, const std::vector<std::string>& seeds, Eat eat) {
  const char* const only = std::getenv("PIA_FUZZ_ONLY");
  const std::int64_t inputs = only != nullptr ? 1 : fuzz_inputs();
  const char* const last = std::getenv("PIA_FUZZ_LAST");
  const char* const slow = std::getenv("PIA_FUZZ_SLOWEST");
  std::mt19937_64 chance(20261122);
  double slowest = 0;
  for (std::int64_t i = 0; i < inputs; ++i) {
    const std::string input = only != nullptr ? content_of(only) : mutated(seeds, chance);
    keep_input(last, input);
    const std::clock_t start = std::clock();
    eat(input);
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    if (seconds <= slowest) continue;
    slowest = seconds;
    keep_input(slow, input);
  }
  std::printf("%s: %lld inputs, 0 crashes, slowest %.1f ms of CPU\n", name, static_cast<long long>(inputs),
              1000 * slowest);
  return slowest < 10 ? 0 : 1;
}

}  // namespace pia::tests
