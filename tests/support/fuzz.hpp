// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
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

/// Feeds mutated seeds to `eat`, which must return whatever it gets. Prints a line; the seed of chance is
/// fixed. A crash is the failure; the last input is then in $PIA_FUZZ_LAST, if that is set. Returns main's
/// exit code.
template <class Eat>
int fuzz(const char* name, const std::vector<std::string>& seeds, Eat eat) {
  const std::int64_t inputs = fuzz_inputs();
  const char* last = std::getenv("PIA_FUZZ_LAST");
  std::mt19937_64 chance(20261122);
  double slowest = 0;
  for (std::int64_t i = 0; i < inputs; ++i) {
    const std::string input = mutated(seeds, chance);
    if (last != nullptr) {
      if (std::FILE* file = std::fopen(last, "wb")) {
        std::fwrite(input.data(), 1, input.size(), file);
        std::fclose(file);
      }
    }
    const auto start = std::chrono::steady_clock::now();
    eat(input);
    slowest =
        std::max(slowest, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::printf("%s: %lld inputs, 0 crashes, slowest %.1f ms\n", name, static_cast<long long>(inputs),
              1000 * slowest);
  return slowest < 10 ? 0 : 1;
}

}  // namespace pia::tests
