// SPDX-License-Identifier: Apache-2.0
#include "renderer/pipeline/heap.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <memory>

namespace pia::renderer {
namespace {

constexpr std::size_t kHuge = std::size_t{256} << 20;  // of which one page is touched
constexpr std::size_t kLarge = std::size_t{16} << 20;

std::unique_ptr<char[]> block_of(std::size_t bytes) {
  auto block = std::make_unique_for_overwrite<char[]>(bytes);
  *static_cast<volatile char*>(block.get()) = 1;  // else the compiler does without it
  return block;
}

std::size_t bytes_in_pages_of_their_own() {
  return mallinfo2().hblkhd;
}

TEST(Heap, WhatAStepFreesIsKeptForTheNext) {
  keep_heap();
  const std::size_t before = bytes_in_pages_of_their_own();
  const auto block = block_of(kLarge);
  EXPECT_EQ(bytes_in_pages_of_their_own(), before);
}

TEST(Heap, BugHolesBetweenHugeBlocksMadeTheHeapHalfAsLargeAgain) {
  keep_heap();
  const std::size_t before = bytes_in_pages_of_their_own();
  auto block = block_of(kHuge);
  EXPECT_GE(bytes_in_pages_of_their_own(), before + kHuge);
  block.reset();
  EXPECT_EQ(bytes_in_pages_of_their_own(), before);
}

TEST(Heap, BugWeightsCutTheHeapOfTheStepsIntoPieces) {
  keep_heap();
  const std::size_t before = bytes_in_pages_of_their_own();
  std::unique_ptr<char[]> weights;
  {
    const PagesForLargeBlocks pages;
    weights = block_of(kLarge);
    EXPECT_GE(bytes_in_pages_of_their_own(), before + kLarge);
  }
  const auto step = block_of(kLarge);
  EXPECT_LT(bytes_in_pages_of_their_own(), before + 2 * kLarge);
  weights.reset();
  EXPECT_EQ(bytes_in_pages_of_their_own(), before);
}

}  // namespace
}  // namespace pia::renderer
