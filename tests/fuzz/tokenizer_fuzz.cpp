// SPDX-License-Identifier: Apache-2.0
#include "dsl/tokenizer.hpp"

#include <algorithm>

#include "dsl/internal/glob.hpp"
#include "dsl/internal/names.hpp"
#include "dsl/internal/unicode_text.hpp"
#include "jobs/core/error.hpp"
#include "tests/support/fuzz.hpp"

namespace {

using namespace pia;

void eat(const std::string& input) {
  static const dsl::Tokenizer kTokenizer;
  const auto ids = kTokenizer.encode(input);
  PIA_ASSERT(std::ranges::all_of(ids, [](std::int32_t id) { return id >= 0 && id <= dsl::kEndOfText; }));
  PIA_ASSERT(dsl::Tokenizer::padded(ids).size() == dsl::kTextPositions);
  // Bytes that are not UTF-8 are as good as U+FFFD.
  const std::string valid = dsl::internal::to_utf8(dsl::internal::from_utf8(input));
  PIA_ASSERT(dsl::internal::first_bad_utf8(valid) == std::string::npos && kTokenizer.encode(valid) == ids);
  const std::string slug = dsl::internal::slug(input, 40);
  PIA_ASSERT(!slug.empty() && slug.size() <= 40 && slug.find('/') == std::string::npos &&
             slug.front() != '.');
  PIA_ASSERT(dsl::internal::slug(slug, 40) == slug);
  static_cast<void>(dsl::internal::matches(input, slug));
}

}  // namespace

int main() {
  return tests::fuzz(
      "tokenizer",
      {"a golden labrador is running, best quality, 4k", "it's <|endoftext|> <|startoftext|> I'LL 1990!!",
       "ΣΊΣΥΦΟΣ İstanbul ſ naïve e\u0301 \u0345",
       "猫 か\u3099 각 😀👩🏽‍🚀 ﬁ ½ ٣ \u2028\u00a0\u0085",
       "(x:1.3) {a|b} __camera__ <lora:x:1> [a-c]*?"},
      eat);
}
