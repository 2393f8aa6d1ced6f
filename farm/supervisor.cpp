// SPDX-License-Identifier: Apache-2.0
#include "farm/supervisor.hpp"

#include "farm/memory_kills.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

constexpr int kSilentDeathsAllowed = 3;

const char* in_words(renderer::Phase phase) {
  switch (phase) {
    case renderer::Phase::loading:
      return "loading the model";
    case renderer::Phase::encoding:
      return "encoding text and picture";
    case renderer::Phase::denoising:
      return "denoising";
    case renderer::Phase::decoding:
      return "decoding";
  }
  return "";
}

/// Who is likely to have sent a SIGKILL.
enum class Killer { nobody, want_of_memory, somebody, unknown };

using KillCount = std::optional<std::uint64_t>;

Killer killer_of(const ChildEnd& end, const KillCount& before, const KillCount& after) {
  if (!end.was_killed()) return Killer::nobody;
  if (!before || !after) return Killer::unknown;
  return *after > *before ? Killer::want_of_memory : Killer::somebody;
}

const char* in_words(Killer killer) {
  switch (killer) {
    case Killer::nobody:
      return "";
    case Killer::want_of_memory:
      return "; memory ran out in its cgroup meanwhile (oom_kill went up), which is the likely cause";
    case Killer::somebody:
      return "; no memory ran out in its cgroup meanwhile (oom_kill did not go up): somebody else is likely "
             "to have killed it";
    case Killer::unknown:
      return "; the kernel does that when memory runs out";
  }
  return "";
}

}  // namespace

Supervisor::Supervisor(WorkerEnd& coordinator, RendererCommand command, int number)
    : coordinator_(coordinator), command_(std::move(command)), number_(number) {}

Supervisor::~Supervisor() = default;

pollfd Supervisor::watched() const {
  if (!child_) return {.fd = -1, .events = 0, .revents = 0};
  const short wanted = child_->has_unsent() ? POLLIN | POLLOUT : POLLIN;
  return {.fd = child_->socket(), .events = wanted, .revents = 0};
}

void Supervisor::start() {
  reader_ = FrameReader(Way::from_renderer);
  heard_ = false;
  // Its program and its log are on a disk that may keep this thread waiting.
  coordinator_.send(MayBeSilent{});
  memory_kills_ = memory_kills_before_ = memory_kills(command_.memory_kill_file);
  const std::string log = command_.log_folder + "/worker-" + std::to_string(number_) + ".log";
  try {
    child_ = std::make_unique<ChildProcess>(command_.arguments, command_.environment, log);
  } catch (const jobs::Error& error) {
    finished_ = true;
    coordinator_.send(WorkerLost{error.what()});
  }
}

void Supervisor::take(const Message& message) {
  if (const auto* render = std::get_if<RenderShot>(&message)) {
    running_ = Running{render->shot.id, render->attempt, 0, in_words(renderer::Phase::loading)};
  }
  if (std::holds_alternative<Quit>(message)) quitting_ = true;
  if (const auto* hung = std::get_if<KillRenderer>(&message)) return end_hanging(*hung);
  if (!child_ && !quitting_) start();
  if (child_) child_->send(encode(message));
}

void Supervisor::count_memory_kills() {
  memory_kills_before_ = memory_kills_;
  memory_kills_ = memory_kills(command_.memory_kill_file);
}

void Supervisor::end_hanging(const KillRenderer& hung) {
  if (!child_ || (running_ && running_->shot != hung.shot)) return;
  coordinator_.send(Notice{"worker " + std::to_string(number_ + 1) + " hangs and is started again (it is " +
                           evidence_of(child_->pid()) + ")"});
  // The coordinator has counted that attempt already.
  running_.reset();
  // Without a SIGTERM first, which what hangs hardly answers: the last whole checkpoint is what it goes on
  // from.
  ended("it hung");
}

void Supervisor::relay(const Message& message) {
  heard_ = true;
  silent_deaths_ = 0;
  if (const auto* step = std::get_if<StepReached>(&message)) {
    if (running_ && running_->shot == step->shot) {
      running_->step = step->progress.step;
      running_->phase = in_words(step->progress.phase);
    }
  }
  const bool over = std::holds_alternative<ShotCommitted>(message) ||
                    std::holds_alternative<ShotFailed>(message) ||
                    std::holds_alternative<ShotStopped>(message);
  if (over) running_.reset();
  coordinator_.send(message);
}

void Supervisor::ended(const std::string& why) {
  // One that waits for a disk can't even be killed before the disk is back.
  coordinator_.send(MayBeSilent{});
  const ChildEnd end = child_->kill_and_wait();
  child_.reset();
  const std::string how = "the renderer " + (why.empty() ? end.in_words() : "was ended");
  const Killer killer = killer_of(end, memory_kills_before_, memory_kills(command_.memory_kill_file));
  const std::string because = why.empty() ? in_words(killer) : ": " + why;
  if (running_ && why.empty() && end.wants_another_start()) {
    coordinator_.send(Notice{"worker " + std::to_string(number_ + 1) + " no longer finds its run directory"});
    coordinator_.send(ShotStopped{running_->shot, running_->attempt, running_->step});
  } else if (running_) {
    const bool too_big = why.empty() && killer == Killer::want_of_memory;
    coordinator_.send(ShotFailed{
        running_->shot, running_->attempt,
        too_big ? scheduler::FailureKind::memory : scheduler::FailureKind::crash,
        how + " after step " + std::to_string(running_->step) + ", while " + running_->phase + because});
  } else if (!heard_ && ++silent_deaths_ >= kSilentDeathsAllowed && !quitting_) {
    finished_ = true;
    coordinator_.send(WorkerLost{how + " " + std::to_string(silent_deaths_) + " times before it said a word" +
                                 because + "; see " + command_.log_folder + "/worker-" +
                                 std::to_string(number_) + ".log"});
  }
  running_.reset();
  if (quitting_) finished_ = true;
}

void Supervisor::pump() {
  if (finished_) return;
  if (!child_ && quitting_) finished_ = true;
  if (!child_ && !finished_) start();
  while (const auto message = coordinator_.receive()) take(*message);
  if (!child_) return;
  child_->flush();
  std::string bytes;
  const bool alive = child_->read_available(bytes);
  if (!bytes.empty()) count_memory_kills();
  reader_.feed(bytes);
  try {
    while (const auto message = reader_.next()) relay(*message);
  } catch (const jobs::InputError& error) {
    if (!running_) coordinator_.send(Notice{error.what()});
    return ended(error.what());
  }
  if (!alive) ended();
}

void Supervisor::kill_now() {
  quitting_ = true;
  finished_ = true;
  if (child_) child_->kill_and_wait();
  child_.reset();
}

}  // namespace pia::farm
