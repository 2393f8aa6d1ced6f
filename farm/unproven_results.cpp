// SPDX-License-Identifier: Apache-2.0
#include "farm/unproven_results.hpp"

#include <utility>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

constexpr std::chrono::minutes kDiskPatience{10};
constexpr std::chrono::seconds kLookAgain{1};

}  // namespace

ResultLook look_for(const storage::ShotStore& store, const ShotCommitted& committed) {
  try {
    return {.there = committed.size != 0 && store.size(committed.shot) == committed.size};
  } catch (const jobs::StorageError& error) {
    return {.trouble = error.what()};
  }
}

void UnprovenResults::add(const ShotCommitted& committed, scheduler::TimePoint now) {
  waiting_.push_back({committed, now, now + kLookAgain});
}

UnprovenResults::Answers UnprovenResults::look_again(const storage::ShotStore& store,
                                                     scheduler::TimePoint now) {
  Answers answers;
  std::erase_if(waiting_, [&](Waiting& one) {
    if (now < one.retry) return false;
    one.retry = now + kLookAgain;
    const ResultLook look = look_for(store, one.committed);
    if (look.there) (*look.there ? answers.there : answers.missing).push_back(one.committed);
    if (!look.there && now - one.since >= kDiskPatience) answers.away = look.trouble;
    return look.there.has_value();
  });
  return answers;
}

int UnprovenResults::give_up() {
  return static_cast<int>(std::exchange(waiting_, {}).size());
}

}  // namespace pia::farm
