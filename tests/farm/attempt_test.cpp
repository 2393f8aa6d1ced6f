// SPDX-License-Identifier: Apache-2.0
#include "farm/child/attempt.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <limits>
#include <thread>

#include "farm/videos.hpp"
#include "jobs/core/model_key.hpp"
#include "storage/checkpoint_store.hpp"
#include "storage/lease.hpp"
#include "tests/farm/rehearsal.hpp"
#include "tests/support/fault_file_ops.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using tests::Fault;
using tests::FaultFileOps;
using tests::Rehearsal;
using tests::TempFolder;

/// An attempt sends what it prints to its log; a test wants its own words back.
class KeptOutput {
 public:
  KeptOutput() : out_(dup(STDOUT_FILENO)), err_(dup(STDERR_FILENO)) {}
  KeptOutput(const KeptOutput&) = delete;
  KeptOutput& operator=(const KeptOutput&) = delete;
  ~KeptOutput() {
    std::fflush(nullptr);
    dup2(out_, STDOUT_FILENO);
    dup2(err_, STDERR_FILENO);
    close(out_);
    close(err_);
  }

 private:
  int out_;
  int err_;
};

class AttemptStage : public testing::Test {
 protected:
  AttemptStage() {
    connect();
    shot_ = rehearsal_.plan().shots[0];
    options_.run_directory = rehearsal_.run_directory();
    options_.checkpoint_every = 1e9;
    options_.device_kind = "fake";
    const auto files = storage::make_posix_file_ops();
    files->make_folders(rehearsal_.run_directory() + "/lease");
    files->create(rehearsal_.run_directory() + "/lease/0000000001")->close();
  }
  ~AttemptStage() override { hang_up(); }

  /// One attempt on that disk; what it said. `hears_` is told at once, in another thread.
  std::vector<Message> attempt(storage::FileOps& files) {
    std::vector<Message> said;
    std::thread supervisor([&] { said = listen(); });
    {
      const KeptOutput kept;
      SupervisorSocket socket(ends_[0]);
      storage::ShotStore store(files, options_.run_directory);
      const auto fake = renderer::make_fake_renderer({.step_seconds = 0});
      renderer::Renderer& renderer = renderer_ != nullptr ? *renderer_ : *fake;
      Background checkpoint_writing(2);
      Background video_encoding(2);
      returned_ = run_attempt({.shot = shot_, .output = output_, .attempt = 1, .epoch = 1},
                              {.options = options_,
                               .renderer = renderer,
                               .socket = socket,
                               .files = files,
                               .store = store,
                               .checkpoint_writing = checkpoint_writing,
                               .video_encoding = video_encoding,
                               .digests = digests_,
                               .staging = staging_,
                               .resident_model = resident_,
                               .patience = patience_});
    }
    shutdown(ends_[0], SHUT_WR);
    supervisor.join();
    hang_up();
    connect();
    return said;
  }

  /// The number of the first call, on a good disk, whose name holds `part`.
  int call_of(const std::string& part) {
    const auto disk = storage::make_posix_file_ops();
    FaultFileOps files(*disk, -1, Fault::none);
    attempt(files);
    std::filesystem::remove_all(rehearsal_.run_directory() + "/shots");
    for (std::size_t i = 0; i < files.names().size(); ++i) {
      if (files.names()[i].find(part) != std::string::npos) return static_cast<int>(i);
    }
    ADD_FAILURE() << "no call " << part;
    return -1;
  }

  /// To the next attempt, or to the one that is on.
  void ask(const Message& message) {
    const std::string frame = encode(message);
    ASSERT_EQ(send(ends_[1], frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()));
  }

  template <class Kind>
  static int count(const std::vector<Message>& said) {
    int found = 0;
    for (const Message& message : said) found += std::holds_alternative<Kind>(message) ? 1 : 0;
    return found;
  }

  std::vector<Message> attempt_with(const std::string& call, Fault fault) {
    const int at = call_of(call);
    const auto disk = storage::make_posix_file_ops();
    FaultFileOps files(*disk, at, fault);
    return attempt(files);
  }

  /// Called in the supervisor's place with each message of an attempt.
  std::function<void(const Message&)> hears_ = [](const Message&) {};

  renderer::Renderer* renderer_ = nullptr;  ///< none: the fake one
  const TempFolder folder_;
  const Rehearsal rehearsal_{.folder = folder_.path(), .shots = 1, .steps = 2};
  std::array<int, 2> ends_{};
  jobs::PlannedShot shot_;
  jobs::OutputWishes output_{.formats = {}};
  ChildOptions options_;
  DigestCache* digests_ = nullptr;
  Staging* staging_ = nullptr;
  std::string resident_ = {};  ///< before an attempt
  std::string returned_ = {};  ///< resident after it
  DiskPatience patience_{.second = std::chrono::milliseconds(1)};

 private:
  void connect() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
  void hang_up() {
    close(ends_[0]);
    close(ends_[1]);
  }

  std::vector<Message> listen() {
    std::array<char, 65536> bytes{};
    FrameReader reader(Way::from_renderer);
    std::vector<Message> said;
    for (ssize_t n = 0; (n = recv(ends_[1], bytes.data(), bytes.size(), 0)) > 0;) {
      reader.feed({bytes.data(), static_cast<std::size_t>(n)});
      while (auto message = reader.next()) hears_(said.emplace_back(*message));
    }
    return said;
  }
};

TEST_F(AttemptStage, CommitsAndSaysSo) {
  patience_ = {.second = std::chrono::hours(1)};
  const auto disk = storage::make_posix_file_ops();
  const auto said = attempt(*disk);
  EXPECT_EQ(count<ShotCommitted>(said), 1);
  EXPECT_EQ(count<DiskAwaited>(said), 0);
}

jobs::Measures measures_in(const std::vector<Message>& said) {
  for (const Message& message : said) {
    if (const auto* committed = std::get_if<ShotCommitted>(&message)) return committed->measures;
  }
  ADD_FAILURE() << "nothing was committed";
  return {};
}

TEST_F(AttemptStage, MeasuresWhatTheJobWishesAndNothingElse) {
  const auto disk = storage::make_posix_file_ops();
  output_.metrics = {jobs::Metric::psnr, jobs::Metric::motion};
  const jobs::Measures measures = measures_in(attempt(*disk));
  // Noise is not like the picture, and moves.
  EXPECT_GT(measures.psnr.value_or(0), 1);
  EXPECT_LT(measures.psnr.value_or(99), 30);
  EXPECT_GT(measures.motion.value_or(0), 1);
  EXPECT_FALSE(measures.flicker);
}

TEST_F(AttemptStage, OfAKeptResultMeasuresWhatNeedsNoPicture) {
  const auto disk = storage::make_posix_file_ops();
  EXPECT_TRUE(measures_in(attempt(*disk)).empty());
  output_.metrics = {jobs::Metric::psnr, jobs::Metric::motion, jobs::Metric::flicker};
  const jobs::Measures measures = measures_in(attempt(*disk));
  EXPECT_FALSE(measures.psnr);
  EXPECT_GT(measures.motion.value_or(0), 1);
  EXPECT_GT(measures.flicker.value_or(0), 1);
}

TEST_F(AttemptStage, BugAShotThatWasKeptWithoutAWordWasRenderedAgain) {
  const auto disk = storage::make_posix_file_ops();
  ASSERT_EQ(count<ShotCommitted>(attempt(*disk)), 1);
  const auto said = attempt(*disk);
  EXPECT_EQ(count<ShotCommitted>(said), 1);
  EXPECT_EQ(count<VideosMade>(said), 1);
  EXPECT_EQ(count<StepReached>(said), 0);
}

TEST_F(AttemptStage, BugAFullDiskAtTheCommitLookedLikeAHang) {
  const auto said = attempt_with("create " + rehearsal_.run_directory() + "/shots", Fault::no_space);
  EXPECT_EQ(count<ShotCommitted>(said), 1);
  EXPECT_GE(count<DiskAwaited>(said), 1);
  EXPECT_EQ(count<Notice>(said), 1);
}

TEST_F(AttemptStage, BugNobodyHeardAStopWhileTheDiskWasFull) {
  const int at = call_of("create " + rehearsal_.run_directory() + "/shots");
  const auto disk = storage::make_posix_file_ops();
  FaultFileOps files(*disk, at, Fault::full_disk);
  int signs = 0;
  hears_ = [&](const Message& message) {
    if (std::holds_alternative<DiskAwaited>(message) && ++signs == 4) ask(StopShot{shot_.id});
  };
  const auto said = attempt(files);
  EXPECT_GE(count<DiskAwaited>(said), 4);
  EXPECT_EQ(count<ShotStopped>(said), 1);
  EXPECT_EQ(count<ShotFailed>(said), 0);
}

/// One step of so many windows that it ends only when it is stopped between two of them.
class EndlessStep : public renderer::Renderer {
 public:
  renderer::Outcome render(const renderer::RenderTask& task, renderer::RenderObserver& observer) override {
    while (observer.between_windows() == renderer::Directive::go_on) std::this_thread::yield();
    return jobs::Checkpoint{.shot = jobs::shot_id(task.shot),
                            .latents = {.frames = 1, .channels = 1, .height = 1, .width = 1, .values = {0}},
                            .device_kind = "fake"};
  }
};

TEST_F(AttemptStage, BugNothingWasHeardAndNoStopObeyedBetweenTheWindowsOfAStep) {
  EndlessStep endless;
  renderer_ = &endless;
  int signs = 0;
  hears_ = [&](const Message& message) {
    if (std::holds_alternative<StepGoesOn>(message) && ++signs == 2) ask(StopShot{shot_.id});
  };
  const auto disk = storage::make_posix_file_ops();
  const auto said = attempt(*disk);
  EXPECT_GE(count<StepGoesOn>(said), 2);
  EXPECT_EQ(count<StepReached>(said), 0);
  EXPECT_EQ(count<ShotStopped>(said), 1);
}

/// Does all steps, and tells of the first and the last one alone.
class Leaper : public renderer::Renderer {
 public:
  renderer::Outcome render(const renderer::RenderTask& task, renderer::RenderObserver& observer) override {
    struct Forgetful : renderer::RenderObserver {
      explicit Forgetful(renderer::RenderObserver& whom) : tells(whom) {}
      renderer::Directive reached(const renderer::Progress& progress,
                                  const std::function<jobs::Checkpoint()>& snapshot) override {
        const bool told = progress.step == 0 || progress.step == progress.of;
        return told ? tells.reached(progress, snapshot) : renderer::Directive::go_on;
      }
      renderer::RenderObserver& tells;
    };
    Forgetful forgetful(observer);
    return renderer::make_fake_renderer({.step_seconds = 0})->render(task, forgetful);
  }
};

TEST_F(AttemptStage, BugAResultThatCameWithoutAllItsStepsWasBelieved) {
  Leaper leaper;
  renderer_ = &leaper;
  const auto disk = storage::make_posix_file_ops();
  const auto said = attempt(*disk);
  EXPECT_EQ(count<ShotCommitted>(said), 0);
  ASSERT_EQ(count<ShotFailed>(said), 1);
  EXPECT_EQ(std::get<ShotFailed>(said.back()).reason,
            "the renderer gave a result after 0 steps instead of 2");
}

/// Keeps the paths that it was to load from.
class PathKeeper : public renderer::Renderer {
 public:
  renderer::Outcome render(const renderer::RenderTask& task, renderer::RenderObserver& observer) override {
    model = task.shot.model.path;
    return renderer::make_fake_renderer({.step_seconds = 0})->render(task, observer);
  }
  std::string model;
};

/// A shot whose weights are a little file that is staged.
class StagedAttempt : public AttemptStage {
 protected:
  StagedAttempt() {
    for (jobs::FileRef* model : {&shot_.shot.model, &shot_.shot.motion}) {
      model->path = weights_;
      model->digest = jobs::sha256("weights");
    }
    shot_.id = jobs::shot_id(shot_.shot);
    tests::write_file(weights_, "weights");
    renderer_ = &keeper_;
    digests_ = &shared_;
    staging_ = &copies_;
    hears_ = [this](const Message& message) {
      const auto* asked = std::get_if<StagingAsked>(&message);
      if (asked != nullptr) ask(StagingBegins{asked->shot, asked->attempt});
    };
  }
  static std::int64_t now() { return 0; }

  const std::string weights_ = folder_ / "weights.safetensors";
  const std::unique_ptr<storage::FileOps> disk_ = storage::make_posix_file_ops();
  std::uint64_t room_ = 1000;
  PathKeeper keeper_;
  DigestCache shared_{{.file = {}, .rehash = Rehash::no, .wall_clock_ns = now}};
  Staging copies_{{folder_.path(), Stage::all},
                  {.folder = copies_folder(folder_.path()),
                   .files = *disk_,
                   .space =
                       [this](const std::string&) {
                         return DiskSpace{1000, room_};
                       },
                   .wall_clock_ns = now}};
};

TEST_F(StagedAttempt, WeightsAreLoadedFromTheNodesCopyAndTheResultIsTheSame) {
  const auto said = attempt(*disk_);
  EXPECT_EQ(count<ShotCommitted>(said), 1);
  EXPECT_EQ(keeper_.model.find(copies_folder(folder_.path())), 0U);
  EXPECT_EQ(shared_.files_hashed(), 0) << "the shared disk was read once, to copy";
  EXPECT_EQ(returned_, jobs::model_key(shot_.shot)) << "as the scheduler knows it";
  EXPECT_EQ(storage::ShotStore(*disk_, options_.run_directory).load(shot_.id)->recipe,
            jobs::recipe_json(shot_.shot));
}

TEST_F(StagedAttempt, BugWeightsThatWereLoadedAgainFromElsewhereWentUnchecked) {
  attempt(*disk_);
  resident_ = returned_;
  copies_.leave();
  room_ = 0;
  std::filesystem::remove_all(rehearsal_.run_directory() + "/shots");
  tests::write_file(weights_, "other weights");
  const auto said = attempt(*disk_);
  EXPECT_EQ(count<ShotCommitted>(said), 0);
  EXPECT_EQ(count<ShotFailed>(said), 1);
}

TEST_F(AttemptStage, ADiskThatStaysAwayStopsTheRunAndCostsNoAttempt) {
  patience_.for_its_return = std::chrono::seconds(0);
  const auto said = attempt_with("create " + rehearsal_.run_directory() + "/shots", Fault::io_error);
  EXPECT_EQ(count<DiskGone>(said), 1);
  EXPECT_EQ(count<ShotStopped>(said), 1);
  EXPECT_EQ(count<ShotFailed>(said), 0);
}

TEST_F(AttemptStage, AFaultWhileReadingThePictureIsWaitedFor) {
  const auto said = attempt_with("read " + folder_.path() + "/picture.png", Fault::io_error);
  EXPECT_EQ(count<Notice>(said), 1);
  EXPECT_EQ(count<ShotCommitted>(said), 1);
}

TEST_F(AttemptStage, BugASlowCommitWasTakenForAHang) {
  /// Publishes only once it was heard three times that the attempt lives.
  class SlowDisk : public FaultFileOps {
   public:
    explicit SlowDisk(storage::FileOps& disk) : FaultFileOps(disk, -1, Fault::none) {}
    bool link(const std::string& from, const std::string& to) override {
      publishing_ = true;
      EXPECT_EQ(enough_.wait_for(std::chrono::minutes(1)), std::future_status::ready);
      return FaultFileOps::link(from, to);
    }
    void hear_a_sign() {
      if (publishing_ && ++signs_ == 3) heard_.set_value();
    }

   private:
    std::atomic<bool> publishing_ = false;
    int signs_ = 0;
    std::promise<void> heard_;
    std::shared_future<void> enough_ = heard_.get_future().share();
  };
  const auto disk = storage::make_posix_file_ops();
  SlowDisk slow(*disk);
  hears_ = [&](const Message& message) {
    if (std::holds_alternative<DiskAwaited>(message)) slow.hear_a_sign();
  };
  EXPECT_EQ(count<ShotCommitted>(attempt(slow)), 1);
}

TEST_F(AttemptStage, BugARunDirectoryThatVanishedCostAnAttemptAndWasMadeAgain) {
  std::filesystem::remove_all(rehearsal_.run_directory());
  patience_.for_its_return = std::chrono::seconds(0);
  const auto disk = storage::make_posix_file_ops();
  const auto said = attempt(*disk);
  EXPECT_EQ(count<DiskGone>(said), 1);
  EXPECT_EQ(count<ShotFailed>(said), 0);
  EXPECT_FALSE(std::filesystem::exists(rehearsal_.run_directory()));
}

TEST_F(AttemptStage, BugAFolderInPlaceOfThePictureStoppedTheRun) {
  std::filesystem::remove(shot_.shot.image.path);
  std::filesystem::create_directory(shot_.shot.image.path);
  const auto disk = storage::make_posix_file_ops();
  const auto said = attempt(*disk);
  EXPECT_EQ(count<ShotFailed>(said), 1);
  EXPECT_EQ(count<Notice>(said), 0) << "each further try is announced";
}

TEST_F(AttemptStage, APictureThatIsGoneIsNotWaitedFor) {
  std::filesystem::remove(shot_.shot.image.path);
  const auto disk = storage::make_posix_file_ops();
  const auto said = attempt(*disk);
  EXPECT_EQ(count<ShotFailed>(said), 1);
  EXPECT_EQ(count<Notice>(said), 0) << "each further try is announced";
}

TEST_F(AttemptStage, BugACheckpointThatCouldNotBeWrittenAtAStopWasAFailure) {
  const auto disk = storage::make_posix_file_ops();
  FaultFileOps files(*disk, 1, Fault::full_disk);
  ask(StopShot{shot_.id});
  const auto said = attempt(files);
  EXPECT_EQ(count<ShotStopped>(said), 1);
  EXPECT_EQ(count<ShotFailed>(said), 0);
  EXPECT_GE(count<Notice>(said), 1);
}

TEST_F(AttemptStage, BugACheckpointThatNoRendererCouldResumeFailedItsShot) {
  const auto disk = storage::make_posix_file_ops();
  jobs::Checkpoint misfit;
  misfit.shot = shot_.id;
  misfit.next_step = 1;
  misfit.latents = {.frames = 1, .channels = 1, .height = 1, .width = 1, .values = {0.5F}};
  misfit.dtype = jobs::Dtype::fp32;
  misfit.device_kind = "fake";
  storage::CheckpointStore(*disk, rehearsal_.run_directory()).save(misfit, {1, 1});
  const auto said = attempt(*disk);
  EXPECT_EQ(count<ShotCommitted>(said), 1);
  EXPECT_EQ(count<Notice>(said), 1);
}

TEST_F(AttemptStage, BugACheckpointOfNoNumbersFailedItsShotForEver) {
  const auto disk = storage::make_posix_file_ops();
  ask(StopShot{shot_.id});
  ASSERT_EQ(count<ShotStopped>(attempt(*disk)), 1);
  storage::CheckpointStore checkpoints(*disk, rehearsal_.run_directory());
  auto found = checkpoints.load(shot_.id, jobs::Dtype::fp32, "fake");
  ASSERT_TRUE(found.checkpoint);
  found.checkpoint->latents.values.at(0) = std::numeric_limits<float>::quiet_NaN();
  ++found.checkpoint->next_step;
  checkpoints.save(*found.checkpoint, {1, 2});
  const auto said = attempt(*disk);
  EXPECT_EQ(count<ShotCommitted>(said), 1);
  EXPECT_EQ(count<Notice>(said), 1);
}

TEST_F(AttemptStage, BugACheckpointWithoutTheEarlierStepsFailedShotsThatKeepAll) {
  const auto disk = storage::make_posix_file_ops();
  ask(StopShot{shot_.id});
  ASSERT_EQ(count<ShotStopped>(attempt(*disk)), 1);
  storage::CheckpointStore checkpoints(*disk, rehearsal_.run_directory());
  ASSERT_TRUE(checkpoints.load(shot_.id, jobs::Dtype::fp32, "fake").checkpoint);
  output_.keep_latents = jobs::KeepLatents::all;
  const auto said = attempt(*disk);
  EXPECT_EQ(count<ShotCommitted>(said), 1);
  EXPECT_EQ(count<Notice>(said), 1);
  const auto result = storage::ShotStore(*disk, rehearsal_.run_directory()).load(shot_.id);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->step_latents.size(), 3U);
}

TEST_F(AttemptStage, BugWeightsThatChangedAfterThePlanWereRenderedUnderTheOldId) {
  const std::string model = folder_.path() + "/model.safetensors";
  tests::write_file(model, "weights");
  shot_.shot.model = {model, jobs::sha256(std::string("weights"))};
  shot_.shot.motion = shot_.shot.model;
  shot_.id = jobs::shot_id(shot_.shot);
  DigestCache digests({.file = "", .rehash = Rehash::no, .wall_clock_ns = [] { return std::int64_t{0}; }});
  digests_ = &digests;
  const auto disk = storage::make_posix_file_ops();
  EXPECT_EQ(count<ShotCommitted>(attempt(*disk)), 1);
  std::filesystem::remove_all(rehearsal_.run_directory() + "/shots");
  tests::write_file(model, "others!");
  const auto said = attempt(*disk);
  EXPECT_EQ(count<ShotCommitted>(said), 0);
  ASSERT_EQ(count<ShotFailed>(said), 1);
  for (const Message& message : said) {
    const auto* failed = std::get_if<ShotFailed>(&message);
    if (failed == nullptr) continue;
    EXPECT_EQ(failed->kind, scheduler::FailureKind::input);
    EXPECT_EQ(failed->reason, model + " has changed since the job was planned; run the job again");
  }
}

TEST_F(AttemptStage, ALoraThatChangedAfterThePlanIsNotRendered) {
  const std::string path = folder_.path() + "/lora.safetensors";
  tests::write_file(path, "low rank");
  shot_.shot.loras = {{.file = {path, jobs::sha256(std::string("others"))}}};
  shot_.shot.model = {path, jobs::sha256(std::string("low rank"))};
  shot_.shot.motion = shot_.shot.model;
  shot_.id = jobs::shot_id(shot_.shot);
  DigestCache digests({.file = "", .rehash = Rehash::no, .wall_clock_ns = [] { return std::int64_t{0}; }});
  digests_ = &digests;
  const auto disk = storage::make_posix_file_ops();
  const auto said = attempt(*disk);
  EXPECT_EQ(count<ShotCommitted>(said), 0);
  EXPECT_EQ(count<ShotFailed>(said), 1);
}

TEST(Videos, BugAFolderThatTheDiskRefusesCameWithoutAWordOnWhatToDo) {
  const TempFolder folder;
  const jobs::Plan plan = tests::Rehearsal{.folder = folder.path(), .shots = 1}.plan();
  tests::write_file(folder.path() + "/videos", "a file in its place");
  const VideosMade made =
      make_videos(plan.shots[0], plan.output, jobs::Clip{}, {.run_directory = folder.path(), .epoch = 1});
  EXPECT_NE(made.trouble.find("run the same command again"), std::string::npos) << made.trouble;
}

}  // namespace
}  // namespace pia::farm
