// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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

/// Sums flat buffers over all ranks, in place; alone it does nothing. The seam to MPI and NCCL. One thread;
/// of gradients on a GPU, `begin` and `go_on` come from autograd's thread while the caller's waits for it.
/// All ranks begin sums of the same sizes in the same order.
class Reducer {
 public:
  virtual ~Reducer() = default;
  virtual int rank() const = 0;
  virtual int ranks() const = 0;

  /// Begins a sum, that goes on beside whatever is computed meanwhile. `values` lie in the memory of the
  /// trainer's device, and are the reducer's until `finish`.
  virtual void begin(std::span<float> values) = 0;

  /// Gives what was begun a moment of this thread's; never waits.
  virtual void go_on() = 0;

  /// Waits for all that was begun.
  virtual void finish() = 0;

  /// Sums values in this process's own memory, at once. Not between `begin` and `finish`.
  virtual void sum(std::span<float> values) {
    begin(values);
    finish();
  }
};
std::unique_ptr<Reducer> make_lone_reducer();

/// How well the network knows what a picture was, in one look: the gate before anything is sampled.
struct GateRow {
  int timestep = 0;
  // Root mean square errors of the predicted clean latents, in the U-Net's units, over the clips:
  double right = 0;         ///< all inputs as they belong
  double other_word = 0;    ///< another caption's words
  double affinity_one = 0;  ///< all frames: 1
  double affinity_low = 0;  ///< all but the condition frame: 0.2
  double first_frame = 0;   ///< all as in `right`, the condition frame alone
};
struct GateReport {
  double copy = 0;  ///< the error of the condition picture, copied to all frames
  std::vector<GateRow> rows;
};
struct GateTask {
  std::uint64_t first_example = 0;  ///< of clips that the training never sees
  int clips = 12;
  std::vector<int> timesteps = {961, 881, 641, 321};
  std::function<std::string(std::uint64_t example)> other_caption;  ///< with the word of another motion
  std::function<bool()> enough = [] { return false; };  ///< asked now and then: then the report is empty
};

/// What the network makes of an example by itself, and what it might have made.
struct Sample {
  std::string caption;
  jobs::Clip made;   ///< of a VAE and of stills: one frame
  jobs::Clip given;  ///< of the same size
  jobs::Clip condition =
      {};  ///< one frame: the picture that it began with, unless that is the first of `given`
};

/// A training in this process. Every draw follows from (seed, step, example), so that the state of a step
/// and the job give all later steps, bit by bit, on the same CPU type and thread count. Step s, batch a of
/// `accumulation`, place b of the batch learns from example ((s * accumulation) + a) * batch + b.
class Trainer {
 public:
  virtual ~Trainer() = default;
  virtual StepReport step() = 0;
  virtual TrainingState state() const = 0;

  /// Throws jobs::StorageError if it is another training's.
  virtual void restore(const TrainingState& state) = 0;

  /// Writes the components that have trained parameters (the average's values, if there is one) into
  /// `folder`: unet/, vae/, text_encoder/ in diffusers' layout, motion/ as a MotionAdapter with PIA's
  /// conv_in, or lora.safetensors in kohya's names. Whole or not at all; what was there is replaced.
  virtual void write_model(const std::string& folder) const = 0;

  /// What would be written now, looked at. Empty for a VAE or for stills.
  virtual GateReport gate(const GateTask& task) const = 0;

  /// The same, let to work, in `steps` of DDIM without guidance. A clip is made from an example's condition
  /// frame, caption and affinity; a still from its caption alone; a VAE gives back its first frame. Nothing
  /// once `enough`, asked before each step, says so. Throws jobs::InputError for an example that is too short
  /// or off the VAE's grid, jobs::Error for pictures that are no numbers.
  virtual std::optional<Sample> sample(std::uint64_t example, int steps,
                                       const std::function<bool()>& enough) const = 0;
};

struct TrainerOptions {
  int threads = 1;
  std::string device = "cpu";  ///< or "cuda": the current GPU

  /// A caption's token ids, as many as the text encoder has positions; needed for a denoiser.
  std::function<std::vector<std::int32_t>(const std::string& caption)> tokenize;
};

/// References must outlive the trainer. Throws jobs::WeightError, jobs::InputError, or jobs::DeviceError.
std::unique_ptr<Trainer> make_trainer(const jobs::Training& training, const ClipSource& clips,
                                      Reducer& reducer, const TrainerOptions& options);

}  // namespace pia::renderer
