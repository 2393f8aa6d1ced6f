// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "farm/child_process.hpp"
#include "farm/transport.hpp"
#include "farm/wire.hpp"

namespace pia::farm {

/// How to start a renderer.
struct RendererCommand {
  std::vector<std::string> arguments;    ///< program and its arguments; the socket is descriptor 3
  std::vector<std::string> environment;  ///< "OMP_NUM_THREADS=1", ...
  std::string log_folder;                ///< where what it prints outside an attempt goes
  std::string memory_kill_file = {};     ///< memory_kills.hpp; empty: none
};

/// Keeps one renderer process alive and carries messages between it and the coordinator: a renderer that
/// crashes, lies, hangs or listens late costs one attempt at most, not the farm. It waits for nothing but,
/// when a renderer starts or ends, the disk with its program and its log. One thread.
class Supervisor {
 public:
  /// References must outlive it. The renderer is started at the first pump.
  Supervisor(WorkerEnd& coordinator, RendererCommand command, int number);
  ~Supervisor();

  /// Carries everything that is there to be carried, both ways; starts the renderer again if it ended.
  void pump();

  /// What to poll for; its descriptor is -1 while there is no renderer.
  pollfd watched() const;

  /// Quit was asked for and the renderer has ended, or no renderer can be started.
  bool finished() const { return finished_; }

  /// Ends the renderer at once, without a checkpoint.
  void kill_now();

  int pid() const { return child_ ? child_->pid() : -1; }

 private:
  struct Running {
    jobs::ShotId shot;
    int attempt = 1;
    int step = 0;
    std::string phase;
  };

  void start();
  void take(const Message& message);
  void end_hanging(const KillRenderer& hung);
  void relay(const Message& message);

  /// The renderer gave a sign of life. It may have been its last, read after its death: the count before this
  /// one is surely of a time when it lived.
  void count_memory_kills();

  /// Ends the renderer if it still lives, and tells what that means for its shot. `why`: the reason that the
  /// supervisor has to end it; empty: it ended by itself.
  void ended(const std::string& why = {});

  WorkerEnd& coordinator_;
  RendererCommand command_;
  int number_;
  std::unique_ptr<ChildProcess> child_;
  FrameReader reader_{Way::from_renderer};
  std::optional<Running> running_;
  /// Of its cgroup, in which others live, too: at its last sign of life, and at the one before.
  std::optional<std::uint64_t> memory_kills_;
  std::optional<std::uint64_t> memory_kills_before_;
  bool heard_ = false;     ///< from this renderer, at least once
  int silent_deaths_ = 0;  ///< in a row, without a word
  bool quitting_ = false;
  bool finished_ = false;
};

}  // namespace pia::farm
