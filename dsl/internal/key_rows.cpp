// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "dsl/internal/key_table.hpp"
#include "jobs/core/gallery.hpp"
#include "jobs/core/training_words.hpp"
#include "jobs/core/words.hpp"

namespace pia::dsl::internal {
namespace {

using enum Section;
using enum Type;
constexpr State kPlanned = State::planned;
constexpr Range kPixels = {.from = 8, .to = 4096};
constexpr Range kShare = {.from = 0, .to = 1};
constexpr Range kLoraWeight = {.from = -100, .to = 100};
constexpr Range kDecay = {.from = 0, .to = 0.9999999};
constexpr Range kTimestep = {.from = 0, .to = 999};
constexpr Range kCount = {.from = 0, .to = 2147483647};
constexpr Range kPositive = {.from = 1, .to = 2147483647};

std::span<const std::string_view> prompt_syntaxes() {
  static constexpr std::array<std::string_view, 2> kWords = {"a1111", "plain"};
  return kWords;
}
std::span<const std::string_view> expansions() {
  static constexpr std::array<std::string_view, 2> kWords = {"sample", "all"};
  return kWords;
}
std::span<const std::string_view> kinds() {
  static constexpr std::array<std::string_view, 2> kWords = {"render", "train"};
  return kWords;
}
std::span<const std::string_view> toy_styles() {
  static constexpr std::array<std::string_view, 4> kWords = {"flat", "comic", "pastel", "neon"};
  return kWords;
}
std::span<const std::string_view> devices() {
  static constexpr std::array<std::string_view, 3> kWords = {"auto", "cpu", "cuda"};
  return kWords;
}
std::span<const std::string_view> budgets() {
  static constexpr std::array<std::string_view, 1> kWords = {"auto"};
  return kWords;
}
std::span<const std::string_view> dtypes() {
  static constexpr std::array<std::string_view, 4> kWords = {"auto", "fp32", "fp16", "bf16"};
  return kWords;
}

// Open-mmlab/PIA's DEFAULT_N_PROMPT, as TOML.
constexpr std::string_view kNegativePrompt =
    "\"wrong white balance, dark, sketches,worst quality,low quality, deformed, distorted, disfigured, bad "
    "eyes, "
    "wrong lips,weird mouth, bad teeth, mutated hands and fingers, bad anatomy,wrong anatomy, amputation, "
    "extra limb, missing limb, floating,limbs, disconnected limbs, mutation, ugly, disgusting, bad_pictures, "
    "negative_hand-neg\"";

// clang-format off
constexpr Key kRows[] = {
    {.section = top, .name = "format", .type = whole, .meaning = "version of the language", .range = {.from = 1, .to = 1}},
    {.section = top, .name = "kind", .type = word, .initial = "\"render\"", .meaning = "what the job is: clips to render, or a training, which has other tables: job, paths, train, optimizer, data, output", .words = &kinds},
    {.section = top, .name = "train", .type = table, .meaning = "what a training trains, and how long"},
    {.section = top, .name = "optimizer", .type = table, .meaning = "how a training learns"},
    {.section = top, .name = "data", .type = table, .meaning = "what a training learns from"},
    {.section = top, .name = "job", .type = table, .meaning = "name, run directory and root seed"},
    {.section = top, .name = "paths", .type = table, .meaning = "folders in which names are looked up"},
    {.section = top, .name = "models", .type = table, .meaning = "models by id"},
    {.section = top, .name = "motions", .type = table, .meaning = "PIA's weights by id"},
    {.section = top, .name = "images", .type = table, .meaning = "pictures by id"},
    {.section = top, .name = "defaults", .type = table, .meaning = "shot keys for every shot"},
    {.section = top, .name = "shot", .type = table, .meaning = "one clip to make", .other_names = "shots"},
    {.section = top, .name = "grid", .type = table, .meaning = "clips to make: all combinations of its axes", .other_names = "grids"},
    {.section = top, .name = "output", .type = table, .meaning = "what is kept and shown of a clip"},
    {.section = top, .name = "extends", .type = path, .meaning = "job file whose tables this one changes", .other_names = "base"},
    {.section = top, .name = "loras", .type = table, .meaning = "LoRAs by id"},
    {.section = top, .name = "prompts", .type = table, .meaning = "prompts by id, each a text or a travel table", .other_names = "prompt"},
    {.section = top, .name = "embeddings", .type = table, .meaning = "textual inversions: the path of each by its word in prompts", .state = kPlanned},
    {.section = top, .name = "override", .type = table, .meaning = "changes to the shots that match", .other_names = "overrides"},
    {.section = top, .name = "quality", .type = table, .meaning = "what is measured of the clips"},

    {.section = job, .name = "name", .type = label, .meaning = "name of the job; the file's stem if absent"},
    {.section = job, .name = "out", .type = path, .meaning = "run directory; renders/<name> under the current directory if absent"},
    {.section = job, .name = "seed", .type = seed, .initial = "0", .meaning = "root of every \"auto\" seed"},
    {.section = job, .name = "expand", .type = word, .initial = "\"sample\"", .meaning = "templates in prompts: sample draws one, all makes an axis of them", .words = &expansions},

    {.section = paths, .name = "models", .type = roots, .meaning = "folders of models"},
    {.section = paths, .name = "motions", .type = roots, .meaning = "folders of PIA's weights"},
    {.section = paths, .name = "images", .type = roots, .meaning = "folders of pictures"},
    {.section = paths, .name = "loras", .type = roots, .meaning = "folders of LoRAs"},
    {.section = paths, .name = "wildcards", .type = roots, .meaning = "folders of wildcards; the folder wildcards beside the file if absent"},

    {.section = output, .name = "formats", .type = words, .initial = "[\"mp4\"]", .meaning = "videos to make", .words = &jobs::words<jobs::VideoFormat>},
    {.section = output, .name = "crf", .type = whole, .initial = "18", .meaning = "H.264 quality, 0 is lossless", .range = {.from = 0, .to = 51}},
    {.section = output, .name = "keep_latents", .type = word, .initial = "\"final\"", .meaning = "latents that stay with a result", .words = &jobs::words<jobs::KeepLatents>},
    {.section = output, .name = "metadata", .type = flag, .initial = "true", .meaning = "whether a video carries its recipe"},
    {.section = output, .name = "frames", .type = flag, .initial = "false", .meaning = "whether single frames are written too, as \"png\" among formats"},
    {.section = output, .name = "path", .type = label, .meaning = "pattern of the videos' paths below videos/, of {grid} {image} {model} {prompt} {mode} {magnitude} {seed} {id8} {name}; if absent, a shot's is {name}-{id8}, a grid's {grid}/{image}/{model}/{prompt}-{mode}-{magnitude}-s{seed}-{id8}"},
    {.section = output, .name = "gallery", .type = table, .meaning = "what the rows, columns and pages of gallery/index.html show"},

    {.section = gallery, .name = "rows", .type = word, .meaning = "the key whose values are the rows; if absent, one that differs among the clips", .words = &jobs::words<jobs::GalleryKey>, .other_names = "y|row"},
    {.section = gallery, .name = "cols", .type = word, .meaning = "the key whose values are the columns", .words = &jobs::words<jobs::GalleryKey>, .other_names = "x|columns|col"},
    {.section = gallery, .name = "page", .type = word, .meaning = "the key with a page a value", .words = &jobs::words<jobs::GalleryKey>, .other_names = "z|pages"},

    {.section = quality, .name = "metrics", .type = words, .initial = "[]", .meaning = "what to measure of clips rendered from now on (those that are done are not measured again), for report, gallery and status --why. psnr: likeness of the condition frame to the picture, in dB, 99 if equal; motion: mean difference of the other frames to the condition frame, in 1/255; flicker: mean difference of a frame to the mean of its neighbours, in 1/255", .words = &jobs::words<jobs::Metric>, .other_names = "measures|metric|measure"},

    {.section = model, .name = "checkpoint", .type = path, .meaning = "the model's file or folder", .other_names = "path|db_path|file"},
    {.section = model, .name = "vae", .type = path, .meaning = "a VAE in place of the model's own", .state = kPlanned},
    {.section = model, .name = "prompt_prefix", .type = text, .meaning = "put before every prompt"},
    {.section = model, .name = "prompt_suffix", .type = text, .meaning = "put behind every prompt"},
    {.section = model, .name = "trigger", .type = triggers, .meaning = "words that the model wants: put in where they are absent; false: none"},

    {.section = motion, .name = "path", .type = path, .meaning = "file or folder of PIA's weights", .other_names = "checkpoint|file"},

    {.section = lora, .name = "path", .type = path, .meaning = "the LoRA's file", .other_names = "file|checkpoint"},
    {.section = lora, .name = "weight", .type = real, .meaning = "weight where a shot says none", .range = kLoraWeight, .other_names = "scale|strength"},
    {.section = lora, .name = "trigger", .type = triggers, .meaning = "words that it wants: put in where they are absent and it is active; false: none", .other_names = "trigger_words"},

    {.section = image, .name = "path", .type = path, .meaning = "the picture's file", .other_names = "file"},
    {.section = image, .name = "prompt", .type = text, .meaning = "put before the shot's prompt"},

    {.section = grid, .name = "name", .type = label, .meaning = "name of the grid"},
    {.section = grid, .name = "axes", .type = table, .meaning = "lists of values that are multiplied", .other_names = "matrix"},
    {.section = grid, .name = "limit", .type = whole, .initial = "5000", .meaning = "most combinations that are no accident", .range = {.from = 1, .to = 100000}},
    {.section = grid, .name = "pairs", .type = table, .meaning = "values that go together: a list of tables, multiplied with the axes", .other_names = "zip"},
    {.section = grid, .name = "exclude", .type = table, .meaning = "combinations to leave out"},
    {.section = grid, .name = "include", .type = table, .meaning = "keys and shots to add"},
    {.section = grid, .name = "sample", .type = whole, .meaning = "combinations to keep, chosen by job.seed", .range = {.from = 1, .to = 100000}},
    {.section = grid, .name = "expand", .type = word, .meaning = "templates in prompts, where the grid differs from [job]", .words = &expansions},

    {.section = prompt_id, .name = "text", .type = text, .meaning = "the prompt, where it does not travel"},

    {.section = overrides, .name = "match", .type = table, .meaning = "which shots: keys and values as in exclude, and name, tags, id", .other_names = "where|filter|if"},
    {.section = overrides, .name = "set", .type = table, .meaning = "the keys that they get", .other_names = "values|changes|then"},

    {.name = "image", .type = path, .meaning = "the picture to animate: an id, a path, in axes also a glob", .other_names = "input_name|input|picture|init_image|input_image"},
    {.name = "model", .type = path, .meaning = "the personalised model: an id or a path", .other_names = "db_path|path|checkpoint|pretrained_model_path|dreambooth_path|ckpt_name"},
    {.name = "base", .type = path, .meaning = "model that supplies the text encoder or VAE that `model` lacks", .other_names = "pretrained_model"},
    {.name = "motion", .type = path, .meaning = "PIA's weights: an id or a path", .other_names = "pretrained_motion|motion_module|motion_model|motion_adapter|unet_checkpoint_path"},
    {.name = "reference", .type = word, .initial = "\"official\"", .meaning = "whose arithmetic", .words = &jobs::words<jobs::Reference>},
    {.name = "prompt", .type = prompt, .initial = "\"\"", .meaning = "what happens", .other_names = "prompts"},
    {.name = "negative_prompt", .type = prompt, .initial = kNegativePrompt, .meaning = "what must not be seen", .other_names = "n_prompt|neg_prompt|negative"},
    {.name = "prompt_syntax", .type = word, .initial = "\"a1111\"", .meaning = "a1111: (x:1.3), [x], BREAK, chunks of 75 tokens; plain: literal text, cut at 75", .words = &prompt_syntaxes},
    {.name = "mode", .type = word, .initial = "\"animate\"", .meaning = "kind of motion", .words = &jobs::words<jobs::Mode>},
    {.name = "magnitude", .type = magnitude, .initial = "\"small\"", .meaning = "amount of motion", .words = &jobs::words<jobs::Magnitude>, .other_names = "mask_sim_range|motion_scale"},
    {.name = "affinity", .type = affinity, .meaning = "likeness to the picture by distance from condition_frame; from mode and magnitude if absent", .range = kShare, .other_names = "mask|coef"},
    {.name = "condition_frame", .type = whole, .initial = "0", .meaning = "frame that is the picture, negative from the end", .range = {.from = -100000, .to = 100000}, .other_names = "cond_frame"},
    {.name = "frames", .type = whole, .initial = "16", .meaning = "length in frames", .range = {.from = 1, .to = 100000}, .other_names = "video_length|num_frames|max_frames|L|length"},
    {.name = "fps", .type = whole, .initial = "8", .meaning = "frames a second", .range = {.from = 1, .to = 60}, .other_names = "frame_rate"},
    {.name = "width", .type = whole, .meaning = "pixels; from the picture if absent", .range = kPixels, .other_names = "W"},
    {.name = "height", .type = whole, .meaning = "pixels; from the picture if absent", .range = kPixels, .other_names = "H"},
    {.name = "max_size", .type = whole, .initial = "512", .meaning = "longest edge in pixels where no size is given", .range = kPixels, .other_names = "size|resolution"},
    {.name = "resize", .type = word, .initial = "\"fit\"", .meaning = "how the picture gets its size", .words = &jobs::words<jobs::Resize>},
    {.name = "steps", .type = whole, .initial = "25", .meaning = "denoising steps", .range = {.from = 1, .to = 999}, .other_names = "num_inference_steps|sampling_steps|num_steps"},
    {.name = "guidance_scale", .type = real, .initial = "7.5", .meaning = "classifier-free guidance, none at 1 and below", .other_names = "cfg_scale|cfg|guidance|unconditional_guidance_scale"},
    {.name = "sampler", .type = word, .initial = "\"ddim\"", .meaning = "the diffusion algorithm; only ddim can be rendered yet", .words = &jobs::words<jobs::Sampler>,
     .spellings = "DDIM=ddim|Euler=euler|k_euler=euler|Euler a=euler_a|k_euler_a=euler_a|euler_ancestral=euler_a|k_euler_ancestral=euler_a|DPM++ 2M Karras=dpmpp_2m|DPM++ 2M=dpmpp_2m|k_dpmpp_2m=dpmpp_2m|dpm++_2m=dpmpp_2m|PNDM=pndm|PLMS=pndm|plms=pndm", .other_names = "sampler_name|sampling_method", .accepted = "scheduler"},
    {.name = "clip_skip", .type = whole, .initial = "1", .meaning = "layer of the text encoder that is read: 1 the last, 2 the last but one, as AUTOMATIC1111 counts", .range = {.from = 1, .to = 12}, .other_names = "CLIP_stop_at_last_layers|stop_at_clip_layer|clip_layer"},
    {.name = "seed", .type = seed, .initial = "\"auto\"", .meaning = "a number, as a string up to 2^64-1; \"auto\": from job.seed and the picture; -1: drawn once, for as long as the shot stays in the plan as it is", .other_names = "global_seed|noise_seed"},
    {.name = "strength", .type = real, .initial = "1.0", .meaning = "share of the steps that is done", .range = {.from = 0, .to = 1, .above = true}, .other_names = "denoising_strength|denoise"},
    {.name = "eta", .type = real, .initial = "0.0", .meaning = "noise in each step: 0 none, 1 as DDPM", .range = kShare},
    {.name = "context", .type = context, .meaning = "windows in which a longer clip is rendered, of 16 frames if absent, which overlap by a quarter; in a loop \"uniform\" goes round, as \"looped\" does; false: all frames at once"},
    {.name = "name", .type = label, .meaning = "name of the shot"},
    {.name = "tags", .type = texts, .initial = "[]", .meaning = "labels"},
    {.name = "priority", .type = whole, .initial = "0", .meaning = "higher goes first", .range = {.from = -1000000, .to = 1000000}},
    {.name = "loras", .type = Type::loras, .initial = "[]", .meaning = "LoRAs and their weights; <lora:ID:0.8> in a prompt adds one", .other_names = "lora|lora_path"},
    {.name = "ip_adapter_scale", .type = real, .initial = "0.0", .meaning = "weight of the IP-Adapter, which looks at the shot's picture; 0: none", .range = {.from = 0, .to = 10}, .other_names = "ip_adapter", .state = kPlanned},
    {.name = "ip_adapter_image", .type = path, .meaning = "another picture for the IP-Adapter", .other_names = "ip_adapter_image_path", .state = kPlanned},
    {.name = "trigger_words", .type = flag, .meaning = "whether trigger words are put in"},

    {.section = train, .name = "network", .type = word, .initial = "\"denoiser\"", .meaning = "what is trained: what predicts the noise (U-Net, text encoder, motion modules, PIA's conv_in), or the VAE", .words = &jobs::words<jobs::TrainedNetwork>},
    {.section = train, .name = "model", .type = path, .meaning = "folder in diffusers' layout that training starts from", .other_names = "pretrained_model|pretrained_model_path|checkpoint"},
    {.section = train, .name = "motion", .type = path, .meaning = "the same of PIA's part, where clips of more than one frame are trained", .other_names = "motion_module|pretrained_motion"},
    {.section = train, .name = "base", .type = path, .meaning = "folder that supplies what `model` lacks"},
    {.section = train, .name = "start", .type = word, .initial = "\"weights\"", .meaning = "what a part starts from whose folder holds only a config.json: that is an error; drawn values; drawn ones that pass the input through, which train several times faster", .words = &jobs::words<jobs::Start>},
    {.section = train, .name = "parameters", .type = texts, .meaning = "which are trained: those whose names contain one of these, such as \"motion/\" or \"conv_in\"; if absent, those of the motion part and the U-Net's conv_in where frames are more than one, else all; of a LoRA, those of the U-Net", .other_names = "trainable_modules"},
    {.section = train, .name = "steps", .type = whole, .meaning = "steps of the optimizer in all", .range = {.from = 1, .to = 2147483647}, .other_names = "max_train_steps"},
    {.section = train, .name = "batch", .type = whole, .initial = "1", .meaning = "clips of a batch, of all processes together", .range = {.from = 1, .to = 65536}, .other_names = "batch_size|train_batch_size"},
    {.section = train, .name = "mixed_precision", .type = word, .initial = "\"no\"", .meaning = "in what the trained network computes: fp32, or bf16 where that is safe, for GPUs; weights, gradients and moments are fp32 always", .words = &jobs::words<jobs::MixedPrecision>},
    {.section = train, .name = "frames", .type = whole, .initial = "1", .meaning = "of each clip; 1: stills, without motion modules and condition", .range = {.from = 1, .to = 1000}, .other_names = "video_length|num_frames|sample_n_frames|length"},
    {.section = train, .name = "frames_seen", .type = whole, .initial = "0", .meaning = "frames of a clip that a step looks at: the condition frame and others drawn anew, in their own places; 0: all", .range = {.from = 0, .to = 1000}},
    {.section = train, .name = "reference", .type = word, .initial = "\"official\"", .meaning = "whose arithmetic, as in renders", .words = &jobs::words<jobs::Reference>},
    {.section = train, .name = "affinity", .type = word, .initial = "\"paper\"", .meaning = "how the affinity of a frame is measured: as PIA's paper says, or as its released code does", .words = &jobs::words<jobs::AffinityRule>},
    {.section = train, .name = "condition_frame", .type = word, .initial = "\"first\"", .meaning = "which frame is the condition", .words = &jobs::words<jobs::ConditionFrame>},
    {.section = train, .name = "stills_every", .type = whole, .initial = "0", .meaning = "every so many steps, stills instead of clips, without motion modules and condition, so that the U-Net learns to draw from text alone; 0: never", .range = kCount},
    {.section = train, .name = "caption_loss", .type = real, .initial = "0.0", .meaning = "weight of the text encoder's own loss, which asks it at each caption's end what words were said; a fresh one wants 1", .range = {.from = 0, .to = 1000}},
    {.section = train, .name = "condition_dropout", .type = real, .initial = "0.2", .meaning = "share of clips without the condition", .range = kShare},
    {.section = train, .name = "text_dropout", .type = real, .initial = "0.1", .meaning = "share of clips without the prompt", .range = kShare, .other_names = "cfg_random_null_text_ratio"},
    {.section = train, .name = "offset_noise", .type = real, .initial = "0.0", .meaning = "std of a shift of each channel's noise, one for all frames", .range = {.from = 0, .to = 10}, .other_names = "noise_offset"},
    {.section = train, .name = "frame_offset_noise", .type = real, .initial = "0.0", .meaning = "the same, one for each frame", .range = {.from = 0, .to = 10}},
    {.section = train, .name = "min_snr", .type = real, .initial = "0.0", .meaning = "gamma of min-SNR weights; 0: off", .range = {.from = 0, .to = 1000}, .other_names = "snr_gamma|min_snr_gamma"},
    {.section = train, .name = "loss_weight", .type = word, .initial = "\"noise\"", .meaning = "what an error in the noise counts for at each timestep", .words = &jobs::words<jobs::LossWeight>},
    {.section = train, .name = "most_weight", .type = real, .initial = "400.0", .meaning = "largest weight of loss_weight = \"velocity\"", .range = {.from = 0, .to = 1000000, .above = true}},
    {.section = train, .name = "first_timestep", .type = whole, .initial = "0", .meaning = "lowest timestep that is drawn", .range = kTimestep},
    {.section = train, .name = "last_timestep", .type = whole, .initial = "999", .meaning = "highest timestep that is drawn", .range = kTimestep},
    {.section = train, .name = "focus", .type = real, .initial = "0.0", .meaning = "share of the clips whose timestep is drawn from focus_timestep to last_timestep instead", .range = kShare},
    {.section = train, .name = "focus_timestep", .type = whole, .initial = "500", .meaning = "lowest timestep of these", .range = kTimestep},
    {.section = train, .name = "terminal_timestep", .type = whole, .initial = "1000", .meaning = "from this timestep on the network sees noise alone, as when sampling begins; 1000: off", .range = {.from = 0, .to = 1000}},
    {.section = train, .name = "condition_noise", .type = real, .initial = "0.0", .meaning = "std of noise on the condition picture's latent, in the U-Net's units", .range = {.from = 0, .to = 10}},
    {.section = train, .name = "lora_rank", .type = whole, .initial = "0", .meaning = "more than 0: a LoRA of this rank is trained instead of the U-Net's weights, and written as lora.safetensors in kohya's key names", .range = {.from = 0, .to = 1024}, .other_names = "rank|network_dim"},
    {.section = train, .name = "latent_noise", .type = real, .initial = "0.08", .meaning = "of a VAE: std that is added to the mean instead of sampling the posterior", .range = {.from = 0, .to = 10}},
    {.section = train, .name = "latent_size", .type = real, .initial = "0.0005", .meaning = "of a VAE: weight of the latents' mean square", .range = {.from = 0, .to = 1000}},
    {.section = train, .name = "gradient_loss", .type = real, .initial = "0.25", .meaning = "of a VAE: weight of the L1 distance of the pictures' gradients", .range = {.from = 0, .to = 1000}},
    {.section = train, .name = "freeze_encoder", .type = flag, .initial = "false", .meaning = "of a VAE: whether only its decoder is trained"},
    {.section = train, .name = "whitened", .type = real, .initial = "0.0", .meaning = "of a VAE: more than 0: its latents get mean 0 and this std, in the U-Net's units, when it is written, or before training with freeze_encoder; small latents want 3", .range = {.from = 0, .to = 100}},
    {.section = train, .name = "checkpoint_every", .type = whole, .initial = "100", .meaning = "steps between checkpoints, from which a training goes on after anything", .range = kPositive, .other_names = "checkpointing_steps|save_every"},
    {.section = train, .name = "sample_every", .type = whole, .initial = "0", .meaning = "steps between looks at what the network knows: errors with the right word and another, with affinity and without, and a sheet of what it makes; 0: none", .range = kCount, .other_names = "validation_steps"},

    {.section = optimizer, .name = "learning_rate", .type = real, .initial = "0.0001", .meaning = "AdamW's", .range = {.from = 0, .to = 10, .above = true}, .other_names = "lr"},
    {.section = optimizer, .name = "beta1", .type = real, .initial = "0.9", .meaning = "decay of the first moment", .range = kDecay, .other_names = "adam_beta1"},
    {.section = optimizer, .name = "beta2", .type = real, .initial = "0.999", .meaning = "decay of the second moment", .range = kDecay, .other_names = "adam_beta2"},
    {.section = optimizer, .name = "eps", .type = real, .initial = "0.00000001", .meaning = "added to the root of the second moment", .range = {.from = 0, .to = 1, .above = true}, .other_names = "adam_epsilon|epsilon"},
    {.section = optimizer, .name = "weight_decay", .type = real, .initial = "0.01", .meaning = "share of a weight that a learning rate of 1 would take away", .range = {.from = 0, .to = 100}, .other_names = "adam_weight_decay"},
    {.section = optimizer, .name = "clip_norm", .type = real, .initial = "1.0", .meaning = "longest gradient of all parameters; 0: any", .range = {.from = 0, .to = 1000000}, .other_names = "max_grad_norm|gradient_clip_val"},
    {.section = optimizer, .name = "warmup", .type = whole, .initial = "0", .meaning = "first steps, in which the learning rate rises", .range = kCount, .other_names = "lr_warmup_steps|warmup_steps"},
    {.section = optimizer, .name = "cosine", .type = flag, .initial = "false", .meaning = "whether the learning rate falls to zero at the end instead of staying"},
    {.section = optimizer, .name = "accumulation", .type = whole, .initial = "1", .meaning = "batches of a step", .range = {.from = 1, .to = 65536}, .other_names = "gradient_accumulation_steps"},
    {.section = optimizer, .name = "ema", .type = real, .initial = "0.0", .meaning = "decay of the moving average that becomes the trained model; 0: off", .range = kDecay, .other_names = "ema_decay"},

    {.section = data, .name = "videos", .type = path, .meaning = "a CSV like WebVid's (videoid, name, page_dir), of MP4 files and their captions. Without videos and pictures, clips of the toy world are drawn", .other_names = "csv_path|csv"},
    {.section = data, .name = "folder", .type = path, .meaning = "of the videos: FOLDER/PAGE_DIR/VIDEOID.mp4, or FOLDER/VIDEOID.mp4", .other_names = "video_folder"},
    {.section = data, .name = "stride", .type = whole, .initial = "4", .meaning = "of videos: how many of their frames pass for each of a clip's; 16 frames of stride 4 span 64", .range = {.from = 1, .to = 1000}, .other_names = "sample_stride"},
    {.section = data, .name = "mirror", .type = flag, .initial = "true", .meaning = "whether half of the clips of videos are mirrored; false where captions say left and right, or letters are in the picture", .other_names = "random_flip|flip"},
    {.section = data, .name = "pictures", .type = path, .meaning = "a folder of pictures (png, jpg, jpeg, webp, bmp, tif, tiff; not those of its folders), or a pattern such as \"mine/*.png\", for frames = 1 and for network = \"vae\". The caption of NAME.png is the text of NAME.txt beside it (UTF-8, line ends being spaces). Cropped about the middle, never mirrored: a subject of one's own is not symmetric. Each is seen once before any is seen again", .other_names = "images|image_dir|instance_data_dir|train_data_dir"},
    {.section = data, .name = "caption", .type = text, .meaning = "of pictures that have no NAME.txt beside them, such as \"a photo of sks dog\"", .other_names = "prompt|instance_prompt"},
    {.section = data, .name = "styles", .type = words, .meaning = "of the toy world; all of them if absent", .words = &toy_styles, .other_names = "style"},
    {.section = data, .name = "condition_styles", .type = words, .meaning = "of the toy world: the condition picture is the same scene in one of these, and counts half in affinity, so that a style is learnt which is to be laid over pictures of another; if absent, the clip's own frame", .words = &toy_styles},
    {.section = data, .name = "seed", .type = Type::seed, .initial = "0", .meaning = "of the toy world's clips, and of what is picked from videos and pictures"},
    {.section = data, .name = "width", .type = whole, .initial = "64", .meaning = "pixels", .range = kPixels},
    {.section = data, .name = "height", .type = whole, .initial = "64", .meaning = "pixels", .range = kPixels},

    {.section = train_output, .name = "model", .type = path, .meaning = "folder of the trained model; model in the run directory if absent", .other_names = "path|folder|output_dir"},
    {.section = train_output, .name = "dtype", .type = word, .initial = "\"fp32\"", .meaning = "of the trained model's weights", .words = &jobs::words<jobs::Dtype>},
    {.section = train_output, .name = "motion_names", .type = word, .initial = "\"diffusers\"", .meaning = "of a trained motion part: in the folder motion, as diffusers calls its tensors, or in pia.safetensors, as PIA's own code does", .words = &jobs::words<jobs::MotionNames>},

    {.section = site, .name = "slurm", .type = table, .meaning = "what `pia-farm submit` asks Slurm for, unless its own options say otherwise"},
    {.section = site, .name = "worker", .type = table, .meaning = "how workers run"},
    {.section = site, .name = "paths", .type = table, .meaning = "folders searched after the job file's own"},

    {.section = slurm, .name = "partition", .type = label, .meaning = "sbatch --partition"},
    {.section = slurm, .name = "account", .type = label, .meaning = "sbatch --account"},
    {.section = slurm, .name = "qos", .type = label, .meaning = "sbatch --qos"},
    {.section = slurm, .name = "reservation", .type = label, .meaning = "sbatch --reservation"},
    {.section = slurm, .name = "constraint", .type = label, .meaning = "sbatch --constraint"},
    {.section = slurm, .name = "nodes", .type = whole, .meaning = "sbatch --nodes", .range = kPositive},
    {.section = slurm, .name = "gpus_per_node", .type = whole, .meaning = "sbatch --gpus-per-node: workers a node; 0: it is not asked for any", .range = {.from = 0, .to = 1024}},
    {.section = slurm, .name = "cpus_per_task", .type = whole, .meaning = "sbatch --cpus-per-task", .range = kPositive},
    {.section = slurm, .name = "mem", .type = label, .meaning = "sbatch --mem", .other_names = "memory"},
    {.section = slurm, .name = "time", .type = label, .meaning = "sbatch --time", .other_names = "time_limit"},
    {.section = slurm, .name = "signal", .type = whole, .meaning = "seconds before the limit at which to checkpoint", .range = kPositive},

    {.section = worker, .name = "device", .type = word, .initial = "\"auto\"", .meaning = "cuda if the build and the node have it, else cpu", .words = &devices},
    {.section = worker, .name = "dtype", .type = word, .initial = "\"auto\"", .meaning = "fp16 on cuda, fp32 on cpu", .words = &dtypes},
    {.section = worker, .name = "threads", .type = whole, .initial = "0", .meaning = "CPU threads a worker, 0: shared out", .range = {.from = 0, .to = 4096}},
    {.section = worker, .name = "checkpoint_every", .type = real, .initial = "30", .meaning = "seconds between checkpoints", .range = {.from = 0, .to = 86400}},
    {.section = worker, .name = "model_budget", .type = word, .initial = "\"auto\"", .meaning = "of resident weights a worker: one model, the last one; a number of bytes is not yet built", .words = &budgets},
    {.section = worker, .name = "attempts", .type = whole, .initial = "3", .meaning = "tries a shot", .range = {.from = 1, .to = 100}},
    {.section = worker, .name = "scratch", .type = text, .initial = "\"$TMPDIR\"", .meaning = "folder of each node for copies of the weights; left out: of those that lie on a network file system; empty: none"},
};
// clang-format on

}  // namespace

std::span<const Key> all_keys() {
  return kRows;
}

}  // namespace pia::dsl::internal
