// SPDX-License-Identifier: Apache-2.0
#include "storage/lease.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "jobs/core/error.hpp"
#include "storage/journal.hpp"
#include "tests/support/fault_file_ops.hpp"
#include "tests/support/memory_file_ops.hpp"

namespace pia::storage {
namespace {

using namespace std::chrono_literals;
using Outcome = std::variant<Lease, Refused>;

Holder holder(const std::string& nonce, const std::string& boot = "this boot") {
  Holder self;
  self.host = "host of " + nonce;
  self.boot_id = boot;
  self.pid = 42;
  self.start_time = 7;
  self.nonce = nonce;
  self.since = "noon";
  self.slurm_job = "123.0";
  return self;
}

bool won(const Outcome& outcome) {
  return std::holds_alternative<Lease>(outcome);
}

class Leases : public testing::Test {
 protected:
  LeaseWish wish(const Holder& self, FileOps* other = nullptr) {
    return {.files = other != nullptr ? *other : files,
            .run_directory = "/run",
            .self = self,
            .is_alive = [this](const Holder&) { return alive; }};
  }
  Outcome take(const Holder& self) { return take_lease(wish(self)); }

  /// Takes it if `watch` says so.
  Outcome take_stale(StaleWatch& watch, std::chrono::nanoseconds now) {
    LeaseWish taker = wish(holder("b"));
    const auto state = read_lease(files, "/run");
    if (watch.stood_still(*state, now)) taker.given_up = state;
    return take_lease(taker);
  }

  tests::MemoryFileOps files;
  bool alive = true;
};

TEST_F(Leases, OfANewDirectoryAreFree) {
  EXPECT_FALSE(read_lease(files, "/run"));
  auto first = take(holder("a"));
  ASSERT_TRUE(won(first));
  EXPECT_EQ(std::get<Lease>(first).epoch(), 1U);
  EXPECT_EQ(read_lease(files, "/run")->holder, holder("a"));
  std::get<Lease>(first).check();
}

TEST_F(Leases, OfALiveHolderAreRefusedWithItsName) {
  take(holder("a"));
  const auto second = take(holder("b"));
  ASSERT_FALSE(won(second));
  EXPECT_EQ(std::get<Refused>(second).holder, holder("a"));
  EXPECT_EQ(std::get<Refused>(second).epoch, 1U);
}

TEST_F(Leases, OfADeadHolderOfThisBootAreTakenAtOnce) {
  auto first = take(holder("a"));
  alive = false;
  auto second = take(holder("b"));
  ASSERT_TRUE(won(second));
  EXPECT_EQ(std::get<Lease>(second).epoch(), 2U);
  EXPECT_THROW(std::get<Lease>(first).check(), FencedOff);
  EXPECT_THROW(std::get<Lease>(first).renew(), FencedOff);
  EXPECT_THROW(std::get<Lease>(first).release(), FencedOff);
  std::get<Lease>(second).renew();
  EXPECT_EQ(read_lease(files, "/run")->holder.nonce, "b");
}

TEST_F(Leases, OfAnotherMachineAreRefusedDeadOrAlive) {
  take(holder("a", "another boot"));
  alive = false;
  EXPECT_FALSE(won(take(holder("b"))));
}

TEST_F(Leases, OfAHolderWithoutBootIdAreRefused) {
  take(holder("a", ""));
  alive = false;
  EXPECT_FALSE(won(take(holder("b", ""))));
}

TEST_F(Leases, ThatWereReleasedAreFree) {
  auto first = take(holder("a"));
  std::get<Lease>(first).release();
  EXPECT_EQ(read_lease(files, "/run")->kind, LeaseState::Kind::released);
  auto second = take(holder("b"));
  ASSERT_TRUE(won(second));
  EXPECT_EQ(std::get<Lease>(second).epoch(), 2U);
}

TEST_F(Leases, BeatWhenRenewed) {
  auto lease = take(holder("a"));
  std::get<Lease>(lease).renew();
  std::get<Lease>(lease).renew();
  EXPECT_EQ(read_lease(files, "/run")->holder.beat, 2U);
  EXPECT_EQ(read_lease(files, "/run")->epoch, 1U);
}

TEST_F(Leases, ThatStandStillAreTakenAfterPatience) {
  auto first = take(holder("a", "another boot"));
  StaleWatch watch(60s);
  EXPECT_FALSE(won(take_stale(watch, 1000s)));
  EXPECT_FALSE(won(take_stale(watch, 1059s)));
  std::get<Lease>(first).renew();
  EXPECT_FALSE(won(take_stale(watch, 1061s))) << "it beat in between";
  EXPECT_FALSE(won(take_stale(watch, 1120s)));
  EXPECT_TRUE(won(take_stale(watch, 1121s)));
  EXPECT_THROW(std::get<Lease>(first).renew(), FencedOff) << "the holder that was only stopped comes back";
}

TEST_F(Leases, ThatAreDamagedAreTakenAfterPatienceOnly) {
  auto first = take(holder("a"));
  files.damage("/run/lease/0000000001", std::vector<std::byte>(30));
  alive = false;
  EXPECT_FALSE(won(take(holder("b"))));
  StaleWatch watch(60s);
  EXPECT_FALSE(won(take_stale(watch, 0s)));
  auto second = take_stale(watch, 60s);
  ASSERT_TRUE(won(second));
  EXPECT_EQ(std::get<Lease>(second).epoch(), 2U);
}

TEST_F(Leases, CopiedFromAnotherEpochAreDamaged) {
  take(holder("a"));
  auto bytes = files.read("/run/lease/0000000001");
  files.create("/run/lease/0000000009")->write(bytes);
  EXPECT_EQ(read_lease(files, "/run")->epoch, 9U);
  EXPECT_TRUE(read_lease(files, "/run")->holder.host.empty());
}

TEST_F(Leases, OfAProcessThatDeletesTheFolderAreLost) {
  auto lease = take(holder("a"));
  files.remove("/run/lease/0000000001");
  EXPECT_THROW(std::get<Lease>(lease).check(), FencedOff);
}

TEST_F(Leases, NeverGiveAnEpochTwiceEvenIfTheFolderWasDeleted) {
  Journal journal(files, "/run", 7, 1);
  journal.append(RecordType::run_started, "");
  journal.commit();
  auto lease = take(holder("a"));
  ASSERT_TRUE(won(lease));
  EXPECT_EQ(std::get<Lease>(lease).epoch(), 8U);
}

TEST_F(Leases, ThatSkipEpochsFenceTheirPredecessorsToo) {
  auto first = take(holder("a"));
  Journal journal(files, "/run", 7, 1);
  journal.append(RecordType::run_started, "");
  journal.commit();
  alive = false;
  ASSERT_EQ(std::get<Lease>(take(holder("b"))).epoch(), 8U);
  EXPECT_THROW(std::get<Lease>(first).check(), FencedOff);
}

TEST_F(Leases, OfTheSameProcessAreNotInItsOwnWay) {
  ASSERT_TRUE(won(take(holder("a"))));
  EXPECT_TRUE(won(take(holder("a")))) << "it may have failed while taking the first";
}

TEST_F(Leases, KeepOnlyThemselvesAndTheirPredecessor) {
  alive = false;
  for (const char* nonce : {"a", "b", "c", "d"}) ASSERT_TRUE(won(take(holder(nonce))));
  EXPECT_EQ(files.list("/run/lease"), (std::vector<std::string>{"0000000003", "0000000004"}));
}

TEST_F(Leases, TidyUpWhatDeadTakersLeft) {
  files.make_folders("/run/lease");
  files.create("/run/lease/0000000001.e1-x.tmp");
  ASSERT_TRUE(won(take(holder("a"))));
  EXPECT_EQ(files.list("/run/lease"), std::vector<std::string>{"0000000001"});
}

TEST_F(Leases, ThatCouldNotBeTakenCanBeTakenByTheSameProcessAgain) {
  for (int at = 0; at < 16; ++at) {
    SCOPED_TRACE(at);
    tests::MemoryFileOps fresh;
    tests::FaultFileOps faulty(fresh, at, tests::Fault::io_error);
    try {
      EXPECT_TRUE(won(take_lease(wish(holder("a"), &faulty)))) << "tidying up may fail";
    } catch (const jobs::StorageError&) {
      EXPECT_TRUE(won(take_lease(wish(holder("a"), &fresh))));
    }
  }
}

TEST_F(Leases, CheckedByEpochAloneFenceTheSame) {
  take(holder("a"));
  check_epoch(files, "/run", 1);
  alive = false;
  take(holder("b"));
  EXPECT_THROW(check_epoch(files, "/run", 1), FencedOff);
  check_epoch(files, "/run", 2);
  EXPECT_THROW(check_epoch(files, "/run", 3), FencedOff) << "an epoch that nobody took";
}

TEST_F(Leases, KeepLineEndsOutOfTheirLines) {
  Holder odd = holder("a");
  odd.host = "two\nlines";
  take(odd);
  EXPECT_EQ(read_lease(files, "/run")->holder.host, "two lines");
}

TEST(HolderLives, ForThisProcessAndNotForADeadOrReusedPid) {
  const Holder self = describe_self("nonce", "today");
  EXPECT_TRUE(holder_lives(self));
  EXPECT_FALSE(self.host.empty());
  EXPECT_FALSE(self.boot_id.empty());
  Holder reused = self;
  reused.start_time -= 1;
  EXPECT_FALSE(holder_lives(reused));
  Holder elsewhere = self;
  elsewhere.boot_id = "other";
  EXPECT_FALSE(holder_lives(elsewhere));
}

TEST(HolderLives, NotForAChildThatEndedEvenIfNobodyWaitedForIt) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    char byte = 0;
    _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
  }
  close(ends[0]);
  Holder holder = describe_self("nonce", "today");
  holder.pid = child;
  std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
  std::string field;
  for (int number = 1; number <= 22; ++number) stat >> field;
  holder.start_time = std::stoull(field);
  EXPECT_TRUE(holder_lives(holder));
  close(ends[1]);
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(holder_lives(holder)) << "a zombie holds nothing";
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(holder_lives(holder));
}

}  // namespace
}  // namespace pia::storage
