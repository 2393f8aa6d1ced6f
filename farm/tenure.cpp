// SPDX-License-Identifier: Apache-2.0
#include "farm/tenure.hpp"

#include <bit>
#include <filesystem>
#include <system_error>

#include "farm/lease_wait.hpp"
#include "jobs/core/error.hpp"
#include "storage/temporary.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;

/// What keeps a folder from being made.
std::string what_is_in_the_way(const std::string& folder, int error_number) {
  std::filesystem::path there = folder;
  std::error_code error;
  const auto is_there = [&] {
    return std::filesystem::exists(std::filesystem::symlink_status(there, error));
  };
  while (there.has_relative_path() && !is_there()) there = there.parent_path();
  if (!std::filesystem::is_directory(there, error)) return there.string() + " is not a folder";
  return "no folder can be made in " + there.string() + " (" +
         std::error_code(error_number, std::generic_category()).message() + ")";
}

}  // namespace

void make_run_directory(storage::FileOps& files, const std::string& run_directory) {
  try {
    files.make_folders(run_directory + "/lease");
  } catch (const jobs::StorageError& error) {
    if (error.may_pass()) throw;
    throw jobs::Error(ExitCode::bad_config,
                      run_directory + " can't be a run directory: " +
                          what_is_in_the_way(run_directory + "/lease", error.error_number()) +
                          "; give another folder with --out or [job] out");
  }
}

Tenure::Tenure(storage::FileOps& files, std::string run_directory, const Claimant& claimant, Watcher& watcher)
    : wish_(lease_wish(files, std::move(run_directory), claimant)) {
  LeaseWait wait(wish_, claimant, watcher);
  while (true) {
    auto taken = storage::take_lease(wish_);
    if (auto* lease = std::get_if<storage::Lease>(&taken)) {
      lease_ = std::move(*lease);
      return;
    }
    const storage::Holder& holder = std::get<storage::Refused>(taken).holder;
    if (claimant.turn.who_waits == Turn::Waits::caller) throw HeldByAnother(wish_.run_directory, holder);
    wish_.given_up = wait.until_free(holder);
  }
}

void Tenure::next_epoch() {
  storage::require_run_directory(wish_.files, wish_.run_directory);
  auto taken = storage::take_lease(wish_);
  auto* lease = std::get_if<storage::Lease>(&taken);
  if (lease == nullptr) throw storage::FencedOff();
  lease_ = std::move(*lease);
}

void Tenure::beat(Watcher& watcher) {
  try {
    lease_->renew();
    failed_beats_ = 0;
  } catch (const jobs::StorageError& error) {
    // Said at once, then after 2, 4, 8 ... beats that failed.
    if (std::has_single_bit(++failed_beats_)) watcher.notice(error.what());
  }
}

namespace {

/// Videos lie in folders of the job's own choosing.
void sweep_videos(storage::FileOps& files, const std::string& folder, std::uint64_t epoch) {
  if (!files.exists(folder)) return;
  storage::sweep_folder(files, folder, epoch);
  std::error_code error;
  using Iterator = std::filesystem::recursive_directory_iterator;
  for (Iterator at(folder, error); !error && at != Iterator(); at.increment(error)) {
    if (at->is_directory(error)) storage::sweep_folder(files, at->path().string(), epoch);
  }
}

}  // namespace

void sweep_leftovers(storage::FileOps& files, const std::string& run_directory, std::uint64_t epoch) {
  storage::sweep_subfolders(files, run_directory + "/shots", epoch);
  storage::sweep_subfolders(files, run_directory + "/checkpoints", epoch);
  storage::sweep_folder(files, run_directory, epoch);
  storage::sweep_folder(files, run_directory + "/gallery", epoch);
  sweep_videos(files, run_directory + "/videos", epoch);
}

}  // namespace pia::farm
