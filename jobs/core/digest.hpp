// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pia::jobs {

/// A SHA-256: the identity of a file's bytes, or of a shot's recipe.
struct Digest {
  std::array<std::byte, 32> bytes{};
  auto operator<=>(const Digest&) const = default;
};

/// 64 lower-case hexadecimal digits.
std::string to_hex(const Digest& digest);

/// The inverse of to_hex; nothing unless `hex` is exactly 64 hexadecimal digits.
std::optional<Digest> digest_from_hex(std::string_view hex);

Digest sha256(std::span<const std::byte> bytes);
Digest sha256(std::string_view text);

/// SHA-256 of a stream, piece by piece. One thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);

  /// The digest of all that was passed to update; the object is spent afterwards.
  Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace pia::jobs

template <>
struct std::hash<pia::jobs::Digest> {
  std::size_t operator()(const pia::jobs::Digest& digest) const noexcept {
    std::size_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) {
      value = value << 8U | std::to_integer<std::size_t>(digest.bytes[i]);
    }
    return value;
  }
};
