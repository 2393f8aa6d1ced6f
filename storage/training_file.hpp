// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "jobs/core/training_checkpoint.hpp"

namespace pia::storage {

/// The bytes of a training's checkpoint (FORMAT.md section 3b). Throws jobs::Error (internal) for an array
/// whose bytes are not those of its shape, or whose name is empty, taken or holds a tab or a line end.
std::vector<std::byte> encode_training(const jobs::TrainingCheckpoint& checkpoint);

/// The inverse. Throws StorageError, naming `path`, unless the bytes are a whole checkpoint of a training.
jobs::TrainingCheckpoint decode_training(std::span<const std::byte> file, const std::string& path);

}  // namespace pia::storage
