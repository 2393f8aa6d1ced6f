// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "dsl/internal/document.hpp"
#include "jobs/core/digest.hpp"

namespace pia::dsl::internal {

/// job.seed as digits: the root of every "auto" seed, every draw of a template and every sample. "0" if there
/// is none.
inline std::string job_seed(const Document& document) {
  const auto root = document.job.find("seed");
  const auto* text = root == document.job.end() ? nullptr : get<std::string>(root->second);
  return text == nullptr ? "0" : *text;
}

/// A digest's first eight bytes, the first one highest.
inline std::uint64_t first_64_bits(const jobs::Digest& digest) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8U | std::to_integer<std::uint64_t>(digest.bytes[i]);
  return value;
}

}  // namespace pia::dsl::internal
