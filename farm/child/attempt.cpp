// SPDX-License-Identifier: Apache-2.0
#include "farm/child/attempt.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "farm/child/attempt_watch.hpp"
#include "farm/child/planned_files.hpp"
#include "farm/child/plausible.hpp"
#include "farm/clocks.hpp"
#include "farm/media/image_file.hpp"
#include "farm/media/measures.hpp"
#include "farm/media/resize.hpp"
#include "farm/run_files.hpp"
#include "farm/videos.hpp"
#include "jobs/core/error.hpp"
#include "jobs/core/memory_error.hpp"
#include "jobs/core/model_key.hpp"
#include "jobs/core/recipe.hpp"
#include "storage/checkpoint_store.hpp"
#include "storage/lease.hpp"

namespace pia::farm {
namespace {

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
  std::fprintf(stderr, "%s %s\n", local_time(wall_seconds()).c_str(), line.c_str());
}

/// A disk that fails is waited for; a picture that somebody took away is not.
std::vector<std::byte> bytes_of_picture(const std::string& path, storage::FileOps& files) {
  try {
    return files.read(path);
  } catch (const jobs::StorageError& error) {
    if (error.may_pass()) throw;
    throw jobs::InputError(error.what());
  }
}

/// The picture as the shot wants it. Its bytes must still be those that the plan saw.
jobs::Image condition_picture(const jobs::Shot& shot, storage::FileOps& files) {
  const std::vector<std::byte> bytes = bytes_of_picture(shot.image.path, files);
  if (jobs::sha256(bytes) != shot.image.digest) {
    throw changed_since_planned(shot.image.path);
  }
  return apply_geometry(read_image_bytes(bytes, shot.image.path), shot.geometry);
}

/// keep_latents = "all" wants every step since the first; a checkpoint of a run that kept less lacks them.
bool lacks_steps(const jobs::Checkpoint& checkpoint, jobs::KeepLatents keep) {
  return keep == jobs::KeepLatents::all &&
         checkpoint.kept.size() != static_cast<std::size_t>(checkpoint.next_step) + 1;
}

/// Whatever comes of others would be refused, attempt after attempt.
bool holds_numbers(const jobs::Checkpoint& checkpoint) {
  return std::ranges::all_of(checkpoint.latents.values, [](float value) { return std::isfinite(value); });
}

/// The weights that were just loaded are not those of the plan, and stay in memory under its name.
class LoadedTheWrongModel : public jobs::InputError {
 public:
  using InputError::InputError;
};

class Attempt {
 public:
  Attempt(const RenderShot& task, const AttemptParts& parts)
      : task_(task),
        parts_(parts),
        checkpoints_(parts.files, parts.options.run_directory),
        stop_(parts.socket, task.shot.id) {}

  void run() {
    jobs::Image picture;
    std::optional<jobs::Checkpoint> from;
    std::optional<jobs::ShotResult> kept;
    const bool began = patiently([&] {
      check_ownership();
      kept = kept_result();
      if (kept) return;
      picture = condition_picture(shot(), parts_.files);
      from = checkpoint();
      where_ = stage();
      if (is_stopped()) return;
      loads_weights_ = loads_weights();
      check_weights();
    });
    kept_step_ = from ? from->next_step : 0;
    if (!began || is_stopped()) return say_stopped();
    if (kept) return say_committed(*kept, picture);
    auto outcome = render(picture, from ? &*from : nullptr);
    if (!patiently([&] { check_what_was_loaded(); })) return say_stopped();
    if (auto* checkpoint = std::get_if<jobs::Checkpoint>(&outcome)) {
      stop(*checkpoint);
    } else {
      commit(std::get<jobs::ShotResult>(outcome), picture);
    }
  }

  void fail(scheduler::FailureKind kind, const std::string& reason) {
    log_line("failed: " + reason);
    parts_.socket.send(ShotFailed{task_.shot.id, task_.attempt, kind, reason});
  }

  /// The key of the model that is in memory, empty if that is not known.
  const std::string& resident_model() const { return resident_model_; }

  /// Not the shot's fault: it keeps its attempts for the next start.
  void give_back(const DiskIsGone& error) {
    parts_.socket.send(DiskGone{error.what()});
    say_stopped();
  }

 private:
  const jobs::Shot& shot() const { return task_.shot.shot; }
  storage::AttemptId id() const { return {task_.epoch, task_.attempt}; }

  /// What is resident may have come from elsewhere: then the renderer loads it again.
  bool loads_weights() const {
    if (parts_.digests == nullptr) return false;
    const bool moved =
        parts_.staging != nullptr && parts_.staging->loaded() != jobs::model_key(with_weights());
    return moved || jobs::model_key(shot()) != parts_.resident_model;
  }

  Staging::Outcome stage() {
    if (parts_.staging == nullptr) return Staging::InPlace{};
    return parts_.staging->stage(shot(), {.socket = parts_.socket,
                                          .stop = stop_,
                                          .shot = task_.shot.id,
                                          .attempt = task_.attempt,
                                          .patience = parts_.patience});
  }
  bool is_stopped() const { return std::holds_alternative<Staging::Stopped>(where_); }

  /// The shot, with the paths that its weights are read from.
  const jobs::Shot& with_weights() const {
    const auto* staged = std::get_if<jobs::Shot>(&where_);
    return staged != nullptr ? *staged : shot();
  }

  void check_weights() {
    if (!loads_weights_) return;
    const bool staged = std::holds_alternative<jobs::Shot>(where_);
    check_models(with_weights(), staged ? parts_.staging->digests() : *parts_.digests);
  }

  void check_ownership() { storage::check_epoch(parts_.files, parts_.options.run_directory, task_.epoch); }

  void notice(const std::string& sentence) {
    log_line(sentence);
    parts_.socket.send(Notice{sentence});
  }

  /// An earlier attempt may have died between keeping its result and saying so.
  std::optional<jobs::ShotResult> kept_result() {
    storage::ShotStore::Sound kept = parts_.store.load_sound(task_.shot.id);
    if (!kept.damage.empty()) notice(kept.damage);
    return std::move(kept.result);
  }

  bool patiently(const std::function<void()>& work) {
    return farm::patiently(work, DiskAwaited{task_.shot.id, task_.attempt},
                           {parts_.socket, stop_, parts_.patience});
  }

  std::optional<jobs::Checkpoint> checkpoint() {
    storage::CheckpointStore::Found found =
        checkpoints_.load(task_.shot.id, shot().dtype, parts_.options.device_kind);
    for (const std::string& sentence : found.rejected) notice(sentence);
    if (!found.checkpoint) return std::nullopt;
    if (!holds_numbers(*found.checkpoint)) {
      notice("the checkpoint of " + task_.shot.name + " holds no numbers (NaN); the shot begins again");
      return std::nullopt;
    }
    if (lacks_steps(*found.checkpoint, task_.output.keep_latents)) {
      notice("the checkpoint of " + task_.shot.name +
             " lacks the earlier steps that keep_latents = \"all\" wants; the shot begins again");
      return std::nullopt;
    }
    log_line("goes on from step " + std::to_string(found.checkpoint->next_step));
    return std::move(found.checkpoint);
  }

  renderer::Outcome render(const jobs::Image& picture, const jobs::Checkpoint* from) {
    try {
      return render_from(picture, from);
    } catch (const jobs::StorageError& error) {
      if (from == nullptr || error.error_number() != 0) throw;
      notice(std::string(error.what()) + "; the shot begins again");
      checkpoints_.remove(task_.shot.id);
      kept_step_ = 0;
      return render_from(picture, nullptr);
    }
  }

  renderer::Outcome render_from(const jobs::Image& picture, const jobs::Checkpoint* from) {
    AttemptWatch watch(task_, parts_, checkpoints_, stop_);
    remember_model("", "");
    auto outcome = parts_.renderer.render({.shot = with_weights(),
                                           .image = picture,
                                           .keep = task_.output.keep_latents,
                                           .from = from,
                                           .attempt = task_.attempt},
                                          watch);
    patiently([&] { parts_.checkpoint_writing.wait_idle(); });
    kept_step_ = std::max(kept_step_, watch.kept_step());
    steps_done_ = (from != nullptr ? from->next_step : 0) + watch.steps_told();
    // A render that was stopped may not have come as far as loading.
    if (std::holds_alternative<jobs::ShotResult>(outcome)) {
      remember_model(jobs::model_key(shot()), jobs::model_key(with_weights()));
    }
    return outcome;
  }

  void remember_model(const std::string& key, const std::string& loaded) {
    resident_model_ = key;
    if (parts_.staging != nullptr) parts_.staging->remember_loaded(loaded);
  }

  void check_what_was_loaded() {
    try {
      check_weights();
    } catch (const jobs::InputError& error) {
      // Checkpoints of those weights must not be gone on from.
      checkpoints_.remove(task_.shot.id);
      throw LoadedTheWrongModel(error.what());
    }
  }

  void stop(const jobs::Checkpoint& checkpoint) {
    try {
      check_ownership();
      checkpoints_.save(checkpoint, id());
      kept_step_ = checkpoint.next_step;
    } catch (const jobs::StorageError& error) {
      notice(std::string(error.what()) + "; " + task_.shot.name + " goes on from step " +
             std::to_string(kept_step_) + " the next time");
    }
    say_stopped();
  }

  void say_stopped() {
    log_line("stopped; goes on from step " + std::to_string(kept_step_));
    parts_.socket.send(ShotStopped{task_.shot.id, task_.attempt, kept_step_});
  }

  void commit(jobs::ShotResult& result, const jobs::Image& picture) {
    if (const auto lie = implausible(shot(), result, steps_done_))
      return fail(scheduler::FailureKind::crash, *lie);
    result.id = task_.shot.id;
    result.name = task_.shot.name;
    result.recipe = jobs::recipe_json(shot());
    const bool written = patiently([&] {
      // Before anything is written too: a run directory that is gone must not be made again.
      check_ownership();
      parts_.store.commit(result, id(), [this] { check_ownership(); });
    });
    if (!written) return say_stopped();
    say_committed(result, picture);
  }

  /// `picture` is empty where nothing was rendered, as the result was there: then it is not compared.
  void say_committed(jobs::ShotResult& result, const jobs::Image& picture) {
    std::optional<std::uint64_t> size;
    if (!patiently([&] { size = parts_.store.size(task_.shot.id); })) return say_stopped();
    remove_checkpoints();
    log_line("committed");
    parts_.socket.send(ShotCommitted{
        .shot = task_.shot.id,
        .attempt = task_.attempt,
        .size = size.value_or(0),
        .timings = result.timings,
        .measures =
            measured({.clip = result.clip, .picture = picture, .condition_frame = shot().condition_frame},
                     task_.output.metrics)});
    parts_.video_encoding.post([task = task_, clip = std::move(result.clip), parts = parts_] {
      parts.socket.send(make_videos(task.shot, task.output, clip, {parts.options.run_directory, task.epoch}));
    });
  }

  void remove_checkpoints() {
    try {
      checkpoints_.remove(task_.shot.id);
    } catch (const jobs::StorageError& error) {
      log_line(error.what());
    }
  }

  const RenderShot& task_;
  const AttemptParts& parts_;
  storage::CheckpointStore checkpoints_;
  StopRequest stop_;
  Staging::Outcome where_;
  bool loads_weights_ = false;
  int kept_step_ = 0;   ///< what a later attempt goes on from
  int steps_done_ = 0;  ///< by this and earlier attempts
  std::string resident_model_ = parts_.resident_model;
};

scheduler::FailureKind kind_of(const jobs::Error& error) {
  if (dynamic_cast<const jobs::GpuMemoryError*>(&error) != nullptr) return scheduler::FailureKind::gpu_memory;
  if (dynamic_cast<const jobs::MemoryError*>(&error) != nullptr) return scheduler::FailureKind::memory;
  if (dynamic_cast<const jobs::DeviceError*>(&error) != nullptr) return scheduler::FailureKind::device;
  const bool input = error.code() == jobs::ExitCode::bad_input || error.code() == jobs::ExitCode::bad_config;
  return input ? scheduler::FailureKind::input : scheduler::FailureKind::crash;
}

}  // namespace

std::string run_attempt(const RenderShot& task, const AttemptParts& parts) {
  const std::string folder = log_folder(parts.options.run_directory, task.shot.id);
  try {
    storage::make_run_folder(parts.files, parts.options.run_directory, folder);
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
  } catch (const DiskIsGone& error) {
    attempt.give_back(error);
  } catch (const LoadedTheWrongModel& error) {
    attempt.fail(scheduler::FailureKind::input, error.what());
    _exit(static_cast<int>(jobs::ExitCode::run_again));
  } catch (const jobs::Error& error) {
    const scheduler::FailureKind kind = kind_of(error);
    attempt.fail(kind, error.what());
    // After an error of the GPU nothing that this process computes can be believed.
    if (kind == scheduler::FailureKind::device) _exit(static_cast<int>(jobs::ExitCode::run_again));
    return {};
  } catch (const std::exception& error) {
    attempt.fail(scheduler::FailureKind::crash, error.what());
    return {};
  }
  return attempt.resident_model();
}

}  // namespace pia::farm
