// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/core/words.hpp"

namespace pia::jobs {

// A training, fully resolved: what a job file with kind = "train" comes to.

/// What is trained: the autoencoder, or what predicts the noise (U-Net, text encoder, motion modules, PIA's
/// conv_in).
enum class TrainedNetwork { vae, denoiser };

/// What a component starts from whose folder holds a config.json and no weights: that is an error; values
/// drawn from the training's seed; or drawn ones, changed so that the network passes its input through (the
/// VAE gives back a small picture, the U-Net calls its whole input noise). The latter trains several times
/// faster. Components with weights always start from them.
enum class Start { weights, random, pass_through };

/// A picture to learn from.
struct ListedPicture {
  std::string file;     ///< absolute path
  std::string caption;  ///< UTF-8, without control characters; empty where only the VAE is trained
  bool operator==(const ListedPicture&) const = default;
};

/// Where the clips come from: videos, pictures, or where neither is given the toy world.
struct ClipData {
  std::string videos;                        ///< a CSV like WebVid's (videoid, name, page_dir); may be empty
  std::string folder;                        ///< of the videos
  int stride = 4;                            ///< of videos: their frames for each of a clip's
  bool mirror = true;                        ///< half of the clips of videos
  std::vector<ListedPicture> pictures = {};  ///< stills, in the order of their paths
  std::vector<std::string> styles;           ///< of the toy world: "flat", "comic", "pastel", "neon"
  /// Of the toy world: the condition picture is drawn in one of these, with half the affinity: so a style is
  /// learnt that is to be laid over pictures of another. Empty: the clip's own frame.
  std::vector<std::string> condition_styles;
  std::uint64_t seed = 0;  ///< of the toy world's clips, and of what is picked from videos and pictures
  int width = 64;
  int height = 64;
};

/// How the affinity of a frame is measured: as PIA's released code does it, or as its paper says.
enum class AffinityRule { official, paper };

/// Which frame is the condition.
enum class ConditionFrame { first, random };

/// How the tensors of a written motion part are called: by diffusers, in a folder of its own, or as PIA's own
/// code calls them, in one file.
enum class MotionNames { diffusers, official };

/// A loss weight by timestep, besides min-SNR: what an error in the noise counts for.
enum class LossWeight {
  noise,     ///< the same everywhere
  velocity,  ///< min(1 / a, most_weight), a the signal's share of the variance: the error of v-prediction
};

/// In what the trained network computes, while its weights, gradients and moments stay fp32: fp32, or bf16
/// where that is safe (matrix products and convolutions). fp16 would need its loss scaled, and is not there.
enum class MixedPrecision { no, bf16 };

struct DenoiserTraining {
  int frames = 1;       ///< of each clip; 1 = stills, without motion modules and condition
  int frames_seen = 0;  ///< the condition frame and others drawn anew each step, in their own places; 0 = all
  Reference reference = Reference::official;  ///< whose norm axes (stills have none to choose)
  AffinityRule affinity = AffinityRule::paper;
  ConditionFrame condition_frame = ConditionFrame::first;
  /// Every so many steps a batch of stills instead of clips, about as many as the clips would have had
  /// frames: through the U-Net without motion modules and condition, so that it learns to draw from text
  /// alone. 0 = off.
  int stills_every = 0;
  /// Weight of the text encoder's own loss: it is asked at each caption's end which words were said. Else a
  /// fresh one hides the one word that counts among all places of the prompt, and the U-Net finds it late.
  double caption_loss = 0;
  double condition_dropout = 0.2;  ///< share of the clips that have both condition planes zero
  double text_dropout = 0.1;       ///< share that has the empty prompt instead
  double offset_noise = 0;         ///< std of a shift of each channel's noise, one for all frames
  double frame_offset_noise = 0;   ///< the same, one for each frame
  double min_snr = 0;              ///< gamma; 0 = off
  LossWeight loss_weight = LossWeight::noise;
  double most_weight = 400;
  int first_timestep = 0;  ///< t is drawn uniformly from first..last
  int last_timestep = 999;
  double focus = 0;  ///< this share of the clips draws t from focus_timestep..last instead
  int focus_timestep = 500;
  /// From this timestep on the network sees noise alone, as it does when sampling begins, and is to answer
  /// what makes the picture of it: (noise - alpha picture) / sigma. Else small latents betray at every
  /// timestep what they show, and neither text nor affinity is ever needed. 1000 = off.
  int terminal_timestep = 1000;
  double condition_noise = 0;  ///< std of noise on the condition picture's latent, in the U-Net's units
  int lora_rank = 0;           ///< > 0: a LoRA is trained instead of the weights
};

struct VaeTraining {
  double latent_noise = 0.08;   ///< std that is added to the mean instead of sampling the posterior
  double latent_size = 5e-4;    ///< weight of the latents' mean square
  double gradient_loss = 0.25;  ///< weight of the L1 distance of the pictures' gradients
  bool freeze_encoder = false;  ///< the decoder (and post_quant_conv) alone
  /// > 0: what is written has quant_conv and post_quant_conv changed so that the latents' mean is 0 and their
  /// covariance this number squared times 1, in the U-Net's units. Small latents want 3. With freeze_encoder
  /// it is done before training instead, and only to an encoder that starts without weights.
  double whitened = 0;
};

struct Optimizer {
  double learning_rate = 1e-4;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 1e-2;
  double clip_norm = 1;  ///< 0 = off
  int warmup = 0;        ///< steps of rising learning rate
  bool cosine = false;   ///< falls to zero at the end instead of staying
  int accumulation = 1;  ///< batches a step
  double ema = 0;        ///< decay of the moving average that is exported; 0 = off
};

struct Training {
  std::string name;
  std::uint64_t seed = 0;  ///< of noise, timesteps, dropouts and picked examples
  std::string model;       ///< folder that training starts from
  std::string base;        ///< supplies the components that `model` lacks; may be empty
  std::string motion;      ///< the same of PIA's part; empty if frames = 1
  Start start = Start::weights;
  TrainedNetwork network = TrainedNetwork::denoiser;
  std::vector<std::string> parameters;  ///< trained: those whose "component/key" contains one of these
  int steps = 0;
  int batch = 1;  ///< clips of all ranks together, in one of `accumulation` batches
  MixedPrecision mixed_precision = MixedPrecision::no;
  ClipData data;
  DenoiserTraining denoiser;
  VaeTraining vae;
  Optimizer optimizer;
  int checkpoint_every = 100;  ///< steps
  int sample_every = 0;        ///< steps between looks: gate and sheet of samples; 0 = never
  std::string output;          ///< folder of the trained model
  Dtype output_dtype = Dtype::fp32;
  MotionNames motion_names = MotionNames::diffusers;
};

}  // namespace pia::jobs
