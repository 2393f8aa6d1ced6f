// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "farm/child/path_lock.hpp"
#include "farm/child/scratch.hpp"
#include "farm/digest_cache.hpp"
#include "jobs/core/error.hpp"
#include "jobs/core/shot.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {

/// The node's own disk can't be used. The shared one can: nothing is lost but time.
class ScratchTrouble : public jobs::Error {
 public:
  explicit ScratchTrouble(const std::string& sentence) : Error(jobs::ExitCode::run_again, sentence) {}
};

/// Copies of models on a node's own disk, each under the digest of its content, for all renderers that this
/// user has there. In the folder:
///   lock               held by the one that changes what is there
///   <64 hex>/model/    the files that the renderer reads of a model's folder; or
///   <64 hex>/<name>    a model's file
///   <64 hex>.used      a number: the higher, the later it was used
///   digests            a DigestCache of the copies
///   *.tmp              half a copy, or one half removed: whoever has the lock next removes it
/// A copy is locked while somebody uses it. It gets its name when all its bytes are on the disk and were read
/// back. One thread. Throws ScratchTrouble for whatever goes wrong with the node's disk.
class LocalCopies {
 public:
  struct Parts {
    std::string folder;  ///< absolute; made when the first copy is
    storage::FileOps& files;
    std::function<DiskSpace(const std::string&)> space = disk_space;
    std::function<std::int64_t()> wall_clock_ns;  ///< as DigestCache::Options
  };
  explicit LocalCopies(Parts parts);

  struct Copy {
    std::string path;  ///< to load it from
    PathLock in_use;
  };

  /// The copy of that content, if it is there, whole, and not being removed.
  std::optional<Copy> find(const jobs::Digest& content);

  /// Others go before it when room is made.
  void remember_use(const jobs::Digest& content);

  /// The right to change what is there; nothing while another has it. Makes the folder. Throws too if the
  /// folder is somebody else's.
  std::optional<PathLock> try_lock();

  /// @name With the lock only
  /// @{
  /// Removes what the dead left half done.
  void sweep();

  /// Removes copies that nobody uses, the longest unused first, until so many bytes fit and a tenth of the
  /// disk stays free. False if they don't.
  bool make_room(std::uint64_t bytes);

  enum class End { made, stopped };
  /// Copies a model, and calls `stop` between two pieces: true ends it. Throws jobs::StorageError or
  /// jobs::InputError for what is wrong with `model`, and ScratchTrouble too if the copy's content is not
  /// that of the plan.
  End copy(const jobs::FileRef& model, const std::function<bool()>& stop);
  /// @}

  /// Bytes of a model's files. Throws as `copy` for the model.
  static std::uint64_t size(const jobs::FileRef& model);

  /// Removes whatever nobody uses, the folder too if that is all. What can't be removed stays for the next.
  void clean();

  /// Of the copies.
  DigestCache& digests() { return digests_; }

 private:
  std::string at(const std::string& name) const { return parts_.folder + "/" + name; }
  void make_folder();
  std::uint64_t last_use(const std::string& name);
  std::vector<std::string> copies();
  std::optional<PathLock> unused(const std::string& name);
  void discard(const std::string& name);
  bool discard_longest_unused();
  End copy_files(const jobs::FileRef& model, const std::string& target, const std::function<bool()>& stop);

  void publish(const jobs::FileRef& model, const std::string& half);

  Parts parts_;
  DigestCache digests_;
};

}  // namespace pia::farm
