// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dsl/training_file.hpp"
#include "dsl/training_json.hpp"
#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using testing::HasSubstr;

const std::string kHead = "format = 1\nkind = \"train\"\n";

dsl::JobSource source_of(const std::string& text, const std::vector<std::string>& sets = {}) {
  return {.path = "/jobs/train.toml", .text = text, .working_directory = "/jobs", .sets = sets, .out = ""};
}

dsl::CompiledTraining compile_train(const std::string& text, const std::vector<std::string>& sets = {}) {
  MapCatalog catalog = job_files();
  catalog.file("/jobs/clips.csv", "videoid,name,page_dir\n")
      .file("/jobs/clips/1.mp4")
      .file("/jobs/tiny/vae/config.json", "{}");
  return dsl::compile_training(source_of(text, sets), {}, catalog);
}

using pia::tests::said;
std::string said(const dsl::CompiledTraining& compiled) {
  std::string text;
  for (const dsl::Diagnostic& diagnostic : compiled.diagnostics) text += to_string(diagnostic) + "\n";
  return text;
}

dsl::PlannedTraining planned(const std::string& text, const std::vector<std::string>& sets = {}) {
  const auto compiled = compile_train(text, sets);
  EXPECT_TRUE(compiled.planned.has_value()) << said(compiled);
  return compiled.planned.value_or(dsl::PlannedTraining{});
}

std::string of_train(const std::string& keys) {
  return kHead + "[train]\nmodel = \"tiny\"\nsteps = 100\n" + keys;
}
const std::string kClips = "motion = \"pia.ckpt\"\nframes = 16\n";

TEST(TrainingFile, TheLeastOneHasTheDefaultsOfATraining) {
  const auto found = planned(of_train(""));
  const jobs::Training plain;
  EXPECT_EQ(found.training.name, "train");
  EXPECT_EQ(found.training.model, "/jobs/tiny");
  EXPECT_EQ(found.training.steps, 100);
  EXPECT_EQ(found.out, "/jobs/renders/train");
  EXPECT_EQ(found.training.output, "/jobs/renders/train/model");
  EXPECT_EQ(found.training.data.styles, (std::vector<std::string>{"flat", "comic", "pastel", "neon"}));
  EXPECT_TRUE(found.training.parameters.empty());
  // What the key table says is what a Training has by itself.
  dsl::PlannedTraining built_in{.training = plain, .model = found.model};
  built_in.training.data.styles = found.training.data.styles;
  EXPECT_EQ(dsl::training_recipe(found), dsl::training_recipe(built_in));
  EXPECT_EQ(found.training.checkpoint_every, plain.checkpoint_every);
  EXPECT_EQ(found.training.sample_every, plain.sample_every);
}

TEST(TrainingFile, EveryKeyArrives) {
  const auto found = planned(
      kHead +
      "[job]\nname = \"pia\"\nout = \"runs/pia\"\nseed = \"18446744073709551615\"\n"
      "[train]\nmodel = \"tiny\"\nsteps = 9\nbatch = 4\naffinity = \"official\"\n"
      "condition_frame = \"random\"\ncondition_dropout = 0.3\ntext_dropout = 0\noffset_noise = "
      "0.1\nmin_snr = 5\n"
      "loss_weight = \"velocity\"\nfirst_timestep = 10\nlast_timestep = 900\ncheckpoint_every = 3\n"
      "sample_every = 4\nmixed_precision = \"bf16\"\nstills_every = 3\ncaption_loss = 0.5\n" +
      kClips +
      "[optimizer]\nlearning_rate = 1e-3\nwarmup = 2\ncosine = true\nema = 0.99\naccumulation = 2\n"
      "[data]\nvideos = \"clips.csv\"\nfolder = \"clips\"\nstride = 3\nseed = 7\nwidth = 32\nheight = 48\n"
      "[output]\nmodel = \"trained\"\nmotion_names = \"official\"\n");
  const jobs::Training& training = found.training;
  EXPECT_EQ(found.out, "/jobs/runs/pia");
  EXPECT_EQ(training.seed, 18446744073709551615U);
  EXPECT_EQ(training.motion, "/jobs/pia.ckpt");
  EXPECT_EQ(training.parameters, (std::vector<std::string>{"motion/", "conv_in"}));
  EXPECT_EQ(training.denoiser.frames, 16);
  EXPECT_EQ(training.denoiser.affinity, jobs::AffinityRule::official);
  EXPECT_EQ(training.denoiser.condition_frame, jobs::ConditionFrame::random);
  EXPECT_EQ(training.denoiser.loss_weight, jobs::LossWeight::velocity);
  EXPECT_EQ(training.denoiser.stills_every, 3);
  EXPECT_EQ(training.mixed_precision, jobs::MixedPrecision::bf16);
  EXPECT_EQ(training.denoiser.caption_loss, 0.5);
  EXPECT_EQ(training.denoiser.text_dropout, 0);
  EXPECT_EQ(training.denoiser.last_timestep, 900);
  EXPECT_TRUE(training.optimizer.cosine);
  EXPECT_EQ(training.optimizer.accumulation, 2);
  EXPECT_EQ(training.data.videos, "/jobs/clips.csv");
  EXPECT_EQ(training.data.folder, "/jobs/clips");
  EXPECT_EQ(training.data.stride, 3);
  EXPECT_EQ(training.data.height, 48);
  EXPECT_EQ(training.output, "/jobs/trained");
  EXPECT_EQ(training.motion_names, jobs::MotionNames::official);
  EXPECT_TRUE(training.data.styles.empty());
}

TEST(TrainingFile, IsToldFromOneThatRenders) {
  const MapCatalog catalog = job_files();
  EXPECT_TRUE(dsl::is_training(source_of(of_train("")), catalog));
  EXPECT_FALSE(dsl::is_training(source_of(with_defaults("")), catalog));
  EXPECT_FALSE(dsl::is_training(source_of("format = [ ,"), catalog));
  EXPECT_THAT(said(compile_text(of_train(""))), HasSubstr("job.toml:2:1: error: this is a training"));
  EXPECT_THAT(said(compile_text(with_defaults("[[shot]]\nimage = \"labrador.png\"\n[optimizer]\n"))),
              HasSubstr("[optimizer] is of a training; write kind = \"train\" below format"));
}

TEST(TrainingFile, SaysAllThatIsWrongAtOnce) {
  EXPECT_EQ(
      said(compile_train(kHead + "[train]\nmodle = \"tiny\"\nsteps = 0\nbatch = \"4\"\nlr = 1\n[output]\n"
                                 "formats = [\"mp4\"]\n[[shot]]\n[optimiser]\n")),
      "train.toml:3:2: error: [train] lacks model, the folder that training starts from; add model = "
      "\"...\"\n"
      "train.toml:4:1: error: unknown key \"modle\" in [train]; did you mean \"model\"?\n"
      "train.toml:5:9: error: steps must be a whole number from 1 to 2147483647, not 0\n"
      "train.toml:6:9: error: batch must be a whole number from 1 to 65536, not \"4\"; write it without "
      "quotes\n"
      "train.toml:7:1: error: unknown key \"lr\" in [train]; pia-farm schema --reference lists all keys\n"
      "train.toml:9:1: error: unknown key \"formats\" in [output] of a training; pia-farm schema --reference "
      "lists all keys\n"
      "train.toml:10:3: error: \"shot\" is of renders; a training has job, paths, train, optimizer, data "
      "and output\n"
      "train.toml:11:2: error: unknown key \"optimiser\" in a job file; a training has job, paths, "
      "train, optimizer, data and output; did you mean \"optimizer\"?\n");
}

struct Contradiction {
  std::string keys;  ///< after model and steps = 100 of [train]
  std::string sentence;
};

TEST(TrainingFile, RefusesWhatContradictsItself) {
  for (const auto& [keys, sentence] : std::vector<Contradiction>{
           {"frames = 16\n", "6:10: error: frames = 16 needs PIA's part; add motion = \"...\""},
           {"frames = 33\nmotion = \"pia.ckpt\"\n", "6:10: error: frames must be at most 32"},
           {"motion = \"pia.ckpt\"\n", "6:10: error: motion is for clips, and frames is 1"},
           {"motion = \"pia.ckpt\"\nframes = 16\nframes_seen = 5\ncondition_frame = \"random\"\n",
            "8:15: error: frames_seen goes with condition_frame = \"first\" only"},
           {"affinity = \"paper\"\n", "6:12: error: affinity is for clips, and frames is 1"},
           {"network = \"vae\"\nlora_rank = 4\n", "7:13: error: lora_rank is of network = \"denoiser\""},
           {"latent_noise = 0.1\n", "6:16: error: latent_noise is of network = \"vae\""},
           {"first_timestep = 500\nlast_timestep = 400\n", "6:18: error: first_timestep leaves no timestep"},
           {"focus = 0.5\nfocus_timestep = 900\nlast_timestep = 800\n",
            "7:18: error: focus_timestep: those in focus begin with 900, and the last is 800"},
           {"lora_rank = 4\n[optimizer]\nema = 0.9\n", "8:7: error: ema averages weights"},
           {"parameters = [\"attn\", \"unett/\"]\n", "6:23: error: no part of a model is called \"unett\""},
           {"lora_rank = 4\nparameters = [\"unet/\", \"text_encoder/\"]\n",
            "7:24: error: a LoRA is trained of the U-Net alone; leave \"text_encoder/\" out"},
           {"[optimizer]\nwarmup = 100\n", "7:10: error: warmup ends before steps does: at most 99, not 100"},
           {kClips + "affinity = \"official\"\n",
            "8:12: error: affinity = \"official\" is not measured in the toy world"},
           {"stills_every = 4\n", "6:16: error: stills_every is for clips, and frames is 1"},
           {kClips + "stills_every = 1\n", "8:16: error: stills_every = 1 leaves no step for clips"},
           {"network = \"vae\"\nfreeze_encoder = true\nwhitened = 3\n",
            "8:12: error: whitened would change the encoder, which freeze_encoder leaves"},
           {"[data]\nstride = 2\n", "7:10: error: stride is of videos, and none are given"},
           {"[data]\nmirror = false\n", "7:10: error: mirror is of videos, and none are given"},
           {"[data]\nwidth = 60\nheight = 60\n", "7:9: error: width must be a multiple of 8"},
           {"[data]\nwidth = 32\n", "7:9: error: the toy world is square"},
           {"[data]\nstyles = []\n", "7:10: error: styles is an empty list"},
           {"[data]\ncondition_styles = [\"flat\"]\n",
            "7:20: error: condition_styles are of the condition of clips"},
           {kClips + "[data]\nvideos = \"clips.csv\"\nfolder = \"clips\"\ncondition_styles = [\"flat\"]\n",
            "11:20: error: condition_styles are the toy world's, and data.videos is given"},
           {"[data]\nvideos = \"clips.csv\"\n", "7:10: error: videos needs folder"},
           {"[data]\nfolder = \"clips\"\n", "7:10: error: folder is of videos"},
           {"[data]\nvideos = \"no.csv\"\nfolder = \"clips\"\n", "7:10: error: /jobs/no.csv is no file"},
           {"[data]\nvideos = \"clips.csv\"\nfolder = \"no\"\n", "8:10: error: /jobs/no is not a folder"},
           {"[output]\nmodel = \"tiny\"\n", "7:9: error: output.model would be written over what training"},
           {"[output]\nmodel = \"renders/train/samples\"\n",
            "7:9: error: output.model would be written over the run"},
           {"[output]\nmodel = \"renders\"\n", "7:9: error: output.model would be written over the run"}}) {
    const auto compiled = compile_train(of_train(keys));
    EXPECT_THAT(said(compiled), HasSubstr("train.toml:" + sentence)) << keys;
    EXPECT_FALSE(compiled.planned.has_value()) << keys;
  }
  EXPECT_THAT(said(compile_train(kHead + "[train]\nmodel = \"unet.safetensors\"\nsteps = 1\n")),
              HasSubstr("\"unet.safetensors\" has no VAE, which this training needs"));
  EXPECT_THAT(said(compile_train(kHead + "[train]\nmodel = \"tiny\"\n[optimizer]\ncosine = true\n")),
              HasSubstr("[train] lacks steps, the number of steps in all, by which cosine falls"));
  EXPECT_THAT(said(compile_train(kHead)), HasSubstr("there is no [train]"));
}

TEST(TrainingFile, ABareKeyOfSetIsOfTrain) {
  EXPECT_EQ(planned(of_train(""), {"steps=7", "optimizer.learning_rate=0.5"}).training.steps, 7);
  EXPECT_EQ(planned(of_train(""), {"optimizer.learning_rate=0.5"}).training.optimizer.learning_rate, 0.5);
  EXPECT_THAT(said(compile_train(of_train(""), {"stps=7"})),
              HasSubstr("--set stps=7: error: unknown key \"stps\" in [train]; did you mean \"steps\"?"));
}

TEST(TrainingIdentity, HangsOnWhatDecidesTheWeightsAndOnNothingElse) {
  const auto of = [](const std::vector<std::string>& sets) {
    return planned(of_train("batch = 2\n"), sets).identity;
  };
  for (const char* other : {"batch=3", "job.seed=1", "train.model=sd15", "optimizer.beta1=0.8", "data.seed=2",
                            "min_snr=5", "parameters=[\"attn\"]", "mixed_precision=bf16"}) {
    EXPECT_NE(of({other}), of({})) << other;
  }
  for (const char* same : {"job.name=other", "steps=500", "checkpoint_every=7", "output.model=elsewhere"}) {
    EXPECT_EQ(of({same}), of({})) << same;
  }
  const std::string frozen = "network = \"vae\"\nstart = \"pass_through\"\nfreeze_encoder = true\n";
  EXPECT_NE(planned(of_train(frozen + "whitened = 3\n")).identity, planned(of_train(frozen)).identity)
      << "where the decoder learns whitened latents";
  EXPECT_NE(planned(of_train(kClips), {"data.condition_styles=[\"flat\"]"}).identity,
            planned(of_train(kClips)).identity);
  const std::string whole = "network = \"vae\"\n";
  EXPECT_EQ(planned(of_train(whole + "whitened = 3\n")).identity, planned(of_train(whole)).identity);
  EXPECT_NE(of({"optimizer.cosine=true", "steps=500"}), of({"optimizer.cosine=true"}))
      << "where the learning rate follows from the number of steps";
}

TEST(TrainingIdentity, WhatChangesItIsNamed) {
  const auto before = planned(of_train("batch = 2\nparameters = [\"attn\"]\n"));
  const auto changes = [&](const std::string& keys, const std::vector<std::string>& sets) {
    return dsl::training_changes(planned(of_train(keys), sets), before);
  };
  const std::string same = "batch = 2\nparameters = [\"attn\"]\n";
  EXPECT_TRUE(changes(same, {"steps=7"}).empty());
  EXPECT_THAT(changes(same, {"batch=3", "optimizer.beta1=0.8"}),
              testing::ElementsAre("batch: 3, and 2 before", "optimizer.beta1: 0.8, and 0.9 before"));
  EXPECT_THAT(changes("batch = 2\nparameters = [\"attn\", \"conv\"]\n", {}),
              testing::ElementsAre("parameters.1: \"conv\", and nothing before"));
  EXPECT_THAT(
      changes(same, {"optimizer.cosine=true", "steps=7"}),
      testing::ElementsAre("optimizer.cosine: true, and false before", "steps: 7, and nothing before"));
  EXPECT_THAT(changes(same, {"train.model=sd15"}), testing::Contains("model: other content"));
}

TEST(TrainingFile, ALoraOfClipsIsOfTheUnet) {
  EXPECT_THAT(planned(of_train(kClips + "lora_rank = 4\n")).training.parameters,
              testing::ElementsAre("unet/"));
  EXPECT_THAT(planned(of_train(kClips)).training.parameters, testing::ElementsAre("motion/", "conv_in"));
}

// As long as it is this one, trainings that were begun before go on.
TEST(TrainingIdentity, IsTheOneOfEarlierVersions) {
  EXPECT_EQ(to_hex(planned(of_train(kClips)).identity),
            "2bb7d87b64a9c6a80e98607e5438e701e116ac443334a6b5e2cf893f4c55c2de");
}

TEST(TrainingJson, ComesBackAsItWas) {
  for (const auto& before :
       {planned(of_train(kClips +
                         "[data]\nvideos = \"clips.csv\"\nfolder = \"clips\"\nstride = 2\nmirror = false\n")),
        planned(of_train(kClips + "mixed_precision = "
                                  "\"bf16\"\n[data]\ncondition_styles = [\"neon\"]\n")),
        planned(of_train("network = \"vae\"\nlatent_size = 0.1\n[job]\nseed = \"18446744073709551615\"\n")),
        planned(of_train(
            "network = \"vae\"\nstart = \"pass_through\"\nfreeze_encoder = true\nwhitened = 3\n"))}) {
    const std::string json = dsl::training_to_json(before);
    const auto read = dsl::training_from_json(json);
    ASSERT_TRUE(std::holds_alternative<dsl::PlannedTraining>(read)) << std::get<dsl::Trouble>(read).sentence;
    const auto& after = std::get<dsl::PlannedTraining>(read);
    EXPECT_EQ(dsl::training_to_json(after), json);
    EXPECT_EQ(jobs::sha256(dsl::training_recipe(after)), before.identity);
  }
  for (const char* bad : {"", "{}", "{\"format\":2}", "[]"}) {
    EXPECT_TRUE(std::holds_alternative<dsl::Trouble>(dsl::training_from_json(bad))) << bad;
  }
}

}  // namespace
}  // namespace pia::tests
