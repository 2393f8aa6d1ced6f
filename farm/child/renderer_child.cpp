// SPDX-License-Identifier: Apache-2.0
#include "farm/child/renderer_child.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <fstream>

#include "farm/child/attempt.hpp"
#include "farm/child/background.hpp"
#include "farm/child/socket.hpp"
#include "farm/clocks.hpp"
#include "farm/videos.hpp"
#include "jobs/core/error.hpp"
#include "storage/shot_store.hpp"

namespace pia::farm {
namespace {

void die_with(int parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(static_cast<int>(jobs::ExitCode::run_again));
  // Under memory pressure the kernel takes the renderer, not its supervisor.
  std::ofstream("/proc/self/oom_score_adj") << 500;
  // Ctrl-C in a terminal goes to the coordinator, which asks for a stop.
  signal(SIGINT, SIG_IGN);
}

/// The videos that a result lacks which is in the store already.
VideosMade encode_again(const EncodeShot& task, storage::ShotStore& store, const std::string& run_directory) {
  try {
    const auto [result, damage] = store.load_sound(task.shot.id);
    if (!damage.empty()) return {task.shot.id, {}, damage + " by the same command"};
    if (!result) return {task.shot.id, {}, "its result is not in the store"};
    jobs::OutputWishes output = task.output;
    output.formats = lacking_formats(task.shot, output, run_directory);
    return make_videos(task.shot, output, result->clip, {run_directory, task.epoch});
  } catch (const jobs::Error& error) {
    return {task.shot.id, {}, error.what()};
  }
}

class Child {
 public:
  Child(const ChildOptions& options, renderer::Renderer& renderer)
      : options_(options),
        renderer_(renderer),
        socket_(options.socket),
        files_(storage::make_posix_file_ops()),
        store_(*files_, options.run_directory) {
    if (options.digest_file)
      digests_.emplace(DigestCache::Options{
          .file = *options.digest_file, .rehash = Rehash::no, .wall_clock_ns = wall_clock_ns});
    if (options.scratch) {
      staging_.emplace(*options.scratch, LocalCopies::Parts{.folder = copies_folder(options.scratch->folder),
                                                            .files = *files_,
                                                            .wall_clock_ns = wall_clock_ns});
    }
  }

  void live() {
    socket_.send(Ready{.first = true, .resident_model = resident_});
    while (!socket_.quit_asked()) {
      const auto message = socket_.receive(SupervisorSocket::Wait::forever);
      if (const auto* render = std::get_if<RenderShot>(&*message)) {
        resident_ = run_attempt(*render, AttemptParts{.options = options_,
                                                      .renderer = renderer_,
                                                      .socket = socket_,
                                                      .files = *files_,
                                                      .store = store_,
                                                      .checkpoint_writing = checkpoint_writing_,
                                                      .video_encoding = video_encoding_,
                                                      .digests = digests_ ? &*digests_ : nullptr,
                                                      .staging = staging_ ? &*staging_ : nullptr,
                                                      .resident_model = resident_});
        socket_.send(Ready{.first = false, .resident_model = resident_});
      } else if (const auto* encode = std::get_if<EncodeShot>(&*message)) {
        socket_.send(encode_again(*encode, store_, options_.run_directory));
        socket_.send(Ready{.first = false, .resident_model = resident_});
      }
    }
    if (staging_) staging_->leave();
  }

 private:
  const ChildOptions& options_;
  renderer::Renderer& renderer_;
  SupervisorSocket socket_;
  std::unique_ptr<storage::FileOps> files_;
  storage::ShotStore store_;
  std::optional<DigestCache> digests_;
  std::optional<Staging> staging_;
  std::string resident_;
  Background checkpoint_writing_{2};
  Background video_encoding_{2};
};

}  // namespace

int run_renderer_child(const ChildOptions& options,
                       const std::function<std::unique_ptr<renderer::Renderer>()>& make) {
  die_with(options.parent);
  const std::unique_ptr<renderer::Renderer> renderer = make();
  Child(options, *renderer).live();
  return static_cast<int>(jobs::ExitCode::all_done);
}

}  // namespace pia::farm
