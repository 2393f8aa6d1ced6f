// SPDX-License-Identifier: Apache-2.0
#include "farm/rank/rank_transport.hpp"

#include "jobs/core/error.hpp"

namespace pia::farm {

Message message_in(const std::string& letter, Way way) {
  FrameReader reader(way);
  reader.feed(letter);
  auto message = reader.next();
  if (!message) throw jobs::InputError("a letter between ranks is cut short");
  return std::move(*message);
}

void CoordinatorRankEnd::send(scheduler::WorkerId worker, const Message& message) {
  if (worker.value == 0) {
    own_.coordinator().send(worker, message);
  } else {
    world_.send(worker.value, Tag::frame, encode(message));
  }
}

std::optional<std::pair<scheduler::WorkerId, Message>> CoordinatorRankEnd::receive() {
  if (auto own = own_.coordinator().receive()) return own;
  const auto letter = world_.receive(Tag::frame);
  if (!letter) return std::nullopt;
  const scheduler::WorkerId worker{letter->from};
  try {
    return std::pair{worker, message_in(letter->bytes, Way::from_supervisor)};
  } catch (const jobs::InputError& error) {
    return std::pair{worker,
                     Message{WorkerLost{"rank " + std::to_string(letter->from) + ": " + error.what()}}};
  }
}

void SupervisorRankEnd::send(const Message& message) {
  world_.send(0, Tag::frame, encode(message));
}

std::optional<Message> SupervisorRankEnd::receive() {
  const auto letter = world_.receive(Tag::frame);
  if (!letter) return std::nullopt;
  Message message = message_in(letter->bytes, Way::to_supervisor);
  dismissed_ |= std::holds_alternative<Quit>(message);
  return message;
}

}  // namespace pia::farm
