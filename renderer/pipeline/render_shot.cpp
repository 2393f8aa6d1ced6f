// SPDX-License-Identifier: Apache-2.0
#include "renderer/pipeline/render_shot.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>

#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "jobs/core/error.hpp"
#include "jobs/core/recipe.hpp"
#include "renderer/pipeline/check_shot.hpp"
#include "renderer/pipeline/prompts.hpp"
#include "renderer/pipeline/stages.hpp"

namespace pia::renderer {
namespace {

// A shot on its way: what the stages hand to each other.
class Render {
 public:
  Render(const ShotSetting& setting, const RenderTask& task, RenderObserver& observer)
      : setting_(setting),
        task_(task),
        observer_(observer),
        id_(jobs::shot_id(task.shot)),
        noise_(task.shot.seed),
        schedule_(ddim_schedule(task.shot.steps)) {
    schedule_.erase(schedule_.begin(), schedule_.end() - step_count(task.shot));
  }

  Outcome run();

 private:
  Denoiser encode();
  at::Tensor picture() const;
  at::Tensor start_latents(const at::Tensor& initial, const at::Tensor& image_latent);
  void resume();
  std::vector<Window> windows() const;
  std::optional<at::Tensor> answer(const Denoiser& denoiser, double timestep);
  Directive step(const Denoiser& denoiser);
  jobs::ShotResult finish();
  jobs::Checkpoint snapshot() const;
  Directive reached(Phase phase, double seconds);
  std::string name() const { return "shot " + to_hex(id_); }
  double scale() const {
    return setting_.choices.latent_scale == LatentScale::sd15 ? kSd15LatentScale
                                                              : setting_.model.vae_config.scaling_factor;
  }
  std::vector<std::int64_t> all_frames() const {
    std::vector<std::int64_t> frames(static_cast<std::size_t>(task_.shot.frames));
    std::iota(frames.begin(), frames.end(), 0);
    return frames;
  }
  LatentShape shape() const {
    const int factor = setting_.model.vae_config.factor();
    const jobs::Size& size = task_.shot.geometry.size;
    return {.frames = task_.shot.frames, .height = size.height / factor, .width = size.width / factor};
  }

  const ShotSetting& setting_;
  const RenderTask& task_;
  RenderObserver& observer_;
  jobs::ShotId id_;
  NoiseSource noise_;
  std::vector<DdimStep> schedule_;
  std::optional<ClipTexts> texts_;
  at::Tensor latents_;
  std::size_t done_ = 0;
  std::vector<jobs::Latents> kept_;
  jobs::Timings timings_;
};

Directive Render::reached(Phase phase, double seconds) {
  return observer_.reached({.phase = phase,
                            .step = static_cast<int>(done_),
                            .of = static_cast<int>(schedule_.size()),
                            .seconds = seconds},
                           [this] { return snapshot(); });
}

at::Tensor Render::picture() const {
  const jobs::Image& image = task_.image;
  const std::string key = "picture " + std::to_string(image.width) + " " + std::to_string(image.height) +
                          " " + to_hex(jobs::sha256(std::as_bytes(std::span(image.rgb))));
  return setting_.memory.encoding(key, [&] { return encode_image(setting_.model, image); });
}

at::Tensor Render::start_latents(const at::Tensor& initial, const at::Tensor& image_latent) {
  if (task_.shot.strength >= 1.0) return initial;
  const bool draws = setting_.choices.start_noise == StartNoise::next_draw;
  const at::Tensor drawn = draws ? noise_.clip(shape()).to(initial.device()) : initial;
  return ddim_noised(schedule_.front(), image_latent, drawn);
}

Denoiser Render::encode() {
  const ResidentModel& model = setting_.model;
  const at::Tensor initial = noise_.clip(shape()).to(model.placement.device);
  const at::Tensor image = sample_image(picture(), noise_, scale());
  const at::Tensor channels = condition(task_.shot.affinity, image, shape());
  latents_ = start_latents(initial, channels.narrow(1, 1, channels.size(1) - 1));
  if (task_.from != nullptr) {
    resume();
  } else if (task_.keep == jobs::KeepLatents::all) {
    kept_.push_back(to_plain(latents_));
  }
  texts_.emplace(model.unet, read_prompts(task_.shot, {.model = model,
                                                       .memory = setting_.memory,
                                                       .skipped_layers = setting_.choices.skipped_layers}));
  // What the first window reads is encoded here too, and so are constant prompts.
  const TextContext& first = texts_->of(task_.shot.windows ? windows().front().frames : all_frames());
  return {.unet = model.unet,
          .pass = {.frames = task_.shot.frames,
                   .resnet_norm = setting_.choices.resnet_norm,
                   .motion_norm = setting_.choices.motion_norm,
                   .time = {}},
          .condition = channels,
          .text = task_.shot.windows ? TextContext() : first,
          .guidance_scale = task_.shot.guidance_scale};
}

void Render::resume() {
  const jobs::Checkpoint& from = *task_.from;
  const bool fits = from.shot == id_ && from.dtype == task_.shot.dtype &&
                    from.device_kind == setting_.device_kind && from.next_step >= 0 &&
                    static_cast<std::size_t>(from.next_step) <= schedule_.size() &&
                    from.latents.frames == latents_.size(0) && from.latents.channels == latents_.size(1) &&
                    from.latents.height == latents_.size(2) && from.latents.width == latents_.size(3) &&
                    from.latents.values.size() == static_cast<std::size_t>(latents_.numel()) &&
                    (task_.keep != jobs::KeepLatents::all ||
                     from.kept.size() == static_cast<std::size_t>(from.next_step) + 1);
  if (!fits) {
    throw jobs::StorageError(name() + ": the checkpoint is of another shot, dtype, device or kind of result");
  }
  latents_ = to_tensor(from.latents, latents_.device());
  done_ = static_cast<std::size_t>(from.next_step);
  if (task_.keep == jobs::KeepLatents::all) kept_ = from.kept;
  if (task_.shot.eta > 0) noise_.restore(from.generator_state);
}

std::vector<Window> Render::windows() const {
  return windows_of(*task_.shot.windows, task_.shot.frames, static_cast<int>(done_));
}

std::optional<at::Tensor> Render::answer(const Denoiser& denoiser, double timestep) {
  if (!task_.shot.windows) return denoise(denoiser, latents_, timestep);
  return denoise_in_windows(denoiser, *texts_, latents_,
                            {.timestep = timestep, .windows = windows(), .between = [this] {
                               return observer_.between_windows();
                             }});
}

Directive Render::step(const Denoiser& denoiser) {
  const DdimStep& now = schedule_[done_];
  const std::optional<at::Tensor> seen = answer(denoiser, static_cast<double>(now.timestep));
  if (!seen) return Directive::stop;
  DdimNoise noise;
  if (task_.shot.eta > 0) {
    noise = {.sigma = ddim_sigma(now, task_.shot.eta), .values = noise_.clip(shape()).to(latents_.device())};
  }
  latents_ = ddim_advance(now, latents_, *seen, noise);
  ++done_;
  if (!at::isfinite(latents_).all().item<bool>()) {
    throw jobs::Error(jobs::ExitCode::internal,
                      name() + ": the latents are no numbers after step " + std::to_string(done_) + " of " +
                          std::to_string(schedule_.size()) + "; " +
                          other_dtype(task_.shot.dtype, jobs::Dtype::fp32) + "try another model");
  }
  if (task_.keep == jobs::KeepLatents::all) kept_.push_back(to_plain(latents_));
  return Directive::go_on;
}

jobs::Checkpoint Render::snapshot() const {
  if (!latents_.defined()) {
    if (task_.from != nullptr) return *task_.from;
    throw jobs::Error(jobs::ExitCode::internal, name() + ": there is nothing to keep before the first step");
  }
  return {.shot = id_,
          .next_step = static_cast<int>(done_),
          .latents = to_plain(latents_),
          .sampler_history = {},
          .generator_state = task_.shot.eta > 0 ? noise_.state() : std::vector<std::byte>(),
          .kept = kept_,
          .dtype = task_.shot.dtype,
          .device_kind = setting_.device_kind};
}

jobs::ShotResult Render::finish() {
  const double start = setting_.now();
  jobs::ShotResult result;
  result.id = id_;
  result.recipe = jobs::recipe_json(task_.shot);
  result.clip =
      decode(setting_.model.vae_decoder, latents_, {.scale = scale(), .rounding = setting_.choices.frames});
  if (task_.keep != jobs::KeepLatents::none) result.latents = to_plain(latents_);
  if (task_.keep == jobs::KeepLatents::all) {
    result.step_latents = kept_;
    for (const DdimStep& step : schedule_) result.timesteps.push_back(step.timestep);
  }
  timings_.decode = setting_.now() - start;
  result.timings = timings_;
  result.provenance.device_kind = setting_.device_kind;
  return result;
}

Outcome Render::run() {
  check_shot(task_.shot, setting_.model);
  const double start = setting_.now();
  bool stopping = setting_.so_far == Directive::stop;
  stopping |= reached(Phase::encoding, 0) == Directive::stop;
  const Denoiser denoiser = encode();
  timings_.encode = setting_.now() - start;
  stopping |= reached(Phase::denoising, 0) == Directive::stop;
  while (!stopping && done_ < schedule_.size()) {
    const double before = setting_.now();
    if (step(denoiser) == Directive::stop) return snapshot();
    const double seconds = setting_.now() - before;
    timings_.denoise += seconds;
    ++timings_.steps_done;
    stopping = reached(Phase::denoising, seconds) == Directive::stop;
  }
  if (stopping) return snapshot();
  reached(Phase::decoding, 0);
  return finish();
}

}  // namespace

std::string other_dtype(jobs::Dtype now, jobs::Dtype better) {
  if (now == better) return "";
  return "write dtype = \"" + std::string(to_word(better)) + "\" under [worker] in the site file, or ";
}

Outcome render_shot(const ShotSetting& setting, const RenderTask& task, RenderObserver& observer) {
  return Render(setting, task, observer).run();
}

}  // namespace pia::renderer
