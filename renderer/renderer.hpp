// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "jobs/core/checkpoint.hpp"
#include "jobs/core/picture.hpp"
#include "jobs/core/result.hpp"
#include "jobs/core/shot.hpp"

namespace pia::renderer {

enum class Phase { loading, encoding, denoising, decoding };

enum class Directive { go_on, stop };

/// Where a render stands after a step. Valid during the call only.
struct Progress {
  Phase phase = Phase::loading;
  int step = 0;        ///< steps done, 0..of
  int of = 0;          ///< steps of this shot (after strength)
  double seconds = 0;  ///< of this step alone
};

/// The seam between a render and whoever watches it: progress, heartbeat, checkpoints, stopping.
class RenderObserver {
 public:
  virtual ~RenderObserver() = default;

  /// Called on the rendering thread at the start of each phase and after every step. In the phase denoising
  /// it is told first, before a step is done, of the one that it begins from (0, or the checkpoint's), then
  /// of every step once, each one more than the one before: a result of which that isn't true has left steps
  /// out, and is refused. `snapshot` copies the state that a Checkpoint holds; call it only to keep it (it
  /// costs a copy of the latents). It must not be kept after the call, and works while denoising and decoding
  /// only (before, it throws jobs::Error unless the render resumes). Returning stop ends the render after
  /// this step with a Checkpoint as its outcome: a stop while loading or encoding takes effect at the start
  /// of denoising; while decoding it is ignored.
  virtual Directive reached(const Progress& progress, const std::function<jobs::Checkpoint()>& snapshot) = 0;

  /// Called on the rendering thread within a step, between the windows of a clip that has some: a sign of
  /// life, but no step. Returning stop ends the render at once; what the unfinished step did is lost, and the
  /// outcome is the Checkpoint of the steps before it.
  virtual Directive between_windows() { return Directive::go_on; }
};

/// One shot to render. References must outlive the call.
struct RenderTask {
  const jobs::Shot& shot;
  const jobs::Image& image;  ///< decoded and resized as shot.geometry says
  jobs::KeepLatents keep = jobs::KeepLatents::final;
  const jobs::Checkpoint* from = nullptr;  ///< go on from here; must be of this shot, dtype and device kind
  int attempt = 1;                         ///< which try this is; only the fake's script reads it
};

/// Denoising steps that a shot really does: int(steps * strength), as both references trim.
/// Throws jobs::InputError if that leaves none.
int step_count(const jobs::Shot& shot);

/// Frames that the network sees in a step of a shot, those in several windows (windows.hpp) counted in each:
/// what a step costs. The first step's; others may do one window less or more.
std::int64_t frames_a_step(const jobs::Shot& shot);

/// Finished (id, name, recipe and provenance filled in as far as the renderer knows them), or stopped.
using Outcome = std::variant<jobs::ShotResult, jobs::Checkpoint>;

/// Turns shots into pixels. Same shot, device kind, CPU type and thread count give the same bytes, whatever
/// was rendered before, resumed from any step or not. One thread at a time. The last model stays resident.
class Renderer {
 public:
  virtual ~Renderer() = default;

  /// Throws jobs::WeightError (a model file), jobs::InputError (a picture), jobs::StorageError (a checkpoint
  /// that does not fit) jobs::MemoryError (host or GPU: too little is there), jobs::DeviceError (the GPU
  /// fails), or jobs::Error (internal: latents that are no numbers, and what else LibTorch reports). The
  /// object stays usable after all but a DeviceError that is no MemoryError.
  virtual Outcome render(const RenderTask& task, RenderObserver& observer) = 0;
};

struct RendererOptions {
  std::string device = "cpu";                        ///< "cpu" or "cuda"
  int threads = 1;                                   ///< CPU threads of this process's kernels
  std::function<double()> now = [] { return 0.0; };  ///< monotonic seconds, for timings only
};

/// The real one, on LibTorch. Throws jobs::DeviceError if the device is not there.
std::unique_ptr<Renderer> make_torch_renderer(const RendererOptions& options);

/// A deterministic stand-in without torch, for tests, rehearsals and demos: real phases, steps, checkpoints
/// and results whose pixels are a pattern made from the shot's id; each step's latents are computed from the
/// step before, so a wrong resume shows in the pixels. Every step sleeps `step_seconds`.
struct FakeOptions {
  double step_seconds = 0.02;
  double load_seconds = 0;

  /// Misbehaviour for tests: `what[@step][:attempt][/prefix]`, separated by commas. It happens when `step`
  /// steps are done (default 0) and the observer has heard of them, in attempt `attempt` (default: in every
  /// one), to the shots whose id starts with the hexadecimal `prefix` (default: to all). what: crash
  /// (SIGSEGV), kill (SIGKILL), exit0 (ends the process with 0), hang, fail (throws jobs::InputError), gpu
  /// (jobs::DeviceError), black (all frames zero), nan (latents not numbers), skip (the steps that are left
  /// are not done, whatever the result says); the last three show in the result.
  std::string script;
};

/// Throws jobs::InputError if the script can't be read.
std::unique_ptr<Renderer> make_fake_renderer(const FakeOptions& options);

}  // namespace pia::renderer
