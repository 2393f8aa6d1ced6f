// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace pia::farm {

/// What is said under which tag.
enum class Tag { orders = 1, frame = 2, farewell = 3 };

struct Letter {
  int from = 0;
  std::string bytes;
};

/// MPI_COMM_WORLD, as much of it as the farm uses: small letters, never waiting. MPI_THREAD_FUNNELED: only
/// the thread that made it may call it. No call of Open MPI 4 reports a dead peer (its letters just stay
/// away), so nothing here does either. Block the signals you handle before you make one: MPI starts threads.
class MpiWorld {
 public:
  MpiWorld();
  MpiWorld(const MpiWorld&) = delete;
  MpiWorld& operator=(const MpiWorld&) = delete;

  /// Ends MPI if all ranks said farewell, none left behind; else the launcher cleans up.
  ~MpiWorld();

  int rank() const;
  int size() const;

  /// Hands `bytes` over; they are kept until they have left.
  void send(int to, Tag tag, std::string bytes);

  /// The next letter that has arrived whole; letters of one sender and tag stay in order. One that is longer
  /// than any of ours arrives empty.
  std::optional<Letter> receive(Tag tag);

  /// Letters received so far, for pauses that grow while nothing happens.
  std::uint64_t received() const;

  /// Says that this rank is through, and whether all others are: each tells rank 0, rank 0 tells all. (A
  /// barrier would connect ranks that have nothing to say to each other.) Ask again until it is true; send
  /// nothing any more.
  bool all_said_farewell();

  /// For rank 0: nobody waits for this rank any more.
  void leave_behind(int rank);

  /// Whether a rank was left behind and has not said farewell either: MPI can't end in good order then, and
  /// rank 0 should call end_all.
  bool lacks_somebody() const;

  /// Ends every rank at once with this exit code.
  [[noreturn]] void end_all(int code);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pia::farm
