// SPDX-License-Identifier: Apache-2.0
#include "storage/checkpoint_store.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include "jobs/core/error.hpp"
#include "storage/checkpoint_file.hpp"
#include "storage/temporary.hpp"

namespace pia::storage {
namespace {

constexpr int kSlots = 2;

struct Slot {
  std::optional<jobs::Checkpoint> checkpoint;
  std::string complaint;
};

Slot read_slot(FileOps& files, const std::string& path, const jobs::ShotId& id) {
  try {
    return {decode_checkpoint(files.read(path), id, path), ""};
  } catch (const jobs::StorageError& error) {
    // A disk that is away must not be taken for a bad checkpoint; a bad sector (EIO) is one.
    if (error.may_pass() && error.error_number() != EIO) throw;
    return {std::nullopt, error.error_number() == ENOENT ? "" : error.what()};
  }
}

bool fits(const Slot& slot, jobs::Dtype dtype, const std::string& device_kind) {
  return slot.checkpoint && slot.checkpoint->dtype == dtype && slot.checkpoint->device_kind == device_kind;
}

}  // namespace

CheckpointStore::CheckpointStore(FileOps& files, std::string run_directory)
    : files_(files), root_(std::move(run_directory)), folder_(root_ + "/checkpoints") {}

std::string CheckpointStore::slot_path(const jobs::ShotId& id, int slot) const {
  const std::string hex = jobs::to_hex(id);
  return folder_ + "/" + hex.substr(0, 2) + "/" + hex + "." + std::to_string(slot) + ".h5";
}

void CheckpointStore::save(const jobs::Checkpoint& checkpoint, const AttemptId& attempt) {
  // A slot is worth the steps that it would save; a missing, damaged or foreign one is worth nothing.
  std::array<int, kSlots> worth{};
  for (int slot = 0; slot < kSlots; ++slot) {
    const Slot found = read_slot(files_, slot_path(checkpoint.shot, slot), checkpoint.shot);
    const bool good = fits(found, checkpoint.dtype, checkpoint.device_kind);
    worth[static_cast<std::size_t>(slot)] = good ? found.checkpoint->next_step : -1;
  }
  const std::string path = slot_path(checkpoint.shot, worth[0] <= worth[1] ? 0 : 1);
  const std::vector<std::byte> bytes = encode_checkpoint(checkpoint);
  files_.make_folders_within(root_, path.substr(0, path.find_last_of('/')));
  replace_file(files_, path, bytes, attempt.to_string());
}

CheckpointStore::Found CheckpointStore::load(const jobs::ShotId& id, jobs::Dtype dtype,
                                             const std::string& device_kind) const {
  Found found;
  for (int number = 0; number < kSlots; ++number) {
    const std::string path = slot_path(id, number);
    Slot slot = read_slot(files_, path, id);
    if (!slot.complaint.empty()) found.rejected.push_back(slot.complaint);
    if (!slot.checkpoint) continue;
    if (!fits(slot, dtype, device_kind)) {
      found.rejected.push_back(path + " was made with " + std::string(jobs::to_word(slot.checkpoint->dtype)) +
                               " on " + slot.checkpoint->device_kind + ", so it is not resumed with " +
                               std::string(jobs::to_word(dtype)) + " on " + device_kind);
    } else if (!found.checkpoint || slot.checkpoint->next_step > found.checkpoint->next_step) {
      found.checkpoint = std::move(slot.checkpoint);
    }
  }
  return found;
}

void CheckpointStore::remove(const jobs::ShotId& id) {
  for (int slot = 0; slot < kSlots; ++slot) files_.remove(slot_path(id, slot));
}

std::vector<jobs::ShotId> CheckpointStore::ids() const {
  std::vector<jobs::ShotId> ids;
  for (const std::string& part : files_.list(folder_)) {
    for (const std::string& name : files_.list(folder_ + "/" + part)) {
      const auto digest = jobs::digest_from_hex(std::string_view(name).substr(0, 64));
      if (!digest) continue;
      const std::string hex = jobs::to_hex(*digest);
      if (name == hex + ".0.h5" || name == hex + ".1.h5") ids.push_back(jobs::ShotId{*digest});
    }
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace pia::storage
