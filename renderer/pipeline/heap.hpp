// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace pia::renderer {

/// Lets the process keep what memory it once had: fresh pages cost more than the arithmetic of many a layer.
/// Call it before anything large is allocated.
void keep_heap();

/// While one lives, large blocks get pages of their own, which go back to the system when the block is freed.
/// For loading weights: on the heap they, and the holes that loading leaves, would cut the steps' memory into
/// pieces: at 256x256x16 a step's peak above the weights was 1.24 to 1.51 GB in three runs with them there,
/// 1.12 and 1.41 in two without, while the tensors of a step never take more than 0.55.
class PagesForLargeBlocks {
 public:
  PagesForLargeBlocks();
  ~PagesForLargeBlocks();
  PagesForLargeBlocks(const PagesForLargeBlocks&) = delete;
  PagesForLargeBlocks& operator=(const PagesForLargeBlocks&) = delete;
};

}  // namespace pia::renderer
