// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "farm/message.hpp"

namespace pia::farm {

/// The coordinator's end of the seam that carries messages. Never blocks.
class CoordinatorEnd {
 public:
  virtual ~CoordinatorEnd() = default;
  virtual void send(scheduler::WorkerId worker, const Message& message) = 0;
  virtual std::optional<std::pair<scheduler::WorkerId, Message>> receive() = 0;
};

/// A supervisor's end. Never blocks.
class WorkerEnd {
 public:
  virtual ~WorkerEnd() = default;
  virtual void send(const Message& message) = 0;
  virtual std::optional<Message> receive() = 0;
};

/// Both ends in one process and one thread: the farm of one machine, and of tests.
class InProcessTransport {
 public:
  explicit InProcessTransport(int workers);
  ~InProcessTransport();
  CoordinatorEnd& coordinator();
  WorkerEnd& worker(scheduler::WorkerId id);

 private:
  class Coordinator;
  class Worker;
  std::deque<std::pair<scheduler::WorkerId, Message>> to_coordinator_;
  std::vector<std::deque<Message>> to_worker_;
  std::unique_ptr<Coordinator> coordinator_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace pia::farm
