// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/trainer.hpp"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

#include "jobs/core/error.hpp"
#include "renderer/nn/clip_text.hpp"
#include "renderer/pipeline/device.hpp"
#include "renderer/pipeline/heap.hpp"
#include "renderer/training/autocast.hpp"
#include "renderer/training/batches.hpp"
#include "renderer/training/chance.hpp"
#include "renderer/training/components.hpp"
#include "renderer/training/export.hpp"
#include "renderer/training/fresh.hpp"
#include "renderer/training/gate.hpp"
#include "renderer/training/gradient_sums.hpp"
#include "renderer/training/latent_shelf.hpp"
#include "renderer/training/losses.hpp"
#include "renderer/training/optimizer.hpp"
#include "renderer/training/parameters.hpp"
#include "renderer/training/samples.hpp"
#include "renderer/training/whitening.hpp"
#include "renderer/weights/motion_file.hpp"

namespace pia::renderer {
namespace {

constexpr double kPosterior =
    0.03;  // deviation that a trained VAE's posterior is given, in the U-Net's units
constexpr std::uint64_t kExamplesLookedAt = 256;
constexpr std::int64_t kMostStills = 64;  // of a batch, where there are clips too

class LoneReducer : public Reducer {
 public:
  int rank() const override { return 0; }
  int ranks() const override { return 1; }
  void begin(std::span<float> /*values*/) override {}
  void go_on() override {}
  void finish() override {}
};

void check(const jobs::Training& training, const Reducer& reducer) {
  const auto refuse = [](const std::string& sentence) { throw jobs::InputError(sentence); };
  if (training.batch < 1 || training.optimizer.accumulation < 1 || training.denoiser.frames < 1) {
    refuse("batch, accumulation and frames are 1 or more");
  }
  if (training.batch % reducer.ranks() != 0) {
    refuse("batch = " + std::to_string(training.batch) + " can't be shared by " +
           std::to_string(reducer.ranks()) + " processes; choose a multiple");
  }
  const jobs::DenoiserTraining& denoiser = training.denoiser;
  if (denoiser.first_timestep < 0 || denoiser.last_timestep > 999 ||
      denoiser.first_timestep > denoiser.last_timestep ||
      (denoiser.focus > 0 &&
       (denoiser.focus_timestep < 0 || denoiser.focus_timestep > denoiser.last_timestep))) {
    refuse("timesteps are within 0 to 999, and the first is not after the last");
  }
  if (denoiser.frames_seen > 0 && denoiser.condition_frame == jobs::ConditionFrame::random) {
    refuse("frames_seen goes with condition_frame = \"first\" only");
  }
}

template <class Work>
auto within_memory(const char* what, const char* mend, const Work& work) {
  try {
    return work();
  } catch (const c10::OutOfMemoryError&) {
    // Another start may find more: somebody else may have had it.
    throw jobs::Error(jobs::ExitCode::run_again,
                      std::string(what) + " needs more GPU memory than there is; if that stays so, " + mend);
  }
}

StateArray array_of(const std::string& name, const at::Tensor& tensor) {
  StateArray array{.name = name,
                   .shape = tensor.sizes().vec(),
                   .type = StateArray::Type::fp32,
                   .bytes = std::vector<std::byte>(tensor.nbytes())};
  std::memcpy(array.bytes.data(), tensor.cpu().const_data_ptr(), array.bytes.size());
  return array;
}

// What tells one training's state from another's.
std::int64_t identity_of(const jobs::Training& training, const Parameters& parameters) {
  std::string text = std::to_string(training.seed);
  for (const Slice& slice : parameters.slices) {
    text += "\n" + slice.component + "/" + slice.key;
    for (const std::int64_t size : slice.shape) text += " " + std::to_string(size);
  }
  return static_cast<std::int64_t>(hash_of(text));
}

// The networks of one step, or frozen ones.
struct Networks {
  std::optional<VaeEncoder> encoder;
  std::optional<VaeDecoder> decoder;
  std::optional<ClipText> text_encoder;
  std::optional<Unet> unet;
};

// What a U-Net is put together for: clips, with motion modules and condition, or stills.
enum class Frames { clips, stills };

class TorchTrainer : public Trainer {
 public:
  TorchTrainer(const jobs::Training& training, const ClipSource& clips, Reducer& reducer,
               const TrainerOptions& options);
  StepReport step() override;
  TrainingState state() const override;
  void restore(const TrainingState& state) override;
  void write_model(const std::string& folder) const override;
  GateReport gate(const GateTask& task) const override;

  std::optional<Sample> sample(std::uint64_t example, int steps,
                               const std::function<bool()>& enough) const override;

 private:
  StepReport step_here();
  GateReport gate_here(const GateTask& task) const;
  std::optional<Sample> sample_here(std::uint64_t example, int steps,
                                    const std::function<bool()>& enough) const;
  at::Tensor loss_of(const BatchPart& part);
  at::Tensor loss_of_pictures(const BatchPart& part);
  at::Tensor loss_of_denoiser(const ReadClips& clips, const Unet& net);
  at::Tensor loss_of_clips(const BatchPart& part);
  at::Tensor loss_of_stills(const BatchPart& part);
  bool is_of_stills() const;
  void advance_all(const at::Tensor& gradients, double learning_rate);
  VaeEncoder encoder(const LiveTensors& vae) const {
    return load_vae_encoder(WeightTree(vae), *components_.vae_config);
  }
  Unet unet(const Parameters& parameters, Frames frames) const;
  ClipText text_encoder(const Parameters& parameters) const;
  VaeDecoder decoder(const Parameters& parameters) const {
    return load_vae_decoder(WeightTree(parameters.tensors.at("vae")), *components_.vae_config);
  }
  BatchReader reader() const { return reader(device_); }
  BatchReader reader(at::Device device) const;
  std::set<std::int64_t> seen_tokens() const;
  void prepare_caption_loss();
  void require_official_names() const;
  // What would be written: the average, if there is one.
  Parameters finished() const {
    return moments_.average.defined() ? with_values(parameters_, moments_.average) : parameters_;
  }
  void whiten_frozen();
  void whiten_latents(LiveTensors& vae) const;
  bool of_vae() const { return training_.network == jobs::TrainedNetwork::vae; }

  jobs::Training training_;
  const ClipSource& clips_;
  Reducer& reducer_;
  TrainerOptions options_;
  at::Device device_;
  Components components_;
  Parameters parameters_;
  Moments moments_;
  std::optional<GradientSums> sums_;
  Networks frozen_;
  /// Of videos and pictures, which come again; toy clips never do.
  mutable std::optional<LatentShelf> shelf_;
  at::Tensor words_;  // of captions, int64; undefined without a caption_loss
  std::int64_t step_ = 0;
};

TorchTrainer::TorchTrainer(const jobs::Training& training, const ClipSource& clips, Reducer& reducer,
                           const TrainerOptions& options)
    : training_(training),
      clips_(clips),
      reducer_(reducer),
      options_(options),
      device_(use_device(options.device)) {
  check(training, reducer);
  keep_heap();
  at::set_num_threads(options.threads);
  const at::NoGradGuard no_gradients;
  components_ = open_components(training);
  if (components_.fresh.contains("text_encoder")) {
    keep_rows(components_.tensors["text_encoder"].at("text_model.embeddings.token_embedding.weight"),
              seen_tokens());
  }
  if (of_vae() && training.vae.freeze_encoder) whiten_frozen();
  parameters_ = make_parameters(components_, training, device_);
  moments_ = make_moments(parameters_.values, training.optimizer);
  sums_.emplace(parameters_, reducer);
  if (!of_vae() || training.vae.freeze_encoder) {
    frozen_.encoder = encoder(parameters_.tensors.at("vae"));
  }
  const bool comes_again = !training.data.videos.empty() || !training.data.pictures.empty();
  if (!of_vae() && comes_again) shelf_.emplace();
  if (!of_vae() && !trains(parameters_, "text_encoder")) frozen_.text_encoder = text_encoder(parameters_);
  prepare_caption_loss();
  require_official_names();
  const bool learns_stills = trains(parameters_, "unet") || trains(parameters_, "text_encoder");
  if (training.denoiser.stills_every > 0 && !learns_stills) {
    throw jobs::InputError(
        "stills_every is for the U-Net or the text encoder, and neither is trained; add \"unet/\" or "
        "\"text_encoder/\" to parameters, or leave stills_every out");
  }
}

// Of the first examples and the empty prompt. Every rank looks at the same, so that all start alike.
std::set<std::int64_t> TorchTrainer::seen_tokens() const {
  std::set<std::int64_t> seen;
  const auto add = [&](const std::string& caption) {
    if (!options_.tokenize) return;
    for (const std::int32_t id : options_.tokenize(caption)) seen.insert(id);
  };
  add("");
  for (std::uint64_t i = 0; i < kExamplesLookedAt; ++i) add(clips_.example(i).caption);
  return seen;
}

void TorchTrainer::prepare_caption_loss() {
  if (of_vae() || training_.denoiser.caption_loss <= 0) return;
  if (frozen_.text_encoder) {
    throw jobs::InputError(
        "caption_loss teaches the text encoder, and it is not trained; add \"text_encoder/\" to parameters, "
        "or leave caption_loss out");
  }
  std::set<std::int64_t> words = seen_tokens();
  if (options_.tokenize) {
    for (const std::int32_t id : options_.tokenize("")) words.erase(id);
  }
  words_ = at::tensor(std::vector<std::int64_t>(words.begin(), words.end()), at::kLong).to(device_);
}

// Now, not after a night of training.
void TorchTrainer::require_official_names() const {
  if (training_.motion_names == jobs::MotionNames::diffusers) return;
  const bool writes = trains(parameters_, "motion") || components_.fresh.contains("motion");
  if (!writes || !parameters_.loras.empty()) {
    throw jobs::InputError(
        "motion_names = \"official\" is for PIA's part, and nothing of it is trained; add \"motion/\" to "
        "parameters, or leave motion_names out");
  }
  require_official_sizes(*components_.motion_config);
}

BatchReader TorchTrainer::reader(at::Device device) const {
  const bool official = training_.denoiser.reference == jobs::Reference::official;
  return {.training = training_,
          .clips = clips_,
          .options = options_,
          .encoder = frozen_.encoder ? &*frozen_.encoder : nullptr,
          .shelf = shelf_ ? &*shelf_ : nullptr,
          .scale = official ? kSd15LatentScale : components_.vae_config->scaling_factor,
          .latent_channels = components_.vae_config->latent_channels,
          .factor = components_.vae_config->factor(),
          .device = device};
}

Unet TorchTrainer::unet(const Parameters& parameters, Frames frames) const {
  const LiveTensors spatial = live_tensors(parameters, "unet");
  const LiveTensors motion = live_tensors(parameters, "motion");
  const bool moves = frames == Frames::clips;
  return load_unet({.config = *components_.unet_config,
                    .motion_config = moves ? &*components_.motion_config : nullptr,
                    .spatial = WeightTree(spatial),
                    .motion = moves ? std::optional(WeightTree(motion)) : std::nullopt});
}

ClipText TorchTrainer::text_encoder(const Parameters& parameters) const {
  const LiveTensors text = live_tensors(parameters, "text_encoder");
  return load_clip_text(WeightTree(text), *components_.text_config);
}

at::Tensor TorchTrainer::loss_of_pictures(const BatchPart& part) {
  const VaeBatch batch = read_pictures(reader(), part);
  const VaeDecoder net = decoder(parameters_);
  if (!frozen_.encoder) {
    const Autocast autocast(device_, training_.mixed_precision);
    return vae_loss(encoder(parameters_.tensors.at("vae")), net, batch.pictures, batch.noise, training_.vae);
  }
  at::Tensor mean;
  {
    const at::NoGradGuard frozen;
    mean = forward(*frozen_.encoder, batch.pictures).narrow(1, 0, batch.noise.size(1)).contiguous();
  }
  const Autocast autocast(device_, training_.mixed_precision);
  return vae_loss_of_mean(mean, net, batch.pictures, batch.noise, training_.vae);
}

at::Tensor TorchTrainer::loss_of_denoiser(const ReadClips& clips, const Unet& net) {
  at::Tensor text;
  if (frozen_.text_encoder) {
    const at::NoGradGuard frozen;
    text = forward(*frozen_.text_encoder, clips.ids);
  }
  const Autocast autocast(device_, training_.mixed_precision);
  if (!frozen_.text_encoder) {
    text = forward(text_encoder(parameters_), clips.ids);
  }
  const at::Tensor errors = denoiser_errors(net, clips.batch, text, choices_of(training_.denoiser.reference));
  const at::Tensor loss =
      (errors * loss_weights(clips.batch.timesteps, training_.denoiser).to(device_)).mean();
  if (!words_.defined()) return loss;
  const at::Tensor embedding =
      live_tensors(parameters_, "text_encoder").at("text_model.embeddings.token_embedding.weight");
  return loss + caption_loss(text, clips.ids, embedding, words_) * training_.denoiser.caption_loss;
}

at::Tensor TorchTrainer::loss_of_clips(const BatchPart& part) {
  const ReadClips clips = read_clips(reader(), part);
  Unet net = unet(parameters_, Frames::clips);
  place_frames(net, clips.places);
  return loss_of_denoiser(clips, net);
}

// Beside clips: about as many stills as the clips would have had frames.
at::Tensor TorchTrainer::loss_of_stills(const BatchPart& part) {
  const jobs::DenoiserTraining& choices = training_.denoiser;
  const int frames = choices.frames_seen > 0 ? std::min(choices.frames_seen, choices.frames) : choices.frames;
  const std::int64_t most = std::max<std::int64_t>(1, kMostStills / training_.batch);
  const std::int64_t each = std::min<std::int64_t>(frames, most);
  const BatchPart stills{.index = part.index,
                         .first = part.first * static_cast<std::uint64_t>(each),
                         .count = part.count * each};
  return loss_of_denoiser(read_stills(reader(), stills), unet(parameters_, Frames::stills));
}

bool TorchTrainer::is_of_stills() const {
  const jobs::DenoiserTraining& choices = training_.denoiser;
  return choices.frames == 1 || (choices.stills_every > 0 && (step_ + 1) % choices.stills_every == 0);
}

at::Tensor TorchTrainer::loss_of(const BatchPart& part) {
  if (of_vae()) return loss_of_pictures(part);
  return is_of_stills() ? loss_of_stills(part) : loss_of_clips(part);
}

// A step of stills leaves the motion part as it is, as torch.optim leaves what has no gradient: no decay, no
// momentum, and not counted.
void TorchTrainer::advance_all(const at::Tensor& gradients, double learning_rate) {
  const int stills_every = training_.denoiser.stills_every;
  for (const auto& [component, tensors] : parameters_.tensors) {
    const auto [offset, size] = range_of(parameters_, component);
    const bool moves = component == "motion";
    if (size == 0 || (moves && is_of_stills())) continue;
    const std::int64_t skipped = moves && stills_every > 0 ? step_ / stills_every : 0;
    advance(parameters_.values.narrow(0, offset, size), gradients.narrow(0, offset, size),
            {.first = moments_.first.narrow(0, offset, size),
             .second = moments_.second.narrow(0, offset, size),
             .average = {}},
            training_.optimizer, {.step = step_ - skipped, .learning_rate = learning_rate});
  }
}

StepReport TorchTrainer::step() {
  return within_memory("a step", "train with a lower batch and a higher optimizer.accumulation",
                       [&] { return step_here(); });
}

StepReport TorchTrainer::step_here() {
  const at::AutoGradMode recording(true);
  const auto batches = static_cast<std::uint64_t>(training_.optimizer.accumulation);
  const std::int64_t own = training_.batch / reducer_.ranks();
  const double share = 1.0 / (static_cast<double>(batches) * reducer_.ranks());
  const std::int64_t size = parameters_.values.numel();
  double loss = 0;
  parameters_.gradients.zero_();
  for (std::uint64_t a = 0; a < batches; ++a) {
    const std::uint64_t index = static_cast<std::uint64_t>(step_) * batches + a;
    const std::uint64_t first = index * static_cast<std::uint64_t>(training_.batch) +
                                static_cast<std::uint64_t>(reducer_.rank() * own);
    const at::Tensor part = loss_of({.index = index, .first = first, .count = own}) * share;
    loss += part.item<double>();
    if (a + 1 == batches) {
      parameters_.gradients[size].fill_(loss);
      sums_->begin();
    }
    part.backward();
  }
  sums_->finish();
  const at::NoGradGuard no_gradients;
  const at::Tensor gradients = parameters_.gradients.narrow(0, 0, size);
  StepReport report{.step = step_ + 1,
                    .loss = parameters_.gradients[size].item<double>(),
                    .gradient_norm = clip(gradients, training_.optimizer.clip_norm),
                    .learning_rate = learning_rate(training_.optimizer, step_, training_.steps)};
  advance_all(gradients, report.learning_rate);
  follow(parameters_.values, moments_, training_.optimizer, step_);
  ++step_;
  return report;
}

TrainingState TorchTrainer::state() const {
  TrainingState state{.step = step_, .arrays = {}};
  state.arrays.push_back({.name = "identity",
                          .shape = {1},
                          .type = StateArray::Type::int64,
                          .bytes = std::vector<std::byte>(sizeof(std::int64_t))});
  const std::int64_t identity = identity_of(training_, parameters_);
  std::memcpy(state.arrays.back().bytes.data(), &identity, sizeof identity);
  state.arrays.push_back(array_of("values", parameters_.values));
  state.arrays.push_back(array_of("first_moment", moments_.first));
  state.arrays.push_back(array_of("second_moment", moments_.second));
  if (moments_.average.defined()) state.arrays.push_back(array_of("average", moments_.average));
  return state;
}

void TorchTrainer::restore(const TrainingState& state) {
  const TrainingState own = this->state();
  bool same = state.arrays.size() == own.arrays.size() && state.step >= 0;
  for (std::size_t i = 0; same && i < own.arrays.size(); ++i) {
    const StateArray& left = state.arrays[i];
    const StateArray& right = own.arrays[i];
    same = left.name == right.name && left.shape == right.shape && left.type == right.type &&
           left.bytes.size() == right.bytes.size();
  }
  if (!same || state.arrays.front().bytes != own.arrays.front().bytes) {
    throw jobs::StorageError(
        "the checkpoint of training \"" + training_.name +
        "\" is of other parameters or another seed; remove it, or train into another folder");
  }
  const at::NoGradGuard no_gradients;
  const auto load = [&](const at::Tensor& tensor, std::size_t index) {
    const at::Tensor read = at::empty(tensor.sizes(), at::kFloat);
    std::memcpy(read.data_ptr(), state.arrays[index].bytes.data(), read.nbytes());
    tensor.copy_(read);
  };
  load(parameters_.values, 1);
  load(moments_.first, 2);
  load(moments_.second, 3);
  if (moments_.average.defined()) load(moments_.average, 4);
  step_ = state.step;
}

// The decoder is to learn the very latents that it will be given.
void TorchTrainer::whiten_frozen() {
  if (training_.vae.whitened <= 0) return;
  if (!components_.fresh.contains("vae")) {
    throw jobs::InputError("whitened would change the frozen encoder of " + training_.model +
                           "/vae, which has weights; leave it out, or leave freeze_encoder out");
  }
  whiten_latents(components_.tensors.at("vae"));
}

// The posterior was never trained: its deviation becomes a small constant. On the CPU: before training
// nothing is elsewhere yet, and what is written goes there anyway.
void TorchTrainer::whiten_latents(LiveTensors& vae) const {
  for (auto& [key, tensor] : vae) tensor = tensor.cpu();
  const VaeEncoder net = encoder(vae);
  const double scale = components_.vae_config->scaling_factor;
  const std::int64_t channels = components_.vae_config->latent_channels;
  std::vector<at::Tensor> latents;
  constexpr std::uint64_t kAtOnce = 8;
  for (std::uint64_t i = 0; i < kExamplesLookedAt; i += kAtOnce) {
    const VaeBatch batch = read_pictures(reader(at::kCPU), {.index = 0, .first = i, .count = kAtOnce});
    const at::Tensor mean = forward(net, batch.pictures).narrow(1, 0, channels);
    latents.push_back(mean.permute({0, 2, 3, 1}).reshape({-1, channels}));
  }
  whiten(vae, {.latents = at::cat(latents),
               .deviation = training_.vae.whitened / scale,
               .posterior = kPosterior / scale});
}

void TorchTrainer::write_model(const std::string& folder) const {
  const at::NoGradGuard no_gradients;
  const Parameters parameters = finished();
  const Export what{.components = components_,
                    .parameters = parameters,
                    .dtype = training_.output_dtype,
                    .motion_names = training_.motion_names};
  if (!parameters_.loras.empty()) return write_lora(what, folder);
  std::map<std::string, LiveTensors> written;
  for (const auto& [component, tensors] : parameters_.tensors) {
    const bool wanted = trains(parameters_, component) || components_.fresh.contains(component);
    if (wanted) written[component] = finished_tensors(what, component);
  }
  const bool learnt = of_vae() && !training_.vae.freeze_encoder;
  if (learnt && training_.vae.whitened > 0) whiten_latents(written.at("vae"));
  write_components(what, written, folder);
}

GateReport TorchTrainer::gate(const GateTask& task) const {
  if (!components_.motion_config) return {};
  return within_memory("a look", "train with sample_every = 0", [&] { return gate_here(task); });
}

GateReport TorchTrainer::gate_here(const GateTask& task) const {
  const at::NoGradGuard no_gradients;
  const Parameters parameters = finished();
  const Unet net = unet(parameters, Frames::clips);
  const ClipText text_net = text_encoder(parameters);
  const ReferenceChoices choices = choices_of(training_.denoiser.reference);
  const GateNetworks networks{
      .predict = [&](const DenoiserBatch& clip,
                     const at::Tensor& text) { return predicted_noise(net, clip, text, choices); },
      .read = [&](const at::Tensor& ids) { return forward(text_net, ids); }};
  return gate_report(reader(), networks, task);
}

std::optional<Sample> TorchTrainer::sample(std::uint64_t example, int steps,
                                           const std::function<bool()>& enough) const {
  return within_memory("a sample", "train with sample_every = 0",
                       [&] { return sample_here(example, steps, enough); });
}

std::optional<Sample> TorchTrainer::sample_here(std::uint64_t example, int steps,
                                                const std::function<bool()>& enough) const {
  const at::NoGradGuard no_gradients;
  const Parameters parameters = finished();
  const VaeDecoder shows = decoder(parameters);
  if (of_vae()) return sample_picture(reader(), encoder(parameters.tensors.at("vae")), shows, example);
  const bool moves = components_.motion_config.has_value();
  const Unet net = unet(parameters, moves ? Frames::clips : Frames::stills);
  const ClipText text_net = text_encoder(parameters);
  const SampleNetworks networks{.unet = net,
                                .text_encoder = text_net,
                                .decoder = shows,
                                .choices = choices_of(training_.denoiser.reference)};
  const Sampling sampling{.steps = steps, .enough = enough};
  return moves ? sample_clip(reader(), networks, example, sampling)
               : sample_still(reader(), networks, example, sampling);
}

}  // namespace

std::unique_ptr<Reducer> make_lone_reducer() {
  return std::make_unique<LoneReducer>();
}

std::unique_ptr<Trainer> make_trainer(const jobs::Training& training, const ClipSource& clips,
                                      Reducer& reducer, const TrainerOptions& options) {
  return std::make_unique<TorchTrainer>(training, clips, reducer, options);
}

}  // namespace pia::renderer
