// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/rank/mpi_world.hpp"
#include "farm/transport.hpp"
#include "farm/wire.hpp"

namespace pia::farm {

/// The coordinator's end: worker r is rank r. Worker 0 lives in the same process and is reached without MPI.
class CoordinatorRankEnd : public CoordinatorEnd {
 public:
  /// References must outlive it; `own` carries worker 0.
  CoordinatorRankEnd(MpiWorld& world, InProcessTransport& own) : world_(world), own_(own) {}

  void send(scheduler::WorkerId worker, const Message& message) override;

  /// A letter that is no message makes its sender a lost worker, not the farm a lost farm.
  std::optional<std::pair<scheduler::WorkerId, Message>> receive() override;

 private:
  MpiWorld& world_;
  InProcessTransport& own_;
};

/// A supervisor's end on any other rank.
class SupervisorRankEnd : public WorkerEnd {
 public:
  explicit SupervisorRankEnd(MpiWorld& world) : world_(world) {}
  void send(const Message& message) override;

  /// Throws jobs::InputError for a letter that is no message. It is gone then: asking on is fine.
  std::optional<Message> receive() override;

  /// Quit was received: nothing more is coming.
  bool dismissed() const { return dismissed_; }

 private:
  MpiWorld& world_;
  bool dismissed_ = false;
};

/// The message of a letter that holds one whole frame and nothing else. Throws jobs::InputError.
Message message_in(const std::string& letter, Way way);

}  // namespace pia::farm
