// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "farm/digest_cache.hpp"

namespace pia::farm {

/// What is in a model: the digest of a file; of a folder, the SHA-256 of the lines "<name>\0<64 hex>\n" of
/// the files that the renderer reads in it, names relative to the folder and sorted. Throws what
/// DigestCache::digest throws.
jobs::Digest model_digest(const std::string& path, DigestCache& digests);

}  // namespace pia::farm
