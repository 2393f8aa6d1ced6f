// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "storage/file_ops.hpp"

namespace pia::storage {

/// Who holds a run directory (RELIABILITY.md section 3).
struct Holder {
  std::string host;
  std::string boot_id;  ///< /proc/sys/kernel/random/boot_id
  std::int64_t pid = 0;
  std::uint64_t start_time = 0;  ///< of the process, in clock ticks since boot (/proc/<pid>/stat field 22)
  std::string nonce;             ///< random, so that two holders never look alike
  std::string since;             ///< wall clock, for people only
  std::string slurm_job;         ///< id and restart count, empty outside Slurm
  std::uint64_t beat = 0;        ///< bumped by renew
  bool operator==(const Holder&) const = default;
};

/// Ownership of a run directory: one file an epoch, lease/<epoch>; the highest epoch owns the directory.
class Lease {
 public:
  std::uint64_t epoch() const { return epoch_; }

  /// Shows that the holder lives: replaces its own file. Throws FencedOff (shot_store.hpp) if a newer epoch
  /// exists.
  void renew();

  /// Throws FencedOff if a newer epoch exists. Cheap: one directory listing.
  void check() const;

  /// Gives the directory back: the next taker need not wait.
  void release();

 private:
  friend class LeaseTaker;
  Lease(FileOps& files, std::string folder, std::uint64_t epoch, Holder self);
  FileOps* files_;
  std::string folder_;
  std::uint64_t epoch_;
  Holder self_;
};

/// Says whether a holder of this machine (same boot id) still lives. The farm asks /proc; tests answer by
/// hand.
using IsAlive = std::function<bool(const Holder&)>;

struct Refused {
  Holder holder;  ///< who has it
};

/// Takes the lease of `run_directory` if it is free: never taken, released, or its holder was of this boot
/// and is gone. A live or unknown holder refuses; `wait_out` handles unknown ones.
std::variant<Lease, Refused> take_lease(FileOps& files, const std::string& run_directory, const Holder& self,
                                        const IsAlive& is_alive);

/// For a holder on another machine: call it again and again with the caller's monotonic clock; it takes the
/// lease once the holder's beat stood still for `patience`.
class StaleWatch {
 public:
  explicit StaleWatch(std::chrono::seconds patience) : patience_(patience) {}
  std::variant<Lease, Refused> try_take(FileOps& files, const std::string& run_directory, const Holder& self,
                                        const IsAlive& is_alive, std::chrono::nanoseconds now);

 private:
  std::chrono::seconds patience_;
  std::optional<Holder> seen_;
  std::chrono::nanoseconds seen_at_{0};
};

/// This process, as a Holder; reads /proc. `nonce` and `since` come from the caller.
Holder describe_self(const std::string& nonce, const std::string& since);

}  // namespace pia::storage
