// SPDX-License-Identifier: Apache-2.0
#include "farm/child/staging.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <thread>

#include "farm/coordinator.hpp"
#include "tests/support/memory_file_ops.hpp"
#include "tests/support/shot_builder.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/write_file.hpp"

namespace pia::farm {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

/// A renderer that stages, and a supervisor in another thread that answers as the test says.
class StagingStage : public testing::Test {
 protected:
  StagingStage() {
    shot_.model = file("model", "weights");
    shot_.motion = file("motion", "motion weights");
    answers_ = [this](const Message& message) {
      if (const auto* asked = std::get_if<StagingAsked>(&message))
        say(StagingBegins{asked->shot, asked->attempt});
    };
  }

  jobs::FileRef file(const std::string& name, const std::string& content) const {
    const std::string path = folder_ / name + ".safetensors";
    tests::write_file(path, content);
    return {path, jobs::sha256(content)};
  }
  LocalCopies::Parts parts() const {
    return {.folder = copies_folder(folder_.path()), .files = *disk_, .space = space_, .wall_clock_ns = [] {
              return std::int64_t{0};
            }};
  }
  Staging staging(Stage stage = Stage::all) const { return {{folder_.path(), stage}, parts()}; }

  void say(const Message& message) {
    const std::string frame = encode(message);
    EXPECT_EQ(send(ends_[1], frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()));
  }

  Staging::Outcome stage(Staging& staging) {
    said_.clear();
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0);
    std::thread supervisor([this] { listen(); });
    SupervisorSocket socket(ends_[0]);
    StopRequest stop(socket, id_);
    const auto end = [&] {
      shutdown(ends_[0], SHUT_WR);
      supervisor.join();
      close(ends_[0]);
      close(ends_[1]);
    };
    try {
      auto outcome = staging.stage(shot_, {socket, stop, id_, 3, patience_});
      end();
      return outcome;
    } catch (const jobs::Error&) {
      end();
      throw;
    }
  }

  template <class Kind>
  int said() const {
    return static_cast<int>(std::count_if(said_.begin(), said_.end(), [](const Message& message) {
      return std::holds_alternative<Kind>(message);
    }));
  }

  const tests::TempFolder folder_;
  const std::unique_ptr<storage::FileOps> disk_ = storage::make_posix_file_ops();
  std::function<DiskSpace(const std::string&)> space_ = [](const std::string&) {
    return DiskSpace{.capacity = 1000, .available = 1000};
  };
  std::function<void(const Message&)> answers_;
  DiskPatience patience_{.second = std::chrono::milliseconds(1)};
  const jobs::ShotId id_ = tests::ShotBuilder{}.id();
  jobs::Shot shot_ = tests::ShotBuilder{}.build();

 private:
  void listen() {
    FrameReader reader(Way::from_renderer);
    std::array<char, 4096> buffer{};
    while (true) {
      const ssize_t count = recv(ends_[1], buffer.data(), buffer.size(), 0);
      if (count <= 0) return;
      reader.feed({buffer.data(), static_cast<std::size_t>(count)});
      while (auto message = reader.next()) {
        answers_(*message);
        said_.push_back(std::move(*message));
      }
    }
  }

  std::array<int, 2> ends_{};
  std::vector<Message> said_;
};

const jobs::Shot* staged(const Staging::Outcome& outcome) {
  return std::get_if<jobs::Shot>(&outcome);
}
bool is_in_place(const Staging::Outcome& outcome) {
  return std::holds_alternative<Staging::InPlace>(outcome);
}

std::string bytes_at(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(StagingStage, WeightsAreCopiedInATurnAndTheShotIsElseTheSame) {
  Staging here = staging();
  const auto outcome = stage(here);
  ASSERT_NE(staged(outcome), nullptr);
  EXPECT_EQ(bytes_at(staged(outcome)->model.path), "weights");
  EXPECT_EQ(bytes_at(staged(outcome)->motion.path), "motion weights");
  EXPECT_NE(staged(outcome)->model.path, shot_.model.path);
  EXPECT_EQ(jobs::shot_id(*staged(outcome)), jobs::shot_id(shot_));
  EXPECT_EQ(said<StagingAsked>(), 1);
  EXPECT_EQ(said<StagingEnded>(), 1);
}

TEST_F(StagingStage, LorasAreCopiedToo) {
  shot_.loras = {{.file = file("lora", "low rank")}};
  Staging here = staging();
  const auto outcome = stage(here);
  ASSERT_NE(staged(outcome), nullptr);
  EXPECT_EQ(bytes_at(staged(outcome)->loras.at(0).file.path), "low rank");
  EXPECT_NE(staged(outcome)->loras[0].file.path, shot_.loras[0].file.path);
}

TEST_F(StagingStage, OnceANode) {
  Staging first = staging();
  const auto made = stage(first);
  Staging second = staging();
  for (Staging* renderer : {&first, &second}) {
    const auto outcome = stage(*renderer);
    ASSERT_NE(staged(outcome), nullptr);
    EXPECT_EQ(staged(outcome)->model.path, staged(made)->model.path);
    EXPECT_EQ(said<StagingAsked>(), 0);
  }
}

TEST_F(StagingStage, WithoutATurnNothingIsReadAndAStopIsObeyed) {
  answers_ = [this](const Message& message) {
    if (std::holds_alternative<DiskAwaited>(message)) say(StopShot{id_});
    if (std::holds_alternative<StagingAsked>(message)) say(StagingBegins{id_, 2});  // of the attempt before
  };
  Staging here = staging();
  EXPECT_TRUE(std::holds_alternative<Staging::Stopped>(stage(here)));
  EXPECT_EQ(said<StagingEnded>(), 1);
  EXPECT_FALSE(LocalCopies(parts()).find(shot_.model.digest).has_value());
}

TEST_F(StagingStage, WhileAnotherCopiesForThisNodeItLivesAndNoTurnIsAsked) {
  patience_.for_its_return =
      std::chrono::hours(24);  // a second is a millisecond here, and a copy takes its time
  LocalCopies other(parts());
  auto lock = other.try_lock();
  ASSERT_TRUE(lock.has_value());
  int signs = 0;
  answers_ = [&](const Message& message) {
    if (!std::holds_alternative<DiskAwaited>(message) || ++signs != 3) return;
    for (const jobs::FileRef& model : {shot_.model, shot_.motion}) other.copy(model, [] { return false; });
    lock.reset();
  };
  Staging here = staging();
  EXPECT_NE(staged(stage(here)), nullptr);
  EXPECT_GE(said<DiskAwaited>(), 3);
  EXPECT_EQ(said<StagingAsked>(), 0);
}

TEST_F(StagingStage, AnotherThatNeverEndsIsNotWaitedForAndThatIsSaidOnce) {
  patience_.for_its_return = seconds(5);
  LocalCopies other(parts());
  const auto lock = other.try_lock();
  Staging here = staging();
  EXPECT_TRUE(is_in_place(stage(here)));
  EXPECT_EQ(said<Notice>(), 1);
  EXPECT_TRUE(is_in_place(stage(here)));
  EXPECT_EQ(said<Notice>(), 0);
  EXPECT_EQ(said<DiskAwaited>(), 0) << "nor waited for again";
}

TEST_F(StagingStage, WithoutRoomWeightsAreReadWhereTheyAreAndThatIsSaidOnce) {
  space_ = [](const std::string&) { return DiskSpace{.capacity = 1000, .available = 120}; };
  Staging here = staging();
  EXPECT_TRUE(is_in_place(stage(here)));
  EXPECT_EQ(said<Notice>(), 1);
  EXPECT_EQ(said<StagingAsked>(), 0);
  EXPECT_TRUE(is_in_place(stage(here)));
  EXPECT_EQ(said<Notice>(), 0);
}

TEST_F(StagingStage, ADiskOfTheNodeThatCantBeUsedCostsNothingElse) {
  tests::write_file(copies_folder(folder_.path()), "a file");
  Staging here = staging();
  EXPECT_TRUE(is_in_place(stage(here)));
  EXPECT_EQ(said<Notice>(), 1);
}

TEST_F(StagingStage, WeightsThatChangedSinceThePlanAreLeftToWhoeverReadsThem) {
  tests::write_file(shot_.model.path, "other weights");
  Staging here = staging();
  EXPECT_TRUE(is_in_place(stage(here)));
}

TEST_F(StagingStage, AModelThatIsNotThereIsTheShotsTroubleAndTheTurnIsGivenBack) {
  fs::remove(shot_.motion.path);
  Staging here = staging();
  EXPECT_THROW(stage(here), jobs::InputError);
  EXPECT_EQ(said<StagingAsked>(), said<StagingEnded>());
}

TEST_F(StagingStage, UnaskedWhatLiesOnADiskOfThisNodeIsReadThere) {
  Staging here = staging(Stage::what_is_shared);
  EXPECT_TRUE(is_in_place(stage(here)));
  EXPECT_EQ(said<Notice>(), 0);
}

TEST_F(StagingStage, UnaskedWhatLiesOnAFileSystemThatIsNotKnownIsCopiedToARealDisk) {
  const std::string elsewhere = "/proc/version";
  shot_.model = {elsewhere, jobs::sha256(bytes_at(elsewhere))};
  Staging here = staging(Stage::what_is_shared);
  const bool real_disk = kind_of_disk(folder_.path()) == DiskKind::of_this_node;
  EXPECT_EQ(staged(stage(here)) != nullptr, real_disk);
}

TEST_F(StagingStage, TheLastToLeaveCleansTheNode) {
  Staging first = staging();
  Staging second = staging();
  stage(first);
  stage(second);
  first.leave();
  EXPECT_TRUE(fs::exists(parts().folder));
  second.leave();
  EXPECT_FALSE(fs::exists(parts().folder));
}

/// Six workers of one coordinator that all stage.
class FarmThatStages {
 public:
  FarmThatStages() {
    coordinator_.begin({}, now_);
    for (int i = 0; i < kWorkers; ++i) {
      say(i, Ready{.first = true, .resident_model = ""});
      while (auto message = transport_.worker({i}).receive()) {
        if (const auto* render = std::get_if<RenderShot>(&*message)) tasks_[i] = *render;
      }
      say(i, StagingAsked{tasks_.at(i).shot.id, tasks_.at(i).attempt});
    }
  }
  void say(int worker, const Message& message) {
    transport_.worker({worker}).send(message);
    coordinator_.pump(now_);
  }
  /// Whether its turn came since the last look.
  bool begins(int worker) {
    bool begun = false;
    while (auto message = transport_.worker({worker}).receive()) {
      const auto* turn = std::get_if<StagingBegins>(&*message);
      begun |= turn != nullptr && turn->shot == tasks_.at(worker).shot.id;
    }
    return begun;
  }
  const RenderShot& task(int worker) const { return tasks_.at(worker); }

 private:
  static constexpr int kWorkers = 6;
  static jobs::Plan plan_of(std::uint64_t shots) {
    jobs::Plan plan;
    for (std::uint64_t i = 0; i < shots; ++i) plan.shots.push_back(tests::ShotBuilder{}.seed(i).planned());
    return plan;
  }

  tests::MemoryFileOps disk_;
  const jobs::Plan plan_ = plan_of(kWorkers);
  InProcessTransport transport_{kWorkers};
  storage::Journal journal_{disk_, "/run", 1, 1};
  storage::ShotStore store_{disk_, "/run"};
  Watcher watcher_;
  scheduler::TimePoint now_{seconds(1000)};
  std::map<int, RenderShot> tasks_;
  Coordinator coordinator_{{.plan = plan_,
                            .workers = transport_.coordinator(),
                            .journal = journal_,
                            .store = store_,
                            .watcher = watcher_,
                            .epoch = 1,
                            .worker_count = kWorkers},
                           scheduler::Policy{}};
};

TEST(CoordinatorOfStaging, GivesFourTurnsAndTheNextWhenOneEnds) {
  FarmThatStages farm;
  for (int i = 0; i < 6; ++i) EXPECT_EQ(farm.begins(i), i < 4) << i;
  farm.say(1, StagingEnded{farm.task(1).shot.id, farm.task(1).attempt});
  EXPECT_TRUE(farm.begins(4));
  EXPECT_FALSE(farm.begins(5));
}

TEST(CoordinatorOfStaging, TakesTheTurnOfADeadRendererAndOfALostWorkerBack) {
  FarmThatStages farm;
  farm.say(2,
           ShotFailed{farm.task(2).shot.id, farm.task(2).attempt, scheduler::FailureKind::crash, "killed"});
  EXPECT_TRUE(farm.begins(4));
  farm.say(0, WorkerLost{"gone"});
  EXPECT_TRUE(farm.begins(5));
}

TEST(CoordinatorOfStaging, IgnoresAnAttemptThatIsOver) {
  FarmThatStages farm;
  farm.say(3, StagingEnded{farm.task(3).shot.id, farm.task(3).attempt + 1});
  EXPECT_FALSE(farm.begins(4));
  farm.say(5, ShotStopped{farm.task(5).shot.id, farm.task(5).attempt, 0});
  farm.say(5, StagingAsked{farm.task(5).shot.id, farm.task(5).attempt});
  farm.say(3, StagingEnded{farm.task(3).shot.id, farm.task(3).attempt});
  farm.say(2, StagingEnded{farm.task(2).shot.id, farm.task(2).attempt});
  EXPECT_TRUE(farm.begins(4));
  EXPECT_FALSE(farm.begins(5));
}

}  // namespace
}  // namespace pia::farm
