// SPDX-License-Identifier: Apache-2.0
#include "storage/shot_store.hpp"

#include <algorithm>
#include <cerrno>

#include "jobs/core/error.hpp"
#include "storage/result_file.hpp"
#include "storage/temporary.hpp"

namespace pia::storage {
namespace {

constexpr std::string_view kSuffix = ".h5";

std::optional<jobs::ShotId> id_from(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  const auto digest = jobs::digest_from_hex(name);
  if (!digest || jobs::to_hex(*digest) != name) return std::nullopt;
  return jobs::ShotId{*digest};
}

}  // namespace

std::string AttemptId::to_string() const {
  return "e" + std::to_string(epoch) + "-a" + std::to_string(number);
}

ShotStore::ShotStore(FileOps& files, std::string run_directory)
    : files_(files), folder_(std::move(run_directory) + "/shots") {}

std::string ShotStore::path(const jobs::ShotId& id) const {
  const std::string hex = jobs::to_hex(id);
  return folder_ + "/" + hex.substr(0, 2) + "/" + hex + std::string(kSuffix);
}

ShotStore::Committed ShotStore::commit(const jobs::ShotResult& result, const AttemptId& attempt,
                                       const std::function<void()>& fence) {
  const std::string final_path = path(result.id);
  const std::string folder = final_path.substr(0, final_path.find_last_of('/'));
  if (files_.exists(final_path)) {
    // An earlier call may have failed between publishing and syncing.
    files_.sync_folder(folder);
    return Committed::already_there;
  }
  const std::vector<std::byte> bytes = encode_result(result);
  files_.make_folders(folder);
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

std::optional<std::uint64_t> ShotStore::size(const jobs::ShotId& id) const {
  try {
    return files_.status(path(id)).size;
  } catch (const jobs::StorageError& error) {
    if (error.error_number() == ENOENT) return std::nullopt;
    throw;
  }
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

std::vector<jobs::ShotId> ShotStore::ids() const {
  std::vector<jobs::ShotId> ids;
  for (const std::string& part : files_.list(folder_)) {
    for (const std::string& name : files_.list(folder_ + "/" + part)) {
      const auto id = id_from(name);
      if (id && name.substr(0, 2) == part) ids.push_back(*id);
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

void ShotStore::set_aside(const jobs::ShotId& id) {
  const std::string file = path(id);
  const std::string bad = file.substr(0, file.size() - kSuffix.size()) + ".bad";
  files_.rename(file, bad);
  files_.sync_folder(file.substr(0, file.find_last_of('/')));
}

int ShotStore::sweep(std::uint64_t epoch) {
  return sweep_subfolders(files_, folder_, epoch);
}

}  // namespace pia::storage
