// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "storage/file_ops.hpp"

namespace pia::storage {

/// Writes `bytes` beside `path`, synced and closed, under a name of its own: <path>.<tag>.tmp, or
/// <path>.<tag>.<n>.tmp if an earlier try left that one behind. Returns the name. A failure removes the file
/// again. Throws StorageError.
std::string write_aside(FileOps& files, const std::string& path, std::span<const std::byte> bytes,
                        const std::string& tag);

/// Removes a file that nobody will miss; a failure is left for the next sweep.
void remove_quietly(FileOps& files, const std::string& path) noexcept;

/// The epoch in a temporary file's name, whose tag begins with "e<epoch>" ("plan.json.e12.tmp",
/// "<id>.h5.e12-a3.tmp"); nothing if `name` is not such a name.
std::optional<std::uint64_t> temporary_epoch(std::string_view name);

/// Removes the temporary files in `folder` (not below it) whose epoch is before `epoch`. Returns how many.
int sweep_folder(FileOps& files, const std::string& folder, std::uint64_t epoch);

/// The same for the folders directly below `folder`. Files of the current epoch may be in use: at the end of
/// a run, when nobody writes any more, sweep for the epoch after it.
int sweep_subfolders(FileOps& files, const std::string& folder, std::uint64_t epoch);

/// Reads a decimal number without sign, spaces or overflow; nothing if `text` is anything else.
std::optional<std::uint64_t> number_from(std::string_view text);

}  // namespace pia::storage
