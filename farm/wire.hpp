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

/// Who speaks to whom on a stream.
enum class Way { any, to_renderer, from_renderer, to_supervisor, from_supervisor };

/// Whether that kind of message is said on such a stream at all (PROTOCOL.md).
bool is_said(const Message& message, Way way);

/// Cuts a byte stream into messages. Throws jobs::InputError at the first byte that can't be right, and for a
/// kind of message that is not said on such a stream; it is then of no use any more.
class FrameReader {
 public:
  explicit FrameReader(Way way = Way::any) : way_(way) {}
  void feed(std::string_view bytes) { buffer_ += bytes; }
  std::optional<Message> next();

 private:
  Way way_;
  std::string buffer_;
};

}  // namespace pia::farm
