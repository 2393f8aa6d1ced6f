// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "farm/child/attempt.hpp"
#include "farm/child/stop_request.hpp"
#include "storage/checkpoint_store.hpp"

namespace pia::farm {

/// Watches a render for its attempt: tells the supervisor about each step, stops when it is told to, writes
/// checkpoints by time in another thread. References outlive it.
class AttemptWatch : public renderer::RenderObserver {
 public:
  AttemptWatch(const RenderShot& task, const AttemptParts& parts, storage::CheckpointStore& checkpoints,
               StopRequest& stop);
  AttemptWatch(const AttemptWatch&) = delete;
  AttemptWatch& operator=(const AttemptWatch&) = delete;

  /// No checkpoint of this attempt is written after it is over.
  ~AttemptWatch() override;

  renderer::Directive reached(const renderer::Progress& progress,
                              const std::function<jobs::Checkpoint()>& snapshot) override;

  /// Tells the supervisor each second at most.
  renderer::Directive between_windows() override;

  /// The step that the last checkpoint on the disk goes on from; -1 if this attempt wrote none.
  int kept_step() const { return kept_step_; }

  /// Steps that were told one after the other, each after the one before it.
  int steps_told() const { return steps_told_; }

 private:
  using Clock = std::chrono::steady_clock;

  void count(const renderer::Progress& progress);
  bool due(const renderer::Progress& progress) const;
  void write_later(jobs::Checkpoint checkpoint);

  const RenderShot& task_;
  const AttemptParts& parts_;
  storage::CheckpointStore& checkpoints_;
  StopRequest& stop_;
  Clock::time_point last_checkpoint_;
  Clock::time_point last_sign_;
  std::atomic<int> kept_step_ = -1;
  std::optional<int> last_step_;  ///< that was told
  int steps_told_ = 0;
};

}  // namespace pia::farm
