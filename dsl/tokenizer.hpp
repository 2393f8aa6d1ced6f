// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pia::dsl {

inline constexpr int kTextPositions = 77;
inline constexpr std::int32_t kBeginOfText = 49406;
inline constexpr std::int32_t kEndOfText = 49407;

/// CLIP's byte-pair encoding, as transformers' slow CLIPTokenizer does it without ftfy (a BERT-style basic
/// tokenizer first: control characters dropped, CJK padded with spaces, NFC, lower case). The vocabulary is
/// embedded. Immutable: any number of threads.
class Tokenizer {
 public:
  Tokenizer();
  ~Tokenizer();

  /// Ids of `text` without begin and end, not cut. Bytes that are not UTF-8 become U+FFFD.
  std::vector<std::int32_t> encode(std::string_view text) const;

  /// Begin, at most 75 ids, end, padded with kEndOfText to 77: what both references feed to SD 1.5's text
  /// encoder.
  std::vector<std::int32_t> encode_padded(std::string_view text) const { return padded(encode(text)); }
  static std::vector<std::int32_t> padded(std::vector<std::int32_t> ids);

 private:
  struct Tables;
  std::unique_ptr<const Tables> tables_;
};

}  // namespace pia::dsl
