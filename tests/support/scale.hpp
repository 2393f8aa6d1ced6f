// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How much of a test that is long for the sake of completeness or size runs in which tree.
namespace pia::tests {

/// The release tree runs the whole of it, where this is 1. A program that sanitizers watch is some ten times
/// slower, and finds what it looks for in a part as well: every `kPart`-th case, or a size divided by it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int kPart = 4;
#else
inline constexpr int kPart = 1;
#endif

}  // namespace pia::tests
