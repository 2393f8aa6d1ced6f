// SPDX-License-Identifier: Apache-2.0
#include "renderer/pipeline/heap.hpp"

#include <malloc.h>

#include <limits>

namespace pia::renderer {
namespace {

constexpr int kHuge = 32 << 20;  // the largest threshold that glibc takes
constexpr int kLarge = 1 << 20;

}  // namespace

void keep_heap() {
  mallopt(M_MMAP_THRESHOLD, kHuge);
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 64 << 20);
}

PagesForLargeBlocks::PagesForLargeBlocks() {
  // The heap's free end would be taken first.
  malloc_trim(0);
  mallopt(M_MMAP_THRESHOLD, kLarge);
}

PagesForLargeBlocks::~PagesForLargeBlocks() {
  mallopt(M_MMAP_THRESHOLD, kHuge);
}

}  // namespace pia::renderer
