// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>

#include "jobs/core/digest.hpp"

namespace pia::farm {

/// Pictures whose pixels were decoded from their first to their last, remembered by content from one process
/// to the next: a night's pictures are decoded once, at the first `check`, and not at every start.
///
/// The file is text, one line a picture: the 64 hex digits of its SHA-256. It is only ever appended to. A
/// line that a crash tore costs one decoding; a file that can't be read or written is done without. One
/// thread.
class WholePictures {
 public:
  /// `file`: empty: remember within this object only.
  explicit WholePictures(std::string file);

  /// Decodes the picture, unless one of the same content was decoded before. Throws what read_image_bytes
  /// throws.
  void require(std::span<const std::byte> bytes, const jobs::Digest& digest, const std::string& name);

  /// Pictures that were really decoded, for tests.
  int decoded() const { return decoded_; }

 private:
  void remember(const jobs::Digest& digest);

  std::string file_;
  std::set<jobs::Digest> known_;
  int decoded_ = 0;
};

}  // namespace pia::farm
