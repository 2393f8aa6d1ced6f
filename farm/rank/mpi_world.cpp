// SPDX-License-Identifier: Apache-2.0
#include "farm/rank/mpi_world.hpp"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <list>
#include <set>
#include <vector>

#include "farm/wire.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

constexpr std::size_t kLongestLetter = kLongestFrame + 64;

}  // namespace

struct MpiWorld::State {
  struct Outgoing {
    int to = 0;
    std::string bytes;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  struct Incoming {
    Letter letter;
    Tag tag = Tag::frame;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  int rank = 0;
  int size = 1;
  std::list<Outgoing> outgoing;
  std::list<Incoming> incoming;
  std::uint64_t received = 0;
  enum class Parting { not_yet, begun, answered, over } parting = Parting::not_yet;
  std::set<int> farewells;    // heard
  std::set<int> left_behind;  // given up by rank 0

  bool heard_enough_farewells() const {
    if (rank != 0) return !farewells.empty();
    for (int other = 1; other < size; ++other) {
      if (!farewells.contains(other) && !left_behind.contains(other)) return false;
    }
    return true;
  }

  bool lacks_somebody() const {
    return std::any_of(left_behind.begin(), left_behind.end(),
                       [this](int other) { return !farewells.contains(other); });
  }

  bool has_nothing_to_send() const {
    return std::all_of(outgoing.begin(), outgoing.end(),
                       [this](const Outgoing& letter) { return left_behind.contains(letter.to); });
  }

  void forget_what_left() {
    for (auto at = outgoing.begin(); at != outgoing.end();) {
      int left = 0;
      MPI_Test(&at->request, &left, MPI_STATUS_IGNORE);
      at = left != 0 ? outgoing.erase(at) : std::next(at);
    }
  }

  /// Starts to take over whatever has been announced. A matched receive: nobody waits for a sender that dies
  /// halfway.
  void take_over(Tag tag) {
    while (true) {
      int announced = 0;
      MPI_Message message = MPI_MESSAGE_NULL;
      MPI_Status status;
      MPI_Improbe(MPI_ANY_SOURCE, static_cast<int>(tag), MPI_COMM_WORLD, &announced, &message, &status);
      if (announced == 0) return;
      int length = 0;
      MPI_Get_count(&status, MPI_CHAR, &length);
      if (length < 0 || static_cast<std::size_t>(length) > kLongestLetter) length = 0;
      Incoming& next = incoming.emplace_back();
      next.tag = tag;
      next.letter = {status.MPI_SOURCE, std::string(static_cast<std::size_t>(length), '\0')};
      MPI_Imrecv(next.letter.bytes.data(), length, MPI_CHAR, &message, &next.request);
    }
  }
};

MpiWorld::MpiWorld() : state_(std::make_unique<State>()) {
  int granted = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &granted);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_rank(MPI_COMM_WORLD, &state_->rank);
  MPI_Comm_size(MPI_COMM_WORLD, &state_->size);
  PIA_ASSERT(granted >= MPI_THREAD_FUNNELED);
}

MpiWorld::~MpiWorld() {
  if (state_->parting == State::Parting::over && !state_->lacks_somebody()) MPI_Finalize();
}

int MpiWorld::rank() const {
  return state_->rank;
}

int MpiWorld::size() const {
  return state_->size;
}

std::uint64_t MpiWorld::received() const {
  return state_->received;
}

void MpiWorld::send(int to, Tag tag, std::string bytes) {
  State::Outgoing& letter = state_->outgoing.emplace_back();
  letter.to = to;
  letter.bytes = std::move(bytes);
  MPI_Isend(letter.bytes.data(), static_cast<int>(letter.bytes.size()), MPI_CHAR, to, static_cast<int>(tag),
            MPI_COMM_WORLD, &letter.request);
  state_->forget_what_left();
}

std::optional<Letter> MpiWorld::receive(Tag tag) {
  state_->forget_what_left();
  state_->take_over(tag);
  std::vector<int> unfinished;  // senders whose earlier letter is still on its way
  for (auto at = state_->incoming.begin(); at != state_->incoming.end(); ++at) {
    if (at->tag != tag) continue;
    const int from = at->letter.from;
    bool in_order = true;
    for (const int sender : unfinished) in_order &= sender != from;
    if (!in_order) continue;
    int arrived = 0;
    MPI_Test(&at->request, &arrived, MPI_STATUS_IGNORE);
    if (arrived == 0) {
      unfinished.push_back(from);
      continue;
    }
    Letter letter = std::move(at->letter);
    state_->incoming.erase(at);
    ++state_->received;
    return letter;
  }
  return std::nullopt;
}

bool MpiWorld::all_said_farewell() {
  State& state = *state_;
  if (state.parting == State::Parting::not_yet) {
    if (state.rank != 0) send(0, Tag::farewell, "bye");
    state.parting = State::Parting::begun;
  }
  while (const auto letter = receive(Tag::farewell)) state.farewells.insert(letter->from);
  if (state.parting == State::Parting::begun && state.heard_enough_farewells()) {
    for (int rank = 1; state.rank == 0 && rank < state.size; ++rank) send(rank, Tag::farewell, "bye");
    state.parting = State::Parting::answered;
  }
  state.forget_what_left();
  if (state.parting == State::Parting::answered && state.has_nothing_to_send())
    state.parting = State::Parting::over;
  return state.parting == State::Parting::over;
}

void MpiWorld::leave_behind(int rank) {
  state_->left_behind.insert(rank);
}

bool MpiWorld::lacks_somebody() const {
  return state_->lacks_somebody();
}

void MpiWorld::end_all(int code) {
  MPI_Abort(MPI_COMM_WORLD, code);
  _exit(code);
}

}  // namespace pia::farm
