// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "storage/fenced_off.hpp"
#include "storage/file_ops.hpp"

namespace pia::storage {

/// Who holds a run directory (storage/FORMAT.md).
struct Holder {
  std::string host;
  std::string boot_id;  ///< /proc/sys/kernel/random/boot_id, then "/" and the PID namespace
  std::int64_t pid = 0;
  std::uint64_t start_time = 0;  ///< of the process, in clock ticks since boot (/proc/<pid>/stat field 22)
  std::string nonce;             ///< random letters, digits and dashes, so that two holders never look alike
  std::string since;             ///< wall clock, for people only
  std::string slurm_job;         ///< id and restart count, empty outside Slurm
  std::uint64_t beat = 0;        ///< bumped by renew
  bool operator==(const Holder&) const = default;
};

/// What read_lease shows of a file that nobody wrote so: a holder without host.
inline bool is_damaged(const Holder& holder) {
  return holder.host.empty();
}

/// The highest lease in a run directory. A damaged lease file shows as a holder of whom is_damaged is true.
struct LeaseState {
  std::uint64_t epoch = 0;
  Holder holder;
  enum class Kind { held, released } kind = Kind::held;
  bool operator==(const LeaseState&) const = default;
};

/// Nothing if the directory was never taken. For `status` and for messages; to own, take.
std::optional<LeaseState> read_lease(FileOps& files, const std::string& run_directory);

/// Throws FencedOff unless `epoch` is the highest lease of the run directory. Cheap: one directory listing.
/// Throws StorageError (ENOENT) if it is not there, or no run directory any more: moved away, or the empty
/// mount point of a disk that is.
void require_run_directory(FileOps& files, const std::string& run_directory);

/// Makes a folder of a run directory, which has to be there as above.
void make_run_folder(FileOps& files, const std::string& run_directory, const std::string& folder);

/// For processes that work under somebody's lease; to be called just before whatever publishes.
void check_epoch(FileOps& files, const std::string& run_directory, std::uint64_t epoch);

/// Ownership of a run directory: one file an epoch, lease/<epoch>; the highest epoch owns the directory. Used
/// by one thread. Nothing is given back on destruction: a process that dies gives nothing back either.
class Lease {
 public:
  std::uint64_t epoch() const { return epoch_; }

  /// Shows that the holder lives: replaces its own file. Throws FencedOff if a newer epoch exists.
  void renew();

  /// Throws FencedOff if a newer epoch exists: check_epoch.
  void check() const;

  /// Gives the directory back: the next taker need not wait. Throws FencedOff if it is not ours any more.
  void release();

 private:
  friend struct LeaseTaking;
  Lease(FileOps& files, std::string run_directory, std::uint64_t epoch, Holder self);
  void rewrite(LeaseState::Kind kind);

  FileOps* files_;
  std::string run_directory_;
  std::uint64_t epoch_;
  Holder self_;
};

/// This process, as a Holder; reads /proc. `nonce` and `since` come from the caller.
Holder describe_self(const std::string& nonce, const std::string& since);

/// Whether the process that `holder` describes runs in this boot and PID namespace; reads /proc.
bool holder_lives(const Holder& holder);

/// Says whether a holder of this machine (same boot id) still lives: holder_lives; tests answer by hand.
using IsAlive = std::function<bool(const Holder&)>;

struct Refused {
  Holder holder;  ///< who has it
  std::uint64_t epoch = 0;
};

/// Who wants which run directory, and how to find out about its holder.
struct LeaseWish {
  FileOps& files;
  std::string run_directory;
  Holder self;
  IsAlive is_alive = holder_lives;
  std::optional<LeaseState> given_up = {};  ///< free, too, as long as nobody has changed it: see StaleWatch
};

/// Whether a lease is free as it is: released, its holder of this boot and gone, or what `wish` gives up.
bool is_free(const LeaseState& state, const LeaseWish& wish);

/// Takes the lease of `run_directory` if it was never taken or is_free. A live or unknown holder refuses;
/// StaleWatch waits unknown ones out. Of any number of takers at once, one gets it.
/// Throws StorageError; then nothing was taken.
std::variant<Lease, Refused> take_lease(const LeaseWish& wish);

/// For a holder on another machine, or one that stands still: shown the lease again and again, with the
/// caller's monotonic clock, it says when the holder's beat stood still for `patience`; then the lease may be
/// given up, to be taken.
class StaleWatch {
 public:
  explicit StaleWatch(std::chrono::seconds patience) : patience_(patience) {}
  bool stood_still(const LeaseState& state, std::chrono::nanoseconds now);

 private:
  std::chrono::seconds patience_;
  std::optional<LeaseState> seen_;
  std::chrono::nanoseconds seen_at_{0};
};

}  // namespace pia::storage
