// SPDX-License-Identifier: Apache-2.0
#include "farm/child/attempt.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>

#include "farm/child/plausible.hpp"
#include "farm/media/image_file.hpp"
#include "farm/media/resize.hpp"
#include "farm/run_files.hpp"
#include "farm/videos.hpp"
#include "jobs/core/error.hpp"
#include "jobs/core/recipe.hpp"
#include "storage/checkpoint_store.hpp"
#include "storage/lease.hpp"

namespace pia::farm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kDiskPatience{10};

/// From here on what this process prints, a crash included, belongs to the attempt.
void log_to(const std::string& path) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return;
  std::fflush(nullptr);
  dup2(descriptor, STDOUT_FILENO);
  dup2(descriptor, STDERR_FILENO);
  close(descriptor);
}

void log_line(const std::string& line) {
  char stamp[32];
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  std::strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", localtime_r(&now, &parts));
  std::fprintf(stderr, "%s %s\n", stamp, line.c_str());
}

/// The picture as the shot wants it. Its bytes must still be those that the plan saw.
jobs::Image condition_picture(const jobs::Shot& shot, storage::FileOps& files) {
  if (jobs::sha256(files.read(shot.image.path)) != shot.image.digest) {
    throw jobs::InputError(shot.image.path + " has changed since the job was planned; run the job again");
  }
  return apply_geometry(read_image(shot.image.path), shot.geometry);
}

class Watch : public renderer::RenderObserver {
 public:
  Watch(const RenderShot& task, const AttemptParts& parts, storage::CheckpointStore& checkpoints)
      : task_(task), parts_(parts), checkpoints_(checkpoints), last_checkpoint_(Clock::now()) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// No checkpoint of this attempt is written after it is over.
  ~Watch() override {
    parts_.checkpoint_writing.drop_waiting();
    parts_.checkpoint_writing.wait_idle();
  }

  renderer::Directive reached(const renderer::Progress& progress,
                              const std::function<jobs::Checkpoint()>& snapshot) override {
    parts_.socket.send(StepReached{task_.shot.id, task_.attempt, progress});
    while (const auto message = parts_.socket.receive(SupervisorSocket::Wait::not_at_all)) {
      const auto* stop = std::get_if<StopShot>(&*message);
      if (stop != nullptr && stop->shot == task_.shot.id) stopping_ = true;
      if (std::holds_alternative<Quit>(*message)) stopping_ = true;
    }
    if (stopping_) return renderer::Directive::stop;
    if (progress.phase == renderer::Phase::denoising && progress.step > 0 && due(progress)) {
      write_later(snapshot());
    }
    return renderer::Directive::go_on;
  }

 private:
  bool due(const renderer::Progress& progress) const {
    const std::chrono::duration<double> since = Clock::now() - last_checkpoint_;
    const bool before_decoding = progress.step == progress.of && since.count() > 1;
    return before_decoding || since.count() >= parts_.options.checkpoint_every;
  }

  void write_later(jobs::Checkpoint checkpoint) {
    last_checkpoint_ = Clock::now();
    const storage::AttemptId attempt{task_.epoch, task_.attempt};
    parts_.checkpoint_writing.drop_waiting();
    parts_.checkpoint_writing.post([this, attempt, kept = std::move(checkpoint)] {
      try {
        checkpoints_.save(kept, attempt);
      } catch (const std::exception& error) {
        // The older checkpoint stays; the render goes on.
        parts_.socket.send(Notice{error.what()});
      }
    });
  }

  const RenderShot& task_;
  const AttemptParts& parts_;
  storage::CheckpointStore& checkpoints_;
  Clock::time_point last_checkpoint_;
  bool stopping_ = false;
};

/// Tries again while the disk is full or away: the result stays in memory, nothing is lost.
template <class Write>
auto patiently(Write write, const RenderShot& task, SupervisorSocket& socket) {
  const auto deadline = Clock::now() + kDiskPatience;
  for (std::chrono::seconds pause{1};; pause = std::min(2 * pause, std::chrono::seconds{60})) {
    try {
      return write();
    } catch (const jobs::StorageError& error) {
      if (error.error_number() == 0 || Clock::now() > deadline) throw;
      socket.send(
          Notice{std::string(error.what()) + "; trying again in " + std::to_string(pause.count()) + " s"});
      for (std::chrono::seconds slept{0}; slept < pause; slept += std::chrono::seconds{1}) {
        std::this_thread::sleep_for(std::chrono::seconds{1});
        const int of = task.shot.shot.steps;
        socket.send(StepReached{task.shot.id, task.attempt, {renderer::Phase::decoding, of, of, 0}});
      }
    }
  }
}

class Attempt {
 public:
  Attempt(const RenderShot& task, const AttemptParts& parts)
      : task_(task), parts_(parts), checkpoints_(parts.files, parts.options.run_directory) {}

  void run() {
    const jobs::Image picture = condition_picture(task_.shot.shot, parts_.files);
    const auto found = checkpoints_.load(task_.shot.id, task_.shot.shot.dtype, parts_.options.device_kind);
    for (const std::string& sentence : found.rejected) {
      log_line(sentence);
      parts_.socket.send(Notice{sentence});
    }
    if (found.checkpoint) log_line("goes on from step " + std::to_string(found.checkpoint->next_step));
    auto outcome = render(picture, found.checkpoint ? &*found.checkpoint : nullptr);
    if (auto* checkpoint = std::get_if<jobs::Checkpoint>(&outcome)) {
      stop(*checkpoint);
    } else {
      commit(std::get<jobs::ShotResult>(outcome));
    }
  }

  void fail(scheduler::FailureKind kind, const std::string& reason) {
    log_line("failed: " + reason);
    parts_.socket.send(ShotFailed{task_.shot.id, task_.attempt, kind, reason});
  }

 private:
  renderer::Outcome render(const jobs::Image& picture, const jobs::Checkpoint* from) {
    Watch watch(task_, parts_, checkpoints_);
    return parts_.renderer.render({.shot = task_.shot.shot,
                                   .image = picture,
                                   .keep = task_.output.keep_latents,
                                   .from = from,
                                   .attempt = task_.attempt},
                                  watch);
  }

  storage::AttemptId id() const { return {task_.epoch, task_.attempt}; }

  void stop(const jobs::Checkpoint& checkpoint) {
    checkpoints_.save(checkpoint, id());
    log_line("stopped after step " + std::to_string(checkpoint.next_step));
    parts_.socket.send(ShotStopped{task_.shot.id, task_.attempt, checkpoint.next_step});
  }

  void commit(jobs::ShotResult& result) {
    if (const auto lie = implausible(task_.shot.shot, result)) {
      fail(scheduler::FailureKind::crash, *lie);
      return;
    }
    result.id = task_.shot.id;
    result.name = task_.shot.name;
    result.recipe = jobs::recipe_json(task_.shot.shot);
    const auto fence = [this] {
      storage::check_epoch(parts_.files, parts_.options.run_directory, task_.epoch);
    };
    patiently(
        [&] {
          parts_.store.commit(result, id(), fence);
          return true;
        },
        task_, parts_.socket);
    const auto size = parts_.store.size(task_.shot.id);
    checkpoints_.remove(task_.shot.id);
    log_line("committed");
    parts_.socket.send(ShotCommitted{task_.shot.id, task_.attempt, size.value_or(0), result.timings});
    parts_.video_encoding.post([task = task_, clip = std::move(result.clip), parts = parts_] {
      parts.socket.send(make_videos(task.shot, task.output, clip, parts.options.run_directory));
    });
  }

  const RenderShot& task_;
  const AttemptParts& parts_;
  storage::CheckpointStore checkpoints_;
};

scheduler::FailureKind kind_of(const jobs::Error& error) {
  if (dynamic_cast<const jobs::DeviceError*>(&error) != nullptr) return scheduler::FailureKind::device;
  const bool input = error.code() == jobs::ExitCode::bad_input || error.code() == jobs::ExitCode::bad_config;
  return input ? scheduler::FailureKind::input : scheduler::FailureKind::crash;
}

}  // namespace

std::string run_attempt(const RenderShot& task, const AttemptParts& parts) {
  const std::string folder = log_folder(parts.options.run_directory, task.shot.id);
  try {
    parts.files.make_folders(folder);
  } catch (const jobs::StorageError&) {
    // A log that can't be kept costs no attempt.
  }
  log_to(folder + "/" + storage::AttemptId{task.epoch, task.attempt}.to_string() + ".log");
  log_line("shot " + task.shot.name + " " + to_hex(task.shot.id));
  Attempt attempt(task, parts);
  try {
    attempt.run();
  } catch (const storage::FencedOff&) {
    _exit(static_cast<int>(jobs::ExitCode::run_again));
  } catch (const jobs::Error& error) {
    attempt.fail(kind_of(error), error.what());
  } catch (const std::exception& error) {
    attempt.fail(scheduler::FailureKind::crash, error.what());
  }
  return model_key(task.shot.shot);
}

}  // namespace pia::farm
