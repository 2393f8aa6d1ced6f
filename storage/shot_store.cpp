// SPDX-License-Identifier: Apache-2.0
#include "storage/shot_store.hpp"

#include <cerrno>

#include "jobs/core/error.hpp"
#include "storage/result_file.hpp"
#include "storage/temporary.hpp"

namespace pia::storage {

ShotStore::Committed ShotStore::commit(const jobs::ShotResult& result, const AttemptId& attempt,
                                       const std::function<void()>& fence) {
  const std::string final_path = path(result.id);
  const std::string folder = final_path.substr(0, final_path.find_last_of('/'));
  if (files_.exists(final_path)) {
    // Else whoever was taken over would note the commit of its successor as its own.
    fence();
    // An earlier call may have failed between publishing and syncing.
    files_.sync_folder(folder);
    return Committed::already_there;
  }
  const std::vector<std::byte> bytes = encode_result(result);
  files_.make_folders_within(root_, folder);
  const std::string aside = write_aside(files_, final_path, bytes, attempt.to_string());
  bool first = false;
  try {
    fence();
    first = files_.link(aside, final_path);
  } catch (...) {
    remove_quietly(files_, aside);
    throw;
  }
  remove_quietly(files_, aside);
  files_.sync_folder(folder);
  return first ? Committed::now : Committed::already_there;
}

std::optional<jobs::ShotResult> ShotStore::load(const jobs::ShotId& id) const {
  const std::string file = path(id);
  std::vector<std::byte> bytes;
  try {
    bytes = files_.read(file);
  } catch (const jobs::StorageError& error) {
    if (error.error_number() == ENOENT) return std::nullopt;
    throw;
  }
  return decode_result(bytes, id, file);
}

std::optional<jobs::ShotResult> ShotStore::load_twice(const jobs::ShotId& id) const {
  try {
    return load(id);
  } catch (const jobs::StorageError& error) {
    if (error.error_number() != EIO) throw;
    return load(id);
  }
}

ShotStore::Sound ShotStore::load_sound(const jobs::ShotId& id) {
  try {
    return {.result = load_twice(id)};
  } catch (const jobs::StorageError& error) {
    // A disk that is away must not cost a good result; a bad sector, or what is no file, is none.
    const bool is_damage =
        error.error_number() == 0 || error.error_number() == EIO || error.error_number() == EISDIR;
    if (!is_damage) throw;
    set_aside(id);
    return {.damage = std::string(error.what()) + "; it is put aside and rendered again"};
  }
}

}  // namespace pia::storage
