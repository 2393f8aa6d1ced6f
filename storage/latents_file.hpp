// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "jobs/core/checkpoint.hpp"
#include "storage/h5.hpp"

namespace pia::storage {

/// Writes latents as float32 [F,C,h,w]. Throws jobs::Error (internal) if the values do not fit the shape.
void write_latents(H5Writer& file, const std::string& object, const jobs::Latents& latents);

/// Writes latents that are all of one shape as float32 [n,F,C,h,w]; nothing if there are none.
void write_stack(H5Writer& file, const std::string& object, const std::vector<jobs::Latents>& stack);

jobs::Latents read_latents(const H5Reader& file, const std::string& object);

/// Nothing there is an empty stack.
std::vector<jobs::Latents> read_stack(const H5Reader& file, const std::string& object);

/// An extent of a shape as an int. Throws StorageError through `file` if it is too large for one.
int extent(const H5Reader& file, hsize_t value);

/// Throws jobs::Error (internal) with `sentence` unless `good`: somebody handed over what contradicts itself.
void require_consistent(bool good, const std::string& sentence);

/// Bytes of all values, for H5Writer.
std::size_t latents_bytes(const std::vector<jobs::Latents>& stack);

}  // namespace pia::storage
