// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <thread>

namespace pia::farm {

/// @name What rank 0 says to its launcher, for nobody else to see: lines of one control character on its
/// standard error. Slurm carries them from the node to srun, and so to the launcher, by a connection of its
/// own. Nothing that all ranks share is in their way: no file, because a shared disk that stands still would
/// make the living look dead, and no MPI, because the launcher speaks none and rank 0 may hang in it.
/// @{
inline constexpr char kBornSign = '\x05';     ///< ENQ: its process runs, and meets the other ranks now
inline constexpr char kAliveSign = '\x16';    ///< SYN, "synchronous idle"
inline constexpr char kLossSign = '\x15';     ///< NAK: it lives, and the journal has a lost rank more
inline constexpr char kThroughSign = '\x04';  ///< EOT: it is through, in good order or not
/// @}

/// Says that rank 0's process runs, before it meets the others.
void say_rank_zero_is_born(int descriptor);

/// A thread of rank 0 that says it lives, for as long as its main loop turns; a loop that waits for a disk is
/// given ten minutes between two turns. A reader that takes nothing is not waited for.
class Pulse {
 public:
  Pulse(int descriptor, std::chrono::duration<double> every);
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;
  ~Pulse();  ///< says that rank 0 is through

  /// To be called by the main loop.
  void turn() { ++turns_; }

  /// The next sign will tell that a rank was lost, which the journal holds by now.
  void tell_of_a_loss() { loss_ = true; }

 private:
  void live();
  bool goes_round();
  void say_it_lives();
  bool say(char sign, std::chrono::milliseconds patience) const;

  int descriptor_;
  std::chrono::duration<double> every_;
  std::atomic<unsigned> turns_{0};
  std::atomic<bool> loss_{false};
  unsigned seen_turns_ = 0;
  std::chrono::steady_clock::time_point turned_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace pia::farm
