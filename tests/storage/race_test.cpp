// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <cstdio>
#include <thread>

#include "storage/checkpoint_store.hpp"
#include "storage/lease.hpp"
#include "storage/shot_store.hpp"
#include "storage/temporary.hpp"
#include "tests/support/kept_samples.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::storage {
namespace {

constexpr int kTakers = 50;

std::variant<Lease, Refused> take(FileOps& files, const std::string& run, const std::string& nonce) {
  return take_lease({.files = files, .run_directory = run, .self = describe_self(nonce, "now")});
}

/// Takes the lease when `start` closes, reports the epoch (0: refused) and lives until `stop` closes.
void be_a_taker(const std::string& run, int nonce, const int* start, const int* stop, int report) {
  char byte = 0;
  close(start[1]);
  close(stop[1]);
  if (read(start[0], &byte, 1) != 0) _exit(1);
  std::uint64_t epoch = 0;
  try {
    const auto files = make_posix_file_ops();
    const auto outcome = take(*files, run, std::to_string(nonce));
    if (std::holds_alternative<Lease>(outcome)) epoch = std::get<Lease>(outcome).epoch();
  } catch (...) {
    epoch = UINT64_MAX;
  }
  if (write(report, &epoch, sizeof epoch) != sizeof epoch) _exit(1);
  _exit(read(stop[0], &byte, 1) == 0 ? 0 : 1);
}

/// The epochs that `kTakers` processes at once report.
std::vector<std::uint64_t> race(const std::string& run, int round) {
  int start[2], stop[2], report[2];
  EXPECT_EQ(pipe(start) + pipe(stop) + pipe(report), 0);
  std::vector<pid_t> children;
  std::fflush(nullptr);
  for (int i = 0; i < kTakers; ++i) {
    const pid_t child = fork();
    if (child == 0) be_a_taker(run, round * kTakers + i, start, stop, report[1]);
    children.push_back(child);
  }
  close(start[1]);
  std::vector<std::uint64_t> epochs(kTakers);
  for (std::uint64_t& epoch : epochs) EXPECT_EQ(read(report[0], &epoch, sizeof epoch), 8);
  close(stop[1]);
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  for (const int end : {start[0], stop[0], report[0], report[1]}) close(end);
  return epochs;
}

TEST(Race, OfFiftyProcessesForALeaseHasOneWinnerARound) {
  const tests::TempFolder folder;
  for (int round = 0; round < 6; ++round) {
    const auto epochs = race(folder.path(), round);
    EXPECT_EQ(std::count(epochs.begin(), epochs.end(), 0), kTakers - 1) << "round " << round;
    EXPECT_EQ(*std::max_element(epochs.begin(), epochs.end()), static_cast<std::uint64_t>(round) + 1)
        << "the dead winner of the last round is followed at once";
  }
  auto files = make_posix_file_ops();
  ASSERT_TRUE(std::holds_alternative<Lease>(take(*files, folder.path(), "last")));
  EXPECT_EQ(files->list(folder / "lease"), (std::vector<std::string>{"0000000006", "0000000007"}));
}

TEST(Race, OfFiftyThreadsForALeaseHasOneWinner) {
  const tests::TempFolder folder;
  const auto files = make_posix_file_ops();
  std::barrier start(kTakers);
  std::atomic<int> winners = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kTakers; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      const auto outcome = take(*files, folder.path(), std::to_string(i));
      if (std::holds_alternative<Lease>(outcome)) ++winners;
    });
  }
  threads.clear();
  EXPECT_EQ(winners, 1);
}

TEST(Race, OfTwentyTriesAtAShotCommitsOnce) {
  const tests::TempFolder folder;
  const auto files = make_posix_file_ops();
  const auto result = tests::sample_result();
  std::barrier start(20);
  std::atomic<int> commits = 0;
  std::vector<std::jthread> threads;
  for (int number = 1; number <= 20; ++number) {
    threads.emplace_back([&, number] {
      ShotStore store(*files, folder.path());
      start.arrive_and_wait();
      if (store.commit(result, {1, number}, [] {}) == ShotStore::Committed::now) ++commits;
    });
  }
  threads.clear();
  EXPECT_EQ(commits, 1);
  const ShotStore store(*files, folder.path());
  EXPECT_TRUE(tests::same(store.load(result.id).value(), result));
  EXPECT_EQ(sweep_subfolders(*files, folder / "shots", 2), 0) << "nobody left a temporary file";
}

TEST(Race, OfSavingAndLoadingNeverShowsAHalfCheckpoint) {
  const tests::TempFolder folder;
  const auto files = make_posix_file_ops();
  const auto id = tests::sample_checkpoint(0).shot;
  std::atomic<bool> done = false;
  std::jthread saver([&] {
    CheckpointStore store(*files, folder.path());
    for (int step = 1; step <= 40; ++step) store.save(tests::sample_checkpoint(step), {1, 1});
    done = true;
  });
  const CheckpointStore store(*files, folder.path());
  int last = 0;
  while (!done) {
    const auto found = store.load(id, jobs::Dtype::fp32, "cpu");
    EXPECT_TRUE(found.rejected.empty());
    if (!found.checkpoint) continue;
    // Reading slot 0 before and slot 1 after a save may show the step before the last, never less.
    EXPECT_GE(found.checkpoint->next_step + 2, last);
    EXPECT_EQ(*found.checkpoint, tests::sample_checkpoint(found.checkpoint->next_step));
    last = found.checkpoint->next_step;
  }
}

}  // namespace
}  // namespace pia::storage
