// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pia::farm {

enum class ByteOrder { big, little };

/// A picture file's bytes and the name that stands for it in error sentences. Every read is checked: one that
/// leaves the bytes throws jobs::InputError ("is truncated").
struct PictureBytes {
  std::span<const std::byte> bytes;
  const std::string& name;
  ByteOrder order = ByteOrder::big;

  std::size_t size() const { return bytes.size(); }
  std::uint32_t u8(std::size_t at) const;
  std::uint32_t u16(std::size_t at) const;
  std::uint32_t u24(std::size_t at) const;
  std::uint32_t u32(std::size_t at) const;

  /// `count` bytes from `at`, in the same byte order.
  PictureBytes part(std::size_t at, std::size_t count) const;
  bool has(std::size_t at, std::string_view text) const;  ///< false, too, where the bytes end before

  [[noreturn]] void truncated() const;
  [[noreturn]] void broken(const std::string& what) const;
};

/// Throws jobs::InputError: "picture <name> <problem>; <mend>".
[[noreturn]] void refuse_picture(const std::string& name, const std::string& problem,
                                 const std::string& mend);

}  // namespace pia::farm
