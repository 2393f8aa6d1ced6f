// SPDX-License-Identifier: Apache-2.0
#include "storage/training_store.hpp"

#include <array>
#include <cerrno>

#include "jobs/core/error.hpp"
#include "storage/training_file.hpp"

namespace pia::storage {
namespace {

constexpr int kSlots = 2;

struct Slot {
  std::optional<jobs::TrainingCheckpoint> checkpoint;
  std::string complaint;
};

Slot read_slot(FileOps& files, const std::string& path) {
  try {
    return {decode_training(files.read(path), path), ""};
  } catch (const jobs::StorageError& error) {
    // A disk that is away must not be taken for a bad checkpoint; a bad sector (EIO) is one.
    if (error.may_pass() && error.error_number() != EIO) throw;
    return {std::nullopt, error.error_number() == ENOENT ? "" : error.what()};
  }
}

}  // namespace

TrainingStore::TrainingStore(FileOps& files, std::string run_directory)
    : files_(files), root_(std::move(run_directory)), folder_(root_ + "/checkpoints") {}

std::string TrainingStore::slot_path(int slot) const {
  return folder_ + "/training." + std::to_string(slot) + ".h5";
}

TrainingStore::Found TrainingStore::load(const jobs::Digest& identity, const std::string& device_kind) const {
  Found found;
  for (int number = 0; number < kSlots; ++number) {
    const std::string path = slot_path(number);
    Slot slot = read_slot(files_, path);
    if (!slot.complaint.empty()) found.rejected.push_back(slot.complaint);
    if (!slot.checkpoint) continue;
    if (slot.checkpoint->identity != identity) {
      found.foreign = path + " is of another training: something that decides the weights has changed since";
    } else if (slot.checkpoint->device_kind != device_kind) {
      found.foreign = path + " was made on " + slot.checkpoint->device_kind + ", and does not go on on " +
                      device_kind + ": [worker] device in the site file says on which";
    } else if (!found.checkpoint || slot.checkpoint->step > found.checkpoint->step) {
      found.checkpoint = std::move(slot.checkpoint);
    }
  }
  return found;
}

int TrainingStore::worst_slot(const jobs::TrainingCheckpoint& checkpoint) const {
  std::array<std::int64_t, kSlots> worth{};
  for (int slot = 0; slot < kSlots; ++slot) {
    const Slot found = read_slot(files_, slot_path(slot));
    const bool good = found.checkpoint && found.checkpoint->identity == checkpoint.identity &&
                      found.checkpoint->device_kind == checkpoint.device_kind;
    worth[static_cast<std::size_t>(slot)] = good ? found.checkpoint->step : -1;
  }
  return worth[0] <= worth[1] ? 0 : 1;
}

void TrainingStore::save(const jobs::TrainingCheckpoint& checkpoint, std::uint64_t epoch) {
  const int slot = next_slot_ ? *next_slot_ : worst_slot(checkpoint);
  const std::vector<std::byte> bytes = encode_training(checkpoint);
  files_.make_folders_within(root_, folder_);
  next_slot_ = slot;
  replace_file(files_, slot_path(slot), bytes, "e" + std::to_string(epoch));
  next_slot_ = 1 - slot;
}

}  // namespace pia::storage
