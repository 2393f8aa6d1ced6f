// SPDX-License-Identifier: Apache-2.0
#include "renderer/pipeline/heap.hpp"

#include <malloc.h>

#include <limits>

namespace pia::renderer {
namespace {

constexpr int kManyBlocks = 65536;  // glibc's own limit

}  // namespace

void keep_heap() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 64 << 20);
}

PagesForLargeBlocks::PagesForLargeBlocks() {
  // The heap's free end would be taken first.
  malloc_trim(0);
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_MMAP_MAX, kManyBlocks);
}

PagesForLargeBlocks::~PagesForLargeBlocks() {
  mallopt(M_MMAP_MAX, 0);
}

}  // namespace pia::renderer
