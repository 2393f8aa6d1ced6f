// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "farm/child/disk_patience.hpp"
#include "farm/child/local_copies.hpp"
#include "farm/child/stop_request.hpp"
#include "jobs/core/shot.hpp"

namespace pia::farm {

/// The attempt that weights are staged for, and the way to its coordinator; all of it outlives the call.
struct StagingTalk {
  SupervisorSocket& socket;
  StopRequest& stop;
  jobs::ShotId shot;
  int attempt = 1;
  DiskPatience patience = {};
};

/// Has models copied to the node's own disk, once a node, and keeps those of the last shot from being
/// removed. Whoever copies holds the lock of the node's copies and has been given a turn by the coordinator.
/// Where that disk can't be used, models are read where they are; that is said once. One thread.
class Staging {
 public:
  Staging(Scratch scratch, LocalCopies::Parts parts);

  struct InPlace {};
  struct Stopped {};
  /// The shot with the paths of its models' copies; where they are; or a stop was asked for first. Throws
  /// jobs::StorageError and jobs::InputError for what is wrong with the models themselves.
  using Outcome = std::variant<jobs::Shot, InPlace, Stopped>;
  Outcome stage(const jobs::Shot& shot, const StagingTalk& talk);

  /// Of the copies.
  DigestCache& digests() { return copies_.digests(); }

  /// The jobs::model_key of what is in memory, by the paths that it was loaded from; empty if that is not
  /// known. The attempts keep it.
  const std::string& loaded() const { return loaded_; }
  void remember_loaded(const std::string& key) { loaded_ = key; }

  /// Lets go of the copies and removes what nobody uses.
  void leave();

 private:
  using Models = std::vector<jobs::FileRef*>;

  bool is_worth_it(const Models& models) const;
  bool find_all(const Models& models);
  Outcome fetch(const Models& models, const StagingTalk& talk);
  Outcome copy_missing(const Models& models, const StagingTalk& talk);
  InPlace read_in_place(const std::string& why, const StagingTalk& talk);

  Scratch scratch_;
  LocalCopies copies_;
  std::map<jobs::Digest, LocalCopies::Copy> held_;
  jobs::Shot staged_;
  std::string loaded_;
  bool closed_ = false;  ///< that disk is of no use to this process
  bool told_ = false;
};

}  // namespace pia::farm
