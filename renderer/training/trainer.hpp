// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "jobs/core/picture.hpp"
#include "jobs/core/training.hpp"
#include "renderer/training/clip_source.hpp"

namespace pia::renderer {

/// A named array of a training's state: fp32 or int64, row-major.
struct StateArray {
  std::string name;
  std::vector<std::int64_t> shape;
  enum class Type { fp32, int64 } type = Type::fp32;
  std::vector<std::byte> bytes;
};

/// All that a training needs to go on as if it had never stopped: step, parameters, moments, average.
struct TrainingState {
  std::int64_t step = 0;
  std::vector<StateArray> arrays;
};

struct StepReport {
  std::int64_t step = 0;  ///< steps done
  double loss = 0;
  double gradient_norm = 0;  ///< before clipping
  double learning_rate = 0;
};

/// Sums a flat buffer over all ranks, in place; alone it does nothing. The seam to MPI and NCCL.
class Reducer {
 public:
  virtual ~Reducer() = default;
  virtual int rank() const = 0;
  virtual int ranks() const = 0;
  virtual void sum(std::span<float> values) = 0;
};
std::unique_ptr<Reducer> make_lone_reducer();

/// A training in this process. Every draw follows from (seed, step, example), so that the state of a step
/// and the job give all later steps, bit by bit, on the same CPU type and thread count. One thread.
class Trainer {
 public:
  virtual ~Trainer() = default;
  virtual StepReport step() = 0;
  virtual TrainingState state() const = 0;

  /// Throws jobs::StorageError if it is another training's.
  virtual void restore(const TrainingState& state) = 0;

  /// Writes the trained components (the average's, if there is one) into `folder`: diffusers' layout, whole
  /// or not at all.
  virtual void write_model(const std::string& folder) const = 0;
};

struct TrainerOptions {
  int threads = 1;
  std::string device = "cpu";
};

/// References must outlive the trainer. Throws jobs::WeightError or jobs::InputError.
std::unique_ptr<Trainer> make_trainer(const jobs::Training& training, const ClipSource& clips,
                                      Reducer& reducer, const TrainerOptions& options);

}  // namespace pia::renderer
