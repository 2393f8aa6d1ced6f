// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pia::storage {

/// What a sealed file holds. Values on disk never change.
enum class FileKind : std::uint32_t { result = 1, checkpoint = 2, training = 3 };

inline constexpr std::uint32_t kSealVersion = 1;
inline constexpr std::size_t kSealBytes = 56;

/// Appends the trailer of FORMAT.md section 1, whose last 32 bytes are the SHA-256 of all bytes before them.
void seal(std::vector<std::byte>& image, FileKind kind);

/// The image in a sealed file (a view into it). Throws StorageError, naming `path`, unless every byte is as
/// it was sealed and the kind is right.
std::span<const std::byte> unseal(std::span<const std::byte> file, FileKind kind, const std::string& path);

}  // namespace pia::storage
