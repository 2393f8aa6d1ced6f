// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace pia::renderer {

/// Lets the process keep what memory it once had: fresh pages cost more than the arithmetic of many a layer.
/// Blocks of 32 MiB and more get pages of their own all the same, else the holes between them make the heap
/// half as large again: at 256x256x16 a step's peak above the weights is 1.09 to 1.21 GB with such pages and
/// 1.28 to 1.61 without, for the same CPU time. Call it before anything large is allocated.
void keep_heap();

/// While one lives, blocks of 1 MiB and more get pages of their own, which go back to the system when the
/// block is freed. For loading weights: on the heap they, and the holes that loading leaves, would cut the
/// steps' memory into pieces.
class PagesForLargeBlocks {
 public:
  PagesForLargeBlocks();
  ~PagesForLargeBlocks();
  PagesForLargeBlocks(const PagesForLargeBlocks&) = delete;
  PagesForLargeBlocks& operator=(const PagesForLargeBlocks&) = delete;
};

}  // namespace pia::renderer
