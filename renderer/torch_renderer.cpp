// SPDX-License-Identifier: Apache-2.0
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <optional>
#include <string>

#include "jobs/core/error.hpp"
#include "jobs/core/memory_error.hpp"
#include "jobs/core/model_key.hpp"
#include "jobs/core/recipe.hpp"
#include "renderer/pipeline/device.hpp"
#include "renderer/pipeline/heap.hpp"
#include "renderer/pipeline/render_shot.hpp"
#include "renderer/renderer.hpp"

namespace pia::renderer {
namespace {

at::ScalarType scalar_type(jobs::Dtype dtype) {
  switch (dtype) {
    case jobs::Dtype::fp16:
      return at::kHalf;
    case jobs::Dtype::bf16:
      return at::kBFloat16;
    case jobs::Dtype::fp32:
      break;
  }
  return at::kFloat;
}

ModelPaths paths_of(const jobs::Shot& shot) {
  ModelPaths paths{.model = shot.model.path,
                   .base = shot.base ? shot.base->path : std::string(),
                   .motion = shot.motion.path};
  for (const jobs::LoraUse& use : shot.loras) {
    paths.loras.push_back({.path = use.file.path, .weight = use.weight, .weight_te = use.weight_te});
  }
  return paths;
}

class TorchRenderer : public Renderer {
 public:
  explicit TorchRenderer(const RendererOptions& options);
  Outcome render(const RenderTask& task, RenderObserver& observer) override;

 private:
  Outcome render_here(const RenderTask& task, RenderObserver& observer);
  double load(const jobs::Shot& shot);

  RendererOptions options_;
  at::Device device_;
  std::string key_;
  std::optional<ResidentModel> model_;
  EncodingMemory memory_;  ///< of model_
};

TorchRenderer::TorchRenderer(const RendererOptions& options)
    : options_(options), device_(use_device(options.device)) {
  keep_heap();
  at::set_num_threads(options.threads);
}

double TorchRenderer::load(const jobs::Shot& shot) {
  const std::string key = jobs::model_key(shot);
  if (model_ && key == key_) return 0;
  const double start = options_.now();
  const Placement placement{.device = device_, .dtype = scalar_type(shot.dtype)};
  if (device_.is_cpu() && placement.dtype != at::kFloat) {
    throw jobs::DeviceError("dtype \"" + std::string(to_word(shot.dtype)) +
                            "\" needs a GPU; leave dtype out under [worker] in the site file, or render "
                            "on a machine with one");
  }
  const ModelWeights weights = open_model(paths_of(shot));
  // The old model goes first: two need not fit into memory.
  memory_ = EncodingMemory();
  model_.reset();
  key_.clear();
  const PagesForLargeBlocks pages;
  model_ = load_model(weights, placement);
  key_ = key;
  return options_.now() - start;
}

Outcome TorchRenderer::render_here(const RenderTask& task, RenderObserver& observer) {
  const c10::InferenceMode inference;
  const int of = step_count(task.shot);
  const int first = task.from != nullptr ? task.from->next_step : 0;
  const auto nothing_yet = [&task]() -> jobs::Checkpoint {
    if (task.from != nullptr) return *task.from;
    throw jobs::Error(jobs::ExitCode::internal, "there is nothing to keep before the first step");
  };
  const Directive directive =
      observer.reached({.phase = Phase::loading, .step = first, .of = of, .seconds = 0}, nothing_yet);
  if (directive == Directive::stop && task.from != nullptr) return *task.from;
  const double load_seconds = load(task.shot);
  Outcome outcome = render_shot({.model = *model_,
                                 .memory = memory_,
                                 .choices = choices_of(task.shot.reference),
                                 .device_kind = options_.device,
                                 .now = options_.now,
                                 .so_far = directive},
                                task, observer);
  if (auto* result = std::get_if<jobs::ShotResult>(&outcome)) {
    result->timings.load = load_seconds;
    result->provenance.device_name = device_.is_cpu() ? "CPU, " + at::get_cpu_capability() : "CUDA";
    result->provenance.threads = options_.threads;
    result->provenance.build = PIA_VERSION;
  }
  return outcome;
}

Outcome TorchRenderer::render(const RenderTask& task, RenderObserver& observer) {
  try {
    return render_here(task, observer);
  } catch (const c10::OutOfMemoryError& error) {
    throw jobs::GpuMemoryError(
        "shot " + to_hex(jobs::shot_id(task.shot)) + ": not enough GPU memory; " +
        (task.shot.dtype == jobs::Dtype::fp32 ? other_dtype(task.shot.dtype, jobs::Dtype::fp16) : "") +
        "make the clip smaller");
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    const bool memory =
        text.find("out of memory") != std::string::npos || text.find("ALLOC_FAILED") != std::string::npos;
    if (text.find("CUDA error") != std::string::npos && !memory) {
      throw jobs::DeviceError("shot " + to_hex(jobs::shot_id(task.shot)) + ": the GPU failed (" + text +
                              "); look at it with nvidia-smi if that happens again");
    }
    if (memory && device_.is_cuda()) {
      throw jobs::GpuMemoryError("shot " + to_hex(jobs::shot_id(task.shot)) + ": not enough GPU memory (" +
                                 text + "); make the clip smaller");
    }
    if (memory || text.find("alloc") != std::string::npos) {
      throw jobs::MemoryError("shot " + to_hex(jobs::shot_id(task.shot)) + ": not enough memory (" + text +
                              "); make the clip smaller, or run fewer workers");
    }
    throw jobs::Error(jobs::ExitCode::internal,
                      "shot " + to_hex(jobs::shot_id(task.shot)) + ": LibTorch says: " + text);
  }
}

}  // namespace

std::unique_ptr<Renderer> make_torch_renderer(const RendererOptions& options) {
  return std::make_unique<TorchRenderer>(options);
}

}  // namespace pia::renderer
