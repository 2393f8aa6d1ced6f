// SPDX-License-Identifier: Apache-2.0
#include "storage/lease.hpp"

#include <algorithm>
#include <cerrno>

#include "jobs/core/error.hpp"
#include "storage/crc32c.hpp"
#include "storage/journal_file.hpp"
#include "storage/lease_file.hpp"
#include "storage/temporary.hpp"

namespace pia::storage {
namespace {

// Each lost race means that somebody else won one.
constexpr int kMostRaces = 1000;

std::span<const std::byte> as_bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string tag_of(std::uint64_t epoch, const Holder& holder) {
  return "e" + std::to_string(epoch) + "-" + holder.nonce;
}

bool is_gone(const Holder& holder, const LeaseWish& wish) {
  return !holder.boot_id.empty() && holder.boot_id == wish.self.boot_id && !wish.is_alive(holder);
}

// A lease folder that somebody deleted must not make epochs begin again: the journal remembers them too.
std::uint64_t last_journal_epoch(const LeaseWish& wish) {
  std::uint64_t last = 0;
  for (const std::string& name : wish.files.list(wish.run_directory + "/journal")) {
    if (const auto file = journal_file_from(name)) last = std::max(last, file->epoch);
  }
  return last;
}

}  // namespace

bool is_free(const LeaseState& state, const LeaseWish& wish) {
  const bool ours = !wish.self.nonce.empty() && state.holder.nonce == wish.self.nonce;
  return state.kind == LeaseState::Kind::released || ours || is_gone(state.holder, wish) ||
         state == wish.given_up;
}

std::optional<LeaseState> read_lease(FileOps& files, const std::string& run_directory) {
  for (int race = 0;; ++race) {
    const auto epochs = lease_epochs(files, run_directory);
    if (epochs.empty()) return std::nullopt;
    std::vector<std::byte> bytes;
    try {
      bytes = files.read(lease_path(run_directory, epochs.back()));
    } catch (const jobs::StorageError& error) {
      // A later owner may have tidied it away since the listing.
      if (error.error_number() != ENOENT || race == kMostRaces) throw;
      continue;
    }
    if (auto state = decode_lease(bytes); state && state->epoch == epochs.back()) return state;
    LeaseState damaged{.epoch = epochs.back(), .holder = {}};
    damaged.holder.nonce = "damaged-" + std::to_string(crc32c(bytes));
    return damaged;
  }
}

void require_run_directory(FileOps& files, const std::string& run_directory) {
  if (files.exists(run_directory + "/lease")) return;
  throw jobs::StorageError(run_directory + " is gone; bring it back, then run the same command again",
                           ENOENT);
}

void make_run_folder(FileOps& files, const std::string& run_directory, const std::string& folder) {
  require_run_directory(files, run_directory);
  files.make_folders_within(run_directory, folder);
}

void check_epoch(FileOps& files, const std::string& run_directory, std::uint64_t epoch) {
  const auto epochs = lease_epochs(files, run_directory);
  if (epochs.empty()) require_run_directory(files, run_directory);
  if (!epochs.empty() && epochs.back() > epoch) throw FencedOff();
  // A listing may miss a file that is being renamed onto its own name; a look-up never does.
  if (!files.exists(lease_path(run_directory, epoch)) || files.exists(lease_path(run_directory, epoch + 1))) {
    throw FencedOff();
  }
}

Lease::Lease(FileOps& files, std::string run_directory, std::uint64_t epoch, Holder self)
    : files_(&files), run_directory_(std::move(run_directory)), epoch_(epoch), self_(std::move(self)) {}

void Lease::check() const {
  check_epoch(*files_, run_directory_, epoch_);
}

void Lease::rewrite(LeaseState::Kind kind) {
  check();
  const std::string text = encode_lease({.epoch = epoch_, .holder = self_, .kind = kind});
  replace_file(*files_, lease_path(run_directory_, epoch_), as_bytes(text), tag_of(epoch_, self_));
}

void Lease::renew() {
  ++self_.beat;
  rewrite(LeaseState::Kind::held);
}

void Lease::release() {
  rewrite(LeaseState::Kind::released);
}

/// How a lease comes to be.
struct LeaseTaking {
  using Outcome = std::variant<Lease, Refused>;

  static Lease made(const LeaseWish& wish, std::uint64_t epoch) {
    return Lease(wish.files, wish.run_directory, epoch, wish.self);
  }

  /// False if somebody else was faster.
  static bool claim(const LeaseWish& wish, std::uint64_t epoch) {
    const std::string path = lease_path(wish.run_directory, epoch);
    const std::string text = encode_lease({.epoch = epoch, .holder = wish.self});
    const std::string aside = write_aside(wish.files, path, as_bytes(text), tag_of(epoch, wish.self));
    bool linked = false;
    try {
      linked = wish.files.link(aside, path);
      remove_quietly(wish.files, aside);
      if (!linked) return false;
      wish.files.sync_folder(wish.run_directory + "/lease");
      check_epoch(wish.files, wish.run_directory, epoch);
      return true;
    } catch (const FencedOff&) {
      return false;
    } catch (const jobs::StorageError& error) {
      remove_quietly(wish.files, linked ? path : aside);
      // The winner has swept our temporary file away.
      if (!linked && error.error_number() == ENOENT) return false;
      throw;
    }
  }

  /// The predecessor's file stays: nobody renames it any more, so that every listing shows it, and a taker
  /// whose listing missed ours still runs into our name.
  static void tidy(const LeaseWish& wish, std::uint64_t epoch, std::uint64_t predecessor) {
    const std::string folder = wish.run_directory + "/lease";
    try {
      sweep_folder(wish.files, folder, epoch + 1);
      for (const std::uint64_t old : lease_epochs(wish.files, wish.run_directory)) {
        if (old < predecessor) wish.files.remove(lease_path(wish.run_directory, old));
      }
    } catch (const jobs::StorageError&) {
      // The lease is ours all the same; whoever comes next tidies up.
      return;
    }
  }

  static Outcome take(const LeaseWish& wish) {
    wish.files.make_folders_within(wish.run_directory, wish.run_directory + "/lease");
    for (int race = 0;; ++race) {
      const auto state = read_lease(wish.files, wish.run_directory);
      if (state && (!is_free(*state, wish) || race == kMostRaces))
        return Refused{state->holder, state->epoch};
      const std::uint64_t predecessor = state ? state->epoch : 0;
      const std::uint64_t epoch = 1 + std::max(predecessor, last_journal_epoch(wish));
      if (!claim(wish, epoch)) continue;
      tidy(wish, epoch, predecessor);
      return made(wish, epoch);
    }
  }
};

std::variant<Lease, Refused> take_lease(const LeaseWish& wish) {
  return LeaseTaking::take(wish);
}

bool StaleWatch::stood_still(const LeaseState& state, std::chrono::nanoseconds now) {
  if (seen_ != state) {
    seen_ = state;
    seen_at_ = now;
  }
  return now - seen_at_ >= patience_;
}

}  // namespace pia::storage
