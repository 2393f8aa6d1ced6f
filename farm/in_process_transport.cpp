// SPDX-License-Identifier: Apache-2.0
#include "farm/transport.hpp"

namespace pia::farm {
namespace {

template <class T>
std::optional<T> take_first(std::deque<T>& queue) {
  if (queue.empty()) return std::nullopt;
  T first = std::move(queue.front());
  queue.pop_front();
  return first;
}

}  // namespace

class InProcessTransport::Coordinator : public CoordinatorEnd {
 public:
  explicit Coordinator(InProcessTransport& transport) : transport_(transport) {}
  void send(scheduler::WorkerId worker, const Message& message) override {
    transport_.to_worker_.at(static_cast<std::size_t>(worker.value)).push_back(message);
  }
  std::optional<std::pair<scheduler::WorkerId, Message>> receive() override {
    return take_first(transport_.to_coordinator_);
  }

 private:
  InProcessTransport& transport_;
};

class InProcessTransport::Worker : public WorkerEnd {
 public:
  Worker(InProcessTransport& transport, scheduler::WorkerId id) : transport_(transport), id_(id) {}
  void send(const Message& message) override { transport_.to_coordinator_.emplace_back(id_, message); }
  std::optional<Message> receive() override {
    return take_first(transport_.to_worker_.at(static_cast<std::size_t>(id_.value)));
  }

 private:
  InProcessTransport& transport_;
  scheduler::WorkerId id_;
};

InProcessTransport::InProcessTransport(int workers)
    : to_worker_(static_cast<std::size_t>(workers)), coordinator_(std::make_unique<Coordinator>(*this)) {
  for (int i = 0; i < workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(*this, scheduler::WorkerId{i}));
  }
}

InProcessTransport::~InProcessTransport() = default;
CoordinatorEnd& InProcessTransport::coordinator() {
  return *coordinator_;
}
WorkerEnd& InProcessTransport::worker(scheduler::WorkerId id) {
  return *workers_.at(static_cast<std::size_t>(id.value));
}

}  // namespace pia::farm
