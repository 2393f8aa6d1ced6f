// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/gate.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/where.h>

#include <array>
#include <cmath>
#include <string>

namespace pia::renderer {
namespace {

double mean_square(const at::Tensor& difference) {
  return difference.square().mean().item<double>();
}

// One clip and the two texts that are tried on it.
struct Probe {
  ReadClips clip;
  at::Tensor text;
  at::Tensor other_text;
};

// Mean square error of the clean latents that the network sees.
double clean_error(const Unet& unet, const DenoiserBatch& batch, const at::Tensor& text,
                   const ReferenceChoices& choices) {
  const at::Tensor share = signal_shares().index_select(0, batch.timesteps).view({-1, 1, 1, 1, 1});
  const at::Tensor answer = predicted_noise(unet, batch, text, choices);
  return mean_square((noised(batch) - answer * at::sqrt(1 - share)) / at::sqrt(share) - batch.latents);
}

using Errors = std::array<double, 4>;

Errors errors_of(const Probe& probe, const Unet& unet, int timestep, const ReferenceChoices& choices) {
  DenoiserBatch batch = probe.clip.batch;
  batch.timesteps = at::full_like(batch.timesteps, timestep);
  const at::Tensor known = batch.affinity;
  Errors errors{};
  errors[0] = clean_error(unet, batch, probe.text, choices);
  errors[1] = clean_error(unet, batch, probe.other_text, choices);
  batch.affinity = at::ones_like(known);
  errors[2] = clean_error(unet, batch, probe.text, choices);
  batch.affinity = at::where(known == 1, known, at::full_like(known, 0.2));
  errors[3] = clean_error(unet, batch, probe.text, choices);
  return errors;
}

Probe probe_of(const BatchReader& reader, const GateNetworks& networks, const GateTask& task,
               std::uint64_t example) {
  const std::string caption = reader.clips.example(example).caption;
  const std::string other = task.other_caption ? task.other_caption(example) : caption;
  ReadClips clip = read_whole_clip(reader, example);
  const std::array captions = {caption, other};
  const at::Tensor texts = forward(networks.text_encoder, ids_of(reader.options, captions));
  return {.clip = std::move(clip), .text = texts.narrow(0, 0, 1), .other_text = texts.narrow(0, 1, 1)};
}

}  // namespace

GateReport gate_report(const BatchReader& reader, const GateNetworks& networks, const GateTask& task) {
  const ReferenceChoices choices = choices_of(reader.training.denoiser.reference);
  GateReport report;
  std::vector<Errors> sums(task.timesteps.size());
  for (int i = 0; i < task.clips; ++i) {
    const Probe probe = probe_of(reader, networks, task, task.first_example + static_cast<std::uint64_t>(i));
    const DenoiserBatch& batch = probe.clip.batch;
    report.copy += mean_square(batch.latents - batch.picture.unsqueeze(1));
    for (std::size_t row = 0; row < sums.size(); ++row) {
      const Errors errors = errors_of(probe, networks.unet, task.timesteps[row], choices);
      for (std::size_t k = 0; k < errors.size(); ++k) sums[row][k] += errors[k];
    }
  }
  const auto root = [&](double sum) { return std::sqrt(sum / task.clips); };
  report.copy = root(report.copy);
  for (std::size_t row = 0; row < sums.size(); ++row) {
    report.rows.push_back({.timestep = task.timesteps[row],
                           .right = root(sums[row][0]),
                           .other_word = root(sums[row][1]),
                           .affinity_one = root(sums[row][2]),
                           .affinity_low = root(sums[row][3])});
  }
  return report;
}

}  // namespace pia::renderer
