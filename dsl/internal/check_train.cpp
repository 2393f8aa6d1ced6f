// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>

#include "dsl/internal/bind_train.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::array kOfDenoisers = {"motion",
                                     "frames",
                                     "frames_seen",
                                     "reference",
                                     "affinity",
                                     "condition_frame",
                                     "stills_every",
                                     "caption_loss",
                                     "condition_dropout",
                                     "text_dropout",
                                     "offset_noise",
                                     "frame_offset_noise",
                                     "min_snr",
                                     "loss_weight",
                                     "most_weight",
                                     "first_timestep",
                                     "last_timestep",
                                     "focus",
                                     "focus_timestep",
                                     "terminal_timestep",
                                     "condition_noise",
                                     "lora_rank"};
constexpr std::array kOfVaes = {"latent_noise", "latent_size", "gradient_loss", "freeze_encoder", "whitened"};
constexpr std::array kOfClips = {"affinity",  "condition_frame", "condition_dropout", "frames_seen",
                                 "reference", "condition_noise", "stills_every"};

struct Checks {
  const Chosen& train;
  Complaints& complaints;

  /// An error at `key` if it was written.
  void refuse(const char* key, const std::string& why) const {
    const auto place = train.written(key);
    if (place) complaints.error(*place, key + why);
  }
};

void check_timesteps(const Checks& check) {
  const int first = check.train.whole("first_timestep");
  const int last = check.train.whole("last_timestep");
  if (first > last) {
    check.refuse(
        check.train.written("first_timestep") ? "first_timestep" : "last_timestep",
        " leaves no timestep: the first is " + std::to_string(first) + ", the last " + std::to_string(last));
  }
  if (check.train.at<double>("focus") > 0 && check.train.whole("focus_timestep") > last) {
    check.refuse(check.train.written("focus_timestep") ? "focus_timestep" : "last_timestep",
                 ": those in focus begin with " + std::to_string(check.train.whole("focus_timestep")) +
                     ", and the last is " + std::to_string(last));
  }
}

void check_network(const Checks& check) {
  if (check.train.at<std::string>("network") == "vae") {
    for (const char* key : kOfDenoisers) {
      check.refuse(key, " is of network = \"denoiser\", and this trains the VAE; leave it out");
    }
    const bool is_given = check.train.at<std::string>("start") == "weights";
    if (is_given && check.train.at<bool>("freeze_encoder") && check.train.at<double>("whitened") > 0) {
      check.refuse("whitened",
                   " would change the encoder, which freeze_encoder leaves as its weights are; leave one of "
                   "the two out, or let the VAE start = \"pass_through\"");
    }
    return;
  }
  for (const char* key : kOfVaes) {
    check.refuse(key, " is of network = \"vae\", and this trains the denoiser; leave it out");
  }
  const int frames = check.train.whole("frames");
  if (frames == 1) {
    check.refuse("motion", " is for clips, and frames is 1; leave it out, or write frames = 16");
    for (const char* key : kOfClips) {
      check.refuse(key, " is for clips, and frames is 1; leave it out, or write frames = 16");
    }
  } else if (const auto place = check.train.written("frames");
             place && check.train.find("motion") == nullptr) {
    check.complaints.error(*place, "frames = " + std::to_string(frames) +
                                       " needs PIA's part; add motion = \"...\", or leave frames out to "
                                       "train stills");
  }
  if (check.train.whole("frames_seen") > frames) {
    check.refuse("frames_seen", " must be at most frames, " + std::to_string(frames));
  }
  if (check.train.whole("frames_seen") > 0 && check.train.at<std::string>("condition_frame") == "random") {
    check.refuse("frames_seen", " goes with condition_frame = \"first\" only; leave one of the two out");
  }
  if (check.train.whole("stills_every") == 1) {
    check.refuse("stills_every", " = 1 leaves no step for clips; write 2 or more, or frames = 1");
  }
  check_timesteps(check);
}

void check_lora(const Checks& check, const Chosen& optimizer) {
  const auto ema = optimizer.written("ema");
  const bool both = check.train.whole("lora_rank") > 0 && ema && optimizer.at<double>("ema") > 0;
  if (both) check.complaints.error(*ema, "ema averages weights, and lora_rank trains a LoRA; leave one out");
}

// A pattern is found anywhere in "component/key"; what stands before its first slash ends a component's name.
void check_parameters(const Checks& check) {
  static constexpr std::array<std::string_view, 4> kComponents = {"unet", "text_encoder", "motion", "vae"};
  const Value* written = check.train.find("parameters");
  if (written == nullptr) return;
  for (const Value& one : *get<List>(*written)) {
    const std::string& pattern = *get<std::string>(one);
    const std::string part = pattern.substr(0, pattern.find('/'));
    if (part.size() == pattern.size()) continue;
    const auto names_it = [&](std::string_view component) { return component.ends_with(part); };
    if (std::ranges::none_of(kComponents, names_it)) {
      check.complaints.error(one.place, "no part of a model is called \"" + part +
                                            "\"; they are unet/, text_encoder/, motion/ and vae/");
    } else if (check.train.whole("lora_rank") > 0 && !std::string_view("unet").ends_with(part)) {
      check.complaints.error(
          one.place, "a LoRA is trained of the U-Net alone; leave \"" + pattern + "\" out, or lora_rank");
    }
  }
}

void check_steps(const Checks& check, const TrainDocument& document, const Chosen& optimizer) {
  const auto* steps = check.train.find("steps");
  if (steps == nullptr) {
    if (document.train.contains("steps")) return;
    check.complaints.error(document.train_place,
                           "[train] lacks steps, the number of steps in all" +
                               std::string(optimizer.written("cosine") ? ", by which cosine falls" : "") +
                               "; add steps = 1000");
    return;
  }
  const auto warmup = optimizer.written("warmup");
  if (warmup && optimizer.whole("warmup") >= *get<std::int64_t>(*steps)) {
    check.complaints.error(*warmup, "warmup ends before steps does: at most " +
                                        std::to_string(*get<std::int64_t>(*steps) - 1) + ", not " +
                                        std::to_string(optimizer.whole("warmup")));
  }
}

void check_pictures(const Checks& check, const Chosen& data) {
  Complaints& complaints = check.complaints;
  const auto pictures = data.written("pictures");
  const auto caption = data.written("caption");
  const bool is_vae = check.train.at<std::string>("network") == "vae";
  if (caption && !pictures) {
    complaints.error(*caption,
                     "caption is of pictures, and none are given; add pictures = \"folder\" or leave it out");
  } else if (caption && is_vae) {
    complaints.error(*caption, "caption is of network = \"denoiser\", and this trains the VAE; leave it out");
  }
  if (caption && data.at<std::string>("caption").find_first_not_of(" \t\n") == std::string::npos) {
    complaints.error(*caption, "caption is empty; write what the pictures show, or leave it out");
  }
  if (!pictures) return;
  if (data.written("videos")) {
    complaints.error(*pictures, "data.pictures and data.videos are both given; leave one out");
  }
  const int frames = check.train.whole("frames");
  if (!is_vae && frames > 1) {
    complaints.error(*pictures, "pictures are stills: set frames = 1, not " + std::to_string(frames) +
                                    ", and leave motion out, or give videos instead");
  }
}

void check_data(const Checks& check, const Chosen& data) {
  Complaints& complaints = check.complaints;
  const bool has_videos = data.find("videos") != nullptr;
  const bool has_pictures = data.find("pictures") != nullptr;
  const auto folder = data.written("folder");
  for (const std::string key : {"styles", "condition_styles"}) {
    const auto place = data.written(key.c_str());
    if (place && (has_videos || has_pictures)) {
      complaints.error(*place, key + " are the toy world's, and data." +
                                   (has_videos ? "videos is given" : "pictures is given") +
                                   "; leave one out");
    }
  }
  const auto condition_styles = data.written("condition_styles");
  if (condition_styles && !has_videos && !has_pictures && check.train.whole("frames") == 1) {
    complaints.error(*condition_styles,
                     "condition_styles are of the condition of clips, and this trains none; leave it out");
  }
  if (has_videos && !folder)
    complaints.error(*data.written("videos"),
                     "videos needs folder, where the videos lie; add folder = \"...\"");
  for (const std::string key : {"folder", "stride", "mirror"}) {
    const auto place = data.written(key.c_str());
    if (!place || has_videos) continue;
    complaints.error(*place,
                     key + " is of videos, and " +
                         (has_pictures ? "data.pictures is given; leave one out"
                                       : "none are given; add videos = \"list.csv\" or leave it out"));
  }
  if (!has_videos && !has_pictures && check.train.at<std::string>("affinity") == "official")
    check.refuse(
        "affinity",
        " = \"official\" is not measured in the toy world, whose pictures are too small for it; write "
        "affinity = \"paper\"");
  check_pictures(check, data);
}

}  // namespace

void check_train(const TrainDocument& document, Complaints& complaints) {
  const Chosen train(Section::train, document.train);
  const Chosen optimizer(Section::optimizer, document.optimizer);
  const Checks check{.train = train, .complaints = complaints};
  check_network(check);
  check_lora(check, optimizer);
  check_parameters(check);
  check_steps(check, document, optimizer);
  check_data(check, Chosen(Section::data, document.data));
}

}  // namespace pia::dsl::internal
