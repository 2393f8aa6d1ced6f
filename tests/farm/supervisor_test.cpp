// SPDX-License-Identifier: Apache-2.0
#include "farm/supervisor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "tests/support/shot_builder.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/write_file.hpp"

namespace pia::farm {
namespace {

using testing::HasSubstr;
using testing::Not;
using tests::ShotBuilder;

/// A supervisor whose renderer is a shell: it says what a test wrote down for it, then listens.
class Post {
 public:
  explicit Post(const std::string& said, const std::string& then = "cat <&3 >/dev/null") {
    tests::write_file(folder_ / "said", said);
    const std::string script = "cat '" + (folder_ / "said") + "' >&3; " + then;
    supervisor_.emplace(transport_.worker({0}),
                        RendererCommand{.arguments = {"/bin/sh", "-c", script},
                                        .environment = {"KILLS=" + kill_file()},
                                        .log_folder = folder_.path(),
                                        .memory_kill_file = kill_file()},
                        0);
  }

  /// In place of the cgroup's; the renderer knows it as $KILLS.
  std::string kill_file() const { return folder_ / "memory.events"; }

  /// What the coordinator hears, up to and with the first message of that kind, while the renderer is at
  /// the shot.
  template <class Last>
  std::vector<Message> hears_up_to(const jobs::PlannedShot& shot) {
    transport_.coordinator().send({0}, RenderShot{.shot = shot, .output = {}, .attempt = 2, .epoch = 1});
    return goes_on_up_to<Last>();
  }
  template <class Last>
  std::vector<Message> goes_on_up_to() {
    std::vector<Message> heard;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < deadline) {
      supervisor_->pump();
      while (auto message = transport_.coordinator().receive()) {
        heard.push_back(std::move(message->second));
        if (std::holds_alternative<Last>(heard.back())) return heard;
      }
      pollfd watched = supervisor_->watched();
      poll(&watched, 1, 1000);
    }
    ADD_FAILURE() << "it never came";
    return heard;
  }

 private:
  tests::TempFolder folder_;
  InProcessTransport transport_{1};
  std::optional<Supervisor> supervisor_;
};

template <class Kind>
int count(const std::vector<Message>& heard) {
  int found = 0;
  for (const Message& message : heard) found += std::holds_alternative<Kind>(message) ? 1 : 0;
  return found;
}

const jobs::PlannedShot kShot = ShotBuilder{}.planned();
const std::string kThirdStep = encode(StepReached{kShot.id, 2, {renderer::Phase::denoising, 3, 8, 0.25}});

TEST(Supervisor, BugARendererEndedForWhatItSaidWasTakenForOneOutOfMemory) {
  Post post(kThirdStep + "Segmentation fault");
  const auto heard = post.hears_up_to<ShotFailed>(kShot);
  const auto& failed = std::get<ShotFailed>(heard.back());
  EXPECT_EQ(failed.attempt, 2);
  EXPECT_THAT(failed.reason, HasSubstr("the renderer was ended after step 3, while denoising: "));
  EXPECT_THAT(failed.reason, HasSubstr("no frame begins here"));
  EXPECT_THAT(failed.reason, Not(HasSubstr("memory")));
  EXPECT_EQ(count<StepReached>(heard), 1);
}

TEST(Supervisor, ARendererThatTheKernelMayHaveKilledForMemoryIsSaidToBe) {
  Post post(kThirdStep, "kill -9 $$");
  const auto heard = post.hears_up_to<ShotFailed>(kShot);
  const auto& failed = std::get<ShotFailed>(heard.back());
  EXPECT_THAT(failed.reason,
              HasSubstr("SIGKILL) after step 3, while denoising; the kernel does that when memory runs out"));
  EXPECT_EQ(failed.kind, scheduler::FailureKind::crash);
}

TEST(Supervisor, AKillThatTheKernelCountedIsLikelyForWantOfMemory) {
  Post post(kThirdStep, "echo oom_kill 8 >$KILLS; kill -9 $$");
  tests::write_file(post.kill_file(), "oom 9\noom_kill 7\n");
  const auto heard = post.hears_up_to<ShotFailed>(kShot);
  const auto& failed = std::get<ShotFailed>(heard.back());
  EXPECT_THAT(
      failed.reason,
      HasSubstr("while denoising; memory ran out in its cgroup meanwhile (oom_kill went up), which is the "
                "likely cause"));
  EXPECT_EQ(failed.kind, scheduler::FailureKind::memory);
}

TEST(Supervisor, AKillThatTheKernelDidNotCountIsLikelySomebodys) {
  Post post(kThirdStep, "echo oom 10 >>$KILLS; kill -9 $$");
  tests::write_file(post.kill_file(), "oom 9\noom_kill 7\n");
  const auto heard = post.hears_up_to<ShotFailed>(kShot);
  const auto& failed = std::get<ShotFailed>(heard.back());
  EXPECT_THAT(failed.reason, HasSubstr("while denoising; no memory ran out in its cgroup meanwhile"));
  EXPECT_EQ(failed.kind, scheduler::FailureKind::crash);
}

// The count was taken when the renderer began, hours before, and the cgroup is also its neighbours'.
TEST(Supervisor, BugAKillForMemoryHoursBeforeExplainedEveryKill) {
  Post post(kThirdStep, R"(for turn in 1 2 3; do
      until [ -e $KILLS.$turn ]; do sleep 0.02; done
      [ $turn = 3 ] || cat ${KILLS%/*}/said >&3
    done
    kill -9 $$)");
  tests::write_file(post.kill_file(), "oom_kill 7\n");
  post.hears_up_to<StepReached>(kShot);
  tests::write_file(post.kill_file(), "oom_kill 8\n");
  for (const char* turn : {".1", ".2"}) {
    tests::write_file(post.kill_file() + turn, "");
    post.goes_on_up_to<StepReached>();
  }
  tests::write_file(post.kill_file() + ".3", "");
  const auto heard = post.goes_on_up_to<ShotFailed>();
  const auto& failed = std::get<ShotFailed>(heard.back());
  EXPECT_THAT(failed.reason, HasSubstr("while denoising; no memory ran out in its cgroup meanwhile"));
  EXPECT_EQ(failed.kind, scheduler::FailureKind::crash);
}

TEST(Supervisor, ACrashHasNothingToDoWithKillsForMemoryBesideIt) {
  Post post(kThirdStep, "echo oom_kill 8 >$KILLS; kill -SEGV $$");
  tests::write_file(post.kill_file(), "oom_kill 7\n");
  const auto heard = post.hears_up_to<ShotFailed>(kShot);
  const auto& failed = std::get<ShotFailed>(heard.back());
  EXPECT_THAT(failed.reason, HasSubstr("(SIGSEGV) after step 3, while denoising"));
  EXPECT_THAT(failed.reason, Not(HasSubstr("memory")));
  EXPECT_EQ(failed.kind, scheduler::FailureKind::crash);
}

TEST(Supervisor, BugARendererCouldSayWhatOnlyOthersMaySay) {
  const std::vector<Message> others = {WorkerLost{"a lie"},
                                       KillRenderer{kShot.id},
                                       StopShot{kShot.id},
                                       Quit{},
                                       Alive{.host = "elsewhere", .gpu = {}},
                                       EncodeShot{.shot = kShot, .output = {}},
                                       RenderShot{.shot = kShot, .output = {}, .attempt = 1, .epoch = 1}};
  for (const Message& forbidden : others) {
    Post post(kThirdStep + encode(forbidden));
    const auto heard = post.hears_up_to<ShotFailed>(kShot);
    for (const Message& message : heard) EXPECT_NE(message.index(), forbidden.index());
    EXPECT_THAT(std::get<ShotFailed>(heard.back()).reason, HasSubstr("is not valid"));
  }
}

TEST(Supervisor, ARendererThatNeverSaysAWordIsALostWorker) {
  Post post("", "exit 9");
  const auto heard = post.hears_up_to<WorkerLost>(kShot);
  EXPECT_EQ(count<ShotFailed>(heard), 1) << "it had been handed the shot";
  EXPECT_THAT(std::get<WorkerLost>(heard.back()).reason,
              HasSubstr("the renderer exited with status 9 3 times before it said a word; see "));
}

TEST(Child, BugAnOrderLargerThanItsSocketHoldsWasCutShort) {
  const tests::TempFolder folder;
  const std::string order(std::size_t{4} << 20U, 'x');
  ChildProcess child({"/bin/sh", "-c", "sleep 0.3; head -c 4194304 <&3 | wc -c"}, {}, folder / "log");
  EXPECT_TRUE(child.send(order));
  EXPECT_TRUE(child.has_unsent()) << "nobody waits for a child that is busy";
  std::string said;
  while (child.read_available(said)) {
    pollfd watched{.fd = child.socket(), .events = POLLOUT, .revents = 0};
    if (child.has_unsent() && poll(&watched, 1, 10000) > 0) child.flush();
    if (!child.has_unsent()) usleep(1000);
  }
  std::ifstream log(folder / "log");
  std::string counted;
  EXPECT_TRUE(log >> counted) << "the child counted nothing";
  EXPECT_EQ(counted, "4194304");
}

}  // namespace
}  // namespace pia::farm
