// SPDX-License-Identifier: Apache-2.0
#include "farm/coordinator.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/farm/rehearsal.hpp"
#include "tests/support/fault_file_ops.hpp"
#include "tests/support/memory_file_ops.hpp"

namespace pia::farm {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using tests::Fault;
using tests::FaultFileOps;
using tests::MemoryFileOps;
using tests::Rehearsal;

const scheduler::WorkerId kFirst{0};

/// A disk that at times does not say what is on it, or is full.
class ShyDisk : public FaultFileOps {
 public:
  explicit ShyDisk(storage::FileOps& files) : FaultFileOps(files, -1, Fault::none) {}
  std::unique_ptr<File> create(const std::string& path) override {
    if (full) throw jobs::StorageError(path + ": No space left on device", ENOSPC);
    return FaultFileOps::create(path);
  }
  Status status(const std::string& path) override {
    if (shy) throw jobs::StorageError(path + ": Input/output error", EIO);
    return FaultFileOps::status(path);
  }
  bool shy = false;
  bool full = false;
};

/// A coordinator with one worker that a test plays, and a clock that it turns.
class Desk {
 public:
  explicit Desk(Fault fault = Fault::none, int shots = 1)
      : disk_(memory_, fault == Fault::none ? -1 : 0, fault), plan_(plan_of(shots)) {}

  /// A shot of the plan is done already; its videos may be missing.
  void begin(const Coordinator::Found& found = {}) { coordinator_.begin(found, now_); }

  void say(const Message& message) {
    transport_.worker(kFirst).send(message);
    pump();
  }
  void pass(seconds time) {
    for (seconds passed{0}; passed < time; ++passed) {
      now_ += seconds(1);
      pump();
    }
  }
  void pump() { coordinator_.pump(now_); }
  void make_shy(bool shy) { shy_.shy = shy; }
  void make_full(bool full) { shy_.full = full; }

  /// What a renderer that keeps its result does, before it says so. Returns the size.
  std::uint64_t keep_result() {
    const std::string path = store_.path(shot().id);
    memory_.make_folders(path.substr(0, path.find_last_of('/')));
    memory_.create(path)->write(std::as_bytes(std::span("result")));
    return memory_.status(path).size;
  }
  int records(storage::RecordType type) {
    int count = 0;
    for (const auto& record : storage::replay(memory_, "/run").records) count += record.type == type ? 1 : 0;
    return count;
  }
  int kept_records() { return records(storage::RecordType::shot_committed); }
  void append_to_journal() { journal_.append(storage::RecordType::run_started, "{}"); }
  void drain() { coordinator_.drain(now_); }

  /// How many messages of a kind the worker got since the last look.
  template <class Kind>
  int got() {
    int count = 0;
    while (const auto message = transport_.worker(kFirst).receive()) {
      count += std::holds_alternative<Kind>(*message) ? 1 : 0;
    }
    return count;
  }

  const jobs::PlannedShot& shot() const { return plan_.shots[0]; }
  const Coordinator& coordinator() const { return coordinator_; }

 private:
  static jobs::Plan plan_of(int shots) {
    jobs::Plan plan;
    for (int i = 0; i < shots; ++i) {
      plan.shots.push_back(tests::ShotBuilder{}.seed(static_cast<std::uint64_t>(i)).planned());
    }
    return plan;
  }

  MemoryFileOps memory_;
  FaultFileOps disk_;
  const jobs::Plan plan_;
  InProcessTransport transport_{1};
  ShyDisk shy_{disk_};
  storage::Journal journal_{shy_, "/run", 1, 1};
  storage::ShotStore store_{shy_, "/run"};
  Watcher watcher_;
  scheduler::TimePoint now_{seconds(1000)};
  Coordinator coordinator_{{.plan = plan_,
                            .workers = transport_.coordinator(),
                            .journal = journal_,
                            .store = store_,
                            .watcher = watcher_,
                            .epoch = 1,
                            .worker_count = 1},
                           scheduler::Policy{}};
};

StepReached step(const jobs::PlannedShot& shot, renderer::Phase phase, int done) {
  return {shot.id, 1, {phase, done, 4, 1}};
}

TEST(Coordinator, BugARendererThatNeverGotReadyWasWaitedForForEver) {
  Desk desk;
  desk.begin();
  desk.pass(minutes(10));
  EXPECT_EQ(desk.got<KillRenderer>(), 0);
  desk.pass(seconds(1));
  EXPECT_EQ(desk.got<KillRenderer>(), 1);
  desk.pass(seconds(1));
  EXPECT_EQ(desk.got<KillRenderer>(), 0);
  desk.say(Ready{.first = true, .resident_model = ""});
  EXPECT_EQ(desk.got<RenderShot>(), 1);
}

TEST(Coordinator, BugVideosThatHungWereWaitedForForEver) {
  Desk desk;
  desk.begin({.done = {desk.shot().id}, .without_videos = {desk.shot().id}});
  desk.say(Ready{.first = true, .resident_model = ""});
  EXPECT_EQ(desk.got<EncodeShot>(), 1);
  desk.pass(seconds(601));
  EXPECT_EQ(desk.got<KillRenderer>(), 1);
  desk.say(Ready{.first = true, .resident_model = ""});
  EXPECT_EQ(desk.got<EncodeShot>(), 1);
  desk.pass(seconds(601));
  EXPECT_EQ(desk.got<KillRenderer>(), 1);
  desk.say(Ready{.first = true, .resident_model = ""});
  EXPECT_EQ(desk.got<EncodeShot>(), 0);
  EXPECT_EQ(desk.coordinator().summary().video_troubles.size(), 1U);
  EXPECT_TRUE(desk.coordinator().finished());
}

TEST(Coordinator, BugLoadingCountedAsAStepOnceTheModelWasKnownToBeFast) {
  Desk desk;
  desk.begin();
  desk.say(Ready{.first = true, .resident_model = ""});
  desk.say(step(desk.shot(), renderer::Phase::loading, 0));
  desk.pass(seconds(599));
  EXPECT_EQ(desk.got<KillRenderer>(), 0);
  for (int i = 1; i <= 3; ++i) {
    desk.pass(seconds(1));
    desk.say(step(desk.shot(), renderer::Phase::denoising, i));
  }
  desk.pass(seconds(61));
  EXPECT_EQ(desk.got<KillRenderer>(), 1);
}

// What a coordinator does that ignores the number of an attempt: the late word of one ends the next.
TEST(Coordinator, AWordOfAnAttemptThatIsOverChangesNothing) {
  Desk desk;
  desk.begin();
  desk.say(Ready{.first = true, .resident_model = ""});
  const ShotFailed first{desk.shot().id, 1, scheduler::FailureKind::crash, "signal 11"};
  desk.say(first);
  desk.say(Ready{.first = true, .resident_model = ""});
  EXPECT_EQ(desk.got<RenderShot>(), 2);
  const std::uint64_t size = desk.keep_result();
  desk.say(ShotCommitted{desk.shot().id, 1, size, {}});
  desk.say(ShotStopped{desk.shot().id, 1, 3});
  desk.say(first);
  EXPECT_EQ(desk.records(storage::RecordType::shot_committed), 0);
  EXPECT_EQ(desk.records(storage::RecordType::shot_stopped), 0);
  EXPECT_EQ(desk.records(storage::RecordType::attempt_failed), 1);
  desk.say(ShotCommitted{desk.shot().id, 2, size, {}});
  EXPECT_EQ(desk.records(storage::RecordType::shot_committed), 1);
}

TEST(Coordinator, AShotThatWaitsForTheDiskIsNoHang) {
  Desk desk;
  desk.begin();
  desk.say(Ready{.first = true, .resident_model = ""});
  for (int i = 1; i <= 4; ++i) {
    desk.pass(seconds(1));
    desk.say(step(desk.shot(), renderer::Phase::denoising, i));
  }
  for (int i = 0; i < 20; ++i) {
    desk.pass(seconds(50));
    desk.say(DiskAwaited{desk.shot().id, 1});
  }
  EXPECT_EQ(desk.got<KillRenderer>(), 0);
}

TEST(Coordinator, AStepOfManyWindowsIsNoHang) {
  Desk desk;
  desk.begin();
  desk.say(Ready{.first = true, .resident_model = ""});
  for (int i = 1; i <= 4; ++i) {
    desk.pass(seconds(1));
    desk.say(step(desk.shot(), renderer::Phase::denoising, i));
  }
  for (int i = 0; i < 20; ++i) {
    desk.pass(seconds(50));
    desk.say(StepGoesOn{desk.shot().id, 1});
  }
  EXPECT_EQ(desk.got<KillRenderer>(), 0);
}

TEST(Coordinator, ADiskThatIsGoneStopsTheRun) {
  Desk desk;
  desk.begin();
  desk.say(Ready{.first = true, .resident_model = ""});
  desk.say(DiskGone{"/run is away"});
  desk.say(ShotStopped{desk.shot().id, 1, 2});
  EXPECT_TRUE(desk.coordinator().summary().drained);
  EXPECT_TRUE(desk.coordinator().finished());
  EXPECT_EQ(desk.coordinator().summary().left(), 1);
}

TEST(Coordinator, BugAResultThatWasKeptBeforeItsRendererDiedWasRenderedAgain) {
  Desk desk;
  desk.begin();
  desk.say(Ready{.first = true, .resident_model = ""});
  EXPECT_EQ(desk.got<RenderShot>(), 1);
  desk.keep_result();
  desk.say(ShotFailed{desk.shot().id, 1, scheduler::FailureKind::crash, "killed by SIGKILL"});
  EXPECT_EQ(desk.kept_records(), 1);
  EXPECT_EQ(desk.coordinator().summary().done_now, 1);
  desk.say(Ready{.first = true, .resident_model = ""});
  EXPECT_EQ(desk.got<EncodeShot>(), 1) << "the clip died with the renderer";
}

TEST(Coordinator, BugADiskThatDidNotSayWhetherAResultIsThereEndedTheRun) {
  Desk desk;
  desk.begin();
  desk.say(Ready{.first = true, .resident_model = ""});
  const std::uint64_t size = desk.keep_result();
  desk.make_shy(true);
  desk.say(ShotCommitted{desk.shot().id, 1, size, {}});
  desk.say(VideosMade{.shot = desk.shot().id, .files = {}, .trouble = {}});
  desk.pass(seconds(5));
  EXPECT_EQ(desk.kept_records(), 0);
  EXPECT_FALSE(desk.coordinator().finished());
  desk.make_shy(false);
  desk.pass(seconds(5));
  EXPECT_EQ(desk.kept_records(), 1);
  EXPECT_TRUE(desk.coordinator().finished());
  EXPECT_EQ(desk.coordinator().summary().left(), 0);
}

TEST(Coordinator, AResultThatIsNotThereAfterAllIsLeftForTheNextRun) {
  Desk desk;
  desk.begin();
  desk.say(Ready{.first = true, .resident_model = ""});
  desk.make_shy(true);
  desk.say(ShotCommitted{desk.shot().id, 1, 7, {}});
  desk.say(VideosMade{.shot = desk.shot().id, .files = {}, .trouble = {}});
  desk.make_shy(false);
  desk.pass(seconds(5));
  EXPECT_TRUE(desk.coordinator().finished());
  EXPECT_EQ(desk.coordinator().summary().left(), 1);
}

TEST(Coordinator, ADiskThatNeverSaysStopsTheRun) {
  Desk desk;
  desk.begin();
  desk.say(Ready{.first = true, .resident_model = ""});
  desk.make_shy(true);
  desk.say(ShotCommitted{desk.shot().id, 1, 7, {}});
  desk.say(VideosMade{.shot = desk.shot().id, .files = {}, .trouble = {}});
  desk.pass(minutes(11));
  EXPECT_TRUE(desk.coordinator().summary().drained);
  EXPECT_TRUE(desk.coordinator().finished());
  EXPECT_EQ(desk.coordinator().summary().left(), 1);
}

TEST(Coordinator, HandsNothingOutThatTheJournalDoesNotHold) {
  Desk desk(Fault::full_disk);
  desk.begin();
  desk.say(Ready{.first = true, .resident_model = ""});
  EXPECT_EQ(desk.got<RenderShot>(), 0);
  EXPECT_FALSE(desk.coordinator().finished());
}

TEST(Coordinator, BugAShotThatWasHeldForAFullDiskWasTakenForAHang) {
  Desk desk(Fault::full_disk);
  desk.begin();
  desk.say(Ready{.first = true, .resident_model = ""});
  for (int i = 0; i < 180; ++i) desk.pass(minutes(1));
  EXPECT_EQ(desk.got<KillRenderer>(), 0);
  EXPECT_TRUE(desk.coordinator().summary().failures.empty());
}

TEST(Coordinator, BugVideosThatWereHeldForAFullDiskWereTakenForAHang) {
  Desk desk(Fault::full_disk);
  desk.begin({.done = {desk.shot().id}, .without_videos = {desk.shot().id}});
  desk.append_to_journal();
  desk.say(Ready{.first = true, .resident_model = ""});
  for (int i = 0; i < 180; ++i) desk.pass(minutes(1));
  EXPECT_EQ(desk.got<KillRenderer>(), 0);
  EXPECT_TRUE(desk.coordinator().summary().video_troubles.empty());
}

TEST(Coordinator, AShotsTimeRunsFromWhenItIsSent) {
  Desk desk;
  desk.make_full(true);
  desk.begin();
  desk.say(Ready{.first = true, .resident_model = ""});
  desk.pass(minutes(30));
  EXPECT_EQ(desk.got<RenderShot>(), 0);
  desk.make_full(false);
  desk.pass(minutes(1));
  EXPECT_EQ(desk.got<RenderShot>(), 1);
  desk.pass(minutes(9));
  EXPECT_EQ(desk.got<KillRenderer>(), 0);
  desk.pass(minutes(2));
  EXPECT_EQ(desk.got<KillRenderer>(), 1);
}

TEST(Coordinator, BugAShotBehindVideosThatHungPaidForThem) {
  Desk desk(Fault::none, 2);
  desk.begin({.done = {desk.shot().id}, .without_videos = {desk.shot().id}});
  desk.say(Ready{.first = true, .resident_model = ""});
  desk.pass(seconds(1));
  EXPECT_TRUE(desk.coordinator().summary().failures.empty());
  desk.pass(minutes(11));
  EXPECT_EQ(desk.got<KillRenderer>(), 1);
  desk.say(Ready{.first = true, .resident_model = ""});
  EXPECT_EQ(desk.got<RenderShot>(), 1);
}

TEST(Coordinator, BugAStopWaitedForAFullDisk) {
  Desk desk(Fault::full_disk);
  desk.begin();
  desk.say(Ready{.first = true, .resident_model = ""});
  desk.drain();
  desk.pump();
  EXPECT_EQ(desk.got<RenderShot>(), 0);
  EXPECT_TRUE(desk.coordinator().finished());
  EXPECT_EQ(desk.coordinator().summary().left(), 1);
}

}  // namespace
}  // namespace pia::farm
