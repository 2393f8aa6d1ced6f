// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "farm/child/background.hpp"
#include "farm/child/disk_patience.hpp"
#include "farm/child/renderer_child.hpp"
#include "farm/child/socket.hpp"
#include "farm/child/staging.hpp"
#include "farm/digest_cache.hpp"
#include "storage/file_ops.hpp"
#include "storage/shot_store.hpp"

namespace pia::farm {

/// What an attempt works with; all of it outlives the attempt.
struct AttemptParts {
  const ChildOptions& options;
  renderer::Renderer& renderer;
  SupervisorSocket& socket;
  storage::FileOps& files;
  storage::ShotStore& store;
  Background& checkpoint_writing;
  Background& video_encoding;
  DigestCache* digests = nullptr;   ///< none: weights are not read, as in a rehearsal
  Staging* staging = nullptr;       ///< none: weights are read where they are
  std::string resident_model = {};  ///< the jobs::model_key of the shot before, empty if none is loaded
  DiskPatience patience = {};
};

/// One try at a shot, from its checkpoint if there is a good one: makes sure that picture and models are
/// those of the plan, renders, checkpoints by time, commits, hands the videos to another thread; says how it
/// ended (ShotCommitted, ShotFailed or ShotStopped). A full disk or one that is away is waited for. What
/// happens goes to logs/<id>/<attempt>.log. Returns the key of the model that is resident afterwards, empty
/// if that is not known. Ends the process if a newer epoch owns the run, or if what it loaded is not what was
/// planned.
std::string run_attempt(const RenderShot& task, const AttemptParts& parts);

}  // namespace pia::farm
