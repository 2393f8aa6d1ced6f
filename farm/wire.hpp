// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "farm/message.hpp"

namespace pia::farm {

inline constexpr std::size_t kLongestFrame = std::size_t{4} << 20U;

/// A message as a frame: "PIA1", length (u32, little-endian), JSON. PROTOCOL.md. Throws jobs::Error if it is
/// longer than kLongestFrame.
std::string encode(const Message& message);

/// The JSON of one frame as a message. Throws jobs::InputError for anything that encode does not make.
Message decode(std::string_view json);

/// Cuts a byte stream into messages. Throws jobs::InputError at the first byte that can't be right; the
/// stream is then of no use any more.
class FrameReader {
 public:
  void feed(std::string_view bytes) { buffer_ += bytes; }
  std::optional<Message> next();

 private:
  std::string buffer_;
};

}  // namespace pia::farm
