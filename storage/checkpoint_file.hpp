// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "jobs/core/checkpoint.hpp"

namespace pia::storage {

/// The bytes of a checkpoint's file (FORMAT.md section 3). Throws jobs::Error (internal) if a shape is not
/// that of its values.
std::vector<std::byte> encode_checkpoint(const jobs::Checkpoint& checkpoint);

/// The inverse. Throws StorageError, naming `path`, unless the bytes are a whole checkpoint of the shot `id`.
jobs::Checkpoint decode_checkpoint(std::span<const std::byte> file, const jobs::ShotId& id,
                                   const std::string& path);

}  // namespace pia::storage
