// SPDX-License-Identifier: Apache-2.0
// What needs no HDF5: coordinators look sizes up, and must not load that library.
#include <algorithm>
#include <cerrno>

#include "jobs/core/error.hpp"
#include "storage/shot_store.hpp"

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
    : files_(files), root_(std::move(run_directory)), folder_(root_ + "/shots") {}

std::string ShotStore::path(const jobs::ShotId& id) const {
  const std::string hex = jobs::to_hex(id);
  return folder_ + "/" + hex.substr(0, 2) + "/" + hex + std::string(kSuffix);
}

std::optional<std::uint64_t> ShotStore::size(const jobs::ShotId& id) const {
  try {
    return files_.status(path(id)).size;
  } catch (const jobs::StorageError& error) {
    if (error.error_number() == ENOENT) return std::nullopt;
    throw;
  }
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

}  // namespace pia::storage
