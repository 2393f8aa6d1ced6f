// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pia::dsl::internal {

/// What AUTOMATIC1111's prompts say and this language's don't.
enum class Foreign {
  editing,      ///< [cat:dog:0.5], [dog:0.5], [cat::0.5]: the text changes in the middle of the steps
  alternation,  ///< [cat|dog]: from step to step
  composition,  ///< cat AND dog: the answers to two prompts are added
  network       ///< <hypernet:x:1>, <lyco:x:1>: other networks than <lora:NAME:0.8>
};

struct ForeignPiece {
  Foreign kind = Foreign::editing;
  std::size_t at = 0;     ///< its first byte in the prompt
  std::string text = {};  ///< as it is written
  std::string kept = {};  ///< what `without_foreign` has in its place
};

/// A prompt without its foreign pieces: of an editing the text of the last steps stays (if that is none, of
/// the first), of an alternation all its texts, separated by commas; so does a comma for AND; of another
/// network nothing.
struct WithoutForeign {
  std::string text;
  std::vector<ForeignPiece> pieces = {};  ///< in order; one inside another is not told of
};

/// As AUTOMATIC1111's grammar (modules/prompt_parser.py; <NAME:...> as in modules/extra_networks.py). A
/// backslash takes the meaning from what follows. Brackets nested deeper than 50 are text. Linear in the
/// prompt's length.
WithoutForeign without_foreign(std::string_view prompt);

}  // namespace pia::dsl::internal
