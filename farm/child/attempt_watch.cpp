// SPDX-License-Identifier: Apache-2.0
#include "farm/child/attempt_watch.hpp"

#include "storage/lease.hpp"

namespace pia::farm {

AttemptWatch::AttemptWatch(const RenderShot& task, const AttemptParts& parts,
                           storage::CheckpointStore& checkpoints, StopRequest& stop)
    : task_(task),
      parts_(parts),
      checkpoints_(checkpoints),
      stop_(stop),
      last_checkpoint_(Clock::now()),
      last_sign_(last_checkpoint_) {}

AttemptWatch::~AttemptWatch() {
  parts_.checkpoint_writing.drop_waiting();
  parts_.checkpoint_writing.wait_idle();
}

renderer::Directive AttemptWatch::reached(const renderer::Progress& progress,
                                          const std::function<jobs::Checkpoint()>& snapshot) {
  parts_.socket.send(StepReached{task_.shot.id, task_.attempt, progress});
  if (progress.phase == renderer::Phase::denoising) count(progress);
  if (stop_.asked()) return renderer::Directive::stop;
  if (progress.phase == renderer::Phase::denoising && progress.step > 0 && due(progress)) {
    write_later(snapshot());
  }
  return renderer::Directive::go_on;
}

renderer::Directive AttemptWatch::between_windows() {
  if (Clock::now() - last_sign_ >= parts_.patience.second) {
    last_sign_ = Clock::now();
    parts_.socket.send(StepGoesOn{task_.shot.id, task_.attempt});
  }
  return stop_.asked() ? renderer::Directive::stop : renderer::Directive::go_on;
}

void AttemptWatch::count(const renderer::Progress& progress) {
  if (last_step_ && progress.step == *last_step_ + 1) ++steps_told_;
  last_step_ = progress.step;
}

bool AttemptWatch::due(const renderer::Progress& progress) const {
  const std::chrono::duration<double> since = Clock::now() - last_checkpoint_;
  const bool before_decoding = progress.step == progress.of && since.count() > 1;
  return before_decoding || since.count() >= parts_.options.checkpoint_every;
}

void AttemptWatch::write_later(jobs::Checkpoint checkpoint) {
  last_checkpoint_ = Clock::now();
  const storage::AttemptId attempt{task_.epoch, task_.attempt};
  parts_.checkpoint_writing.drop_waiting();
  parts_.checkpoint_writing.post([this, attempt, kept = std::move(checkpoint)] {
    try {
      storage::check_epoch(parts_.files, parts_.options.run_directory, task_.epoch);
      checkpoints_.save(kept, attempt);
      kept_step_ = kept.next_step;
    } catch (const std::exception& error) {
      // The older checkpoint stays; the render goes on.
      parts_.socket.send(Notice{error.what()});
    }
  });
}

}  // namespace pia::farm
