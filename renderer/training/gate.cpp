// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/gate.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/sqrt.h>

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

// What the network's answer makes of the clean latents, less these.
at::Tensor clean_error(const GateNetworks& networks, const DenoiserBatch& batch, const at::Tensor& text) {
  const at::Tensor share = signal_shares_of(batch);
  const at::Tensor answer = networks.predict(batch, text);
  return (noised(batch) - answer * at::sqrt(1 - share)) / at::sqrt(share) - batch.latents;
}

using Errors = std::array<double, 5>;

Errors errors_of(const Probe& probe, const GateNetworks& networks, int timestep) {
  DenoiserBatch batch = probe.clip.batch;
  batch.timesteps = at::full_like(batch.timesteps, timestep);
  const at::Tensor known = batch.affinity;
  const std::int64_t condition = probe.clip.condition.front();
  const at::Tensor right = clean_error(networks, batch, probe.text);
  Errors errors{mean_square(right)};
  errors[1] = mean_square(clean_error(networks, batch, probe.other_text));
  batch.affinity = at::ones_like(known);
  errors[2] = mean_square(clean_error(networks, batch, probe.text));
  batch.affinity = at::full_like(known, 0.2);
  batch.affinity.select(1, condition).copy_(known.select(1, condition));
  errors[3] = mean_square(clean_error(networks, batch, probe.text));
  errors[4] = mean_square(right.select(1, condition));
  return errors;
}

Probe probe_of(const BatchReader& reader, const GateNetworks& networks, const GateTask& task,
               std::uint64_t example) {
  const std::string caption = reader.clips.example(example).caption;
  const std::string other = task.other_caption ? task.other_caption(example) : caption;
  ReadClips clip = read_whole_clip(reader, example);
  const std::array captions = {caption, other};
  const at::Tensor texts = networks.read(ids_of(reader, captions));
  return {.clip = std::move(clip), .text = texts.narrow(0, 0, 1), .other_text = texts.narrow(0, 1, 1)};
}

}  // namespace

GateReport gate_report(const BatchReader& reader, const GateNetworks& networks, const GateTask& task) {
  GateReport report;
  std::vector<Errors> sums(task.timesteps.size());
  for (int i = 0; i < task.clips; ++i) {
    const Probe probe = probe_of(reader, networks, task, task.first_example + static_cast<std::uint64_t>(i));
    const DenoiserBatch& batch = probe.clip.batch;
    report.copy += mean_square(batch.latents - batch.picture.unsqueeze(1));
    for (std::size_t row = 0; row < sums.size(); ++row) {
      if (task.enough()) return {};
      const Errors errors = errors_of(probe, networks, task.timesteps[row]);
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
                           .affinity_low = root(sums[row][3]),
                           .first_frame = root(sums[row][4])});
  }
  return report;
}

}  // namespace pia::renderer
