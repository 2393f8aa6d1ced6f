// SPDX-License-Identifier: Apache-2.0
#include "farm/training/unusable_files.hpp"

#include <bit>

namespace pia::farm {
namespace {

constexpr std::size_t kNamed = 20;

}  // namespace

UnusableFiles::UnusableFiles(std::size_t count, std::string noun, Notice notice)
    : noun_(std::move(noun)), notice_(std::move(notice)), is_told_(count) {}

void UnusableFiles::tell(std::size_t file, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (is_told_[file]) return;
  is_told_[file] = true;
  ++told_;
  if (first_reason_.empty()) first_reason_ = reason;
  if (!notice_) return;
  if (told_ <= kNamed) {
    notice_(reason + "; training goes on without it");
  } else if (told_ % kNamed == 0 && std::has_single_bit(told_ / kNamed)) {
    notice_("so far " + std::to_string(told_) + " " + noun_ + " can't be used; the first " +
            std::to_string(kNamed) + " were named");
  }
}

std::string UnusableFiles::first_reason() const {
  const std::lock_guard lock(mutex_);
  return first_reason_;
}

}  // namespace pia::farm
