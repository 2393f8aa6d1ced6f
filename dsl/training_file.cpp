// SPDX-License-Identifier: Apache-2.0
#include "dsl/training_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "dsl/internal/bind_train.hpp"
#include "dsl/internal/find_file.hpp"
#include "dsl/internal/job_source.hpp"
#include "dsl/internal/key_table.hpp"
#include "dsl/internal/sets.hpp"
#include "dsl/internal/train_files.hpp"
#include "dsl/training_json.hpp"
#include "jobs/core/training_words.hpp"

namespace pia::dsl {
namespace {

using namespace internal;

// 0 where there is none.
std::uint64_t seed_of(const Settings& settings) {
  const Value* given = value_of(settings, "seed");
  std::uint64_t seed = 0;
  if (given == nullptr) return seed;
  const std::string& digits = *get<std::string>(*given);
  std::from_chars(digits.data(), digits.data() + digits.size(), seed);
  return seed;
}

std::vector<std::string> texts_of(const Value* list) {
  std::vector<std::string> texts;
  for (const Value& text : list == nullptr ? List{} : *get<List>(*list))
    texts.push_back(*get<std::string>(text));
  return texts;
}

template <class Enum>
Enum word_of(const Chosen& chosen, const char* key) {
  return *jobs::from_word<Enum>(chosen.at<std::string>(key));
}

// A bare key is of [train]; everything else is written with its table.
std::vector<std::string> dotted(const std::vector<std::string>& sets) {
  std::vector<std::string> result;
  for (const std::string& set : sets) {
    const std::string key = set.substr(0, set.find('='));
    const bool is_bare = set.find('=') != std::string::npos && key.find('.') == std::string::npos;
    result.push_back((is_bare && find_key(Section::top, key) == nullptr ? "train." : "") + set);
  }
  return result;
}

jobs::Optimizer optimizer_of(const Chosen& chosen) {
  return {.learning_rate = chosen.at<double>("learning_rate"),
          .beta1 = chosen.at<double>("beta1"),
          .beta2 = chosen.at<double>("beta2"),
          .eps = chosen.at<double>("eps"),
          .weight_decay = chosen.at<double>("weight_decay"),
          .clip_norm = chosen.at<double>("clip_norm"),
          .warmup = chosen.whole("warmup"),
          .cosine = chosen.at<bool>("cosine"),
          .accumulation = chosen.whole("accumulation"),
          .ema = chosen.at<double>("ema")};
}

jobs::DenoiserTraining denoiser_of(const Chosen& chosen) {
  return {.frames = chosen.whole("frames"),
          .frames_seen = chosen.whole("frames_seen"),
          .reference = word_of<jobs::Reference>(chosen, "reference"),
          .affinity = word_of<jobs::AffinityRule>(chosen, "affinity"),
          .condition_frame = word_of<jobs::ConditionFrame>(chosen, "condition_frame"),
          .stills_every = chosen.whole("stills_every"),
          .caption_loss = chosen.at<double>("caption_loss"),
          .condition_dropout = chosen.at<double>("condition_dropout"),
          .text_dropout = chosen.at<double>("text_dropout"),
          .offset_noise = chosen.at<double>("offset_noise"),
          .frame_offset_noise = chosen.at<double>("frame_offset_noise"),
          .min_snr = chosen.at<double>("min_snr"),
          .loss_weight = word_of<jobs::LossWeight>(chosen, "loss_weight"),
          .most_weight = chosen.at<double>("most_weight"),
          .first_timestep = chosen.whole("first_timestep"),
          .last_timestep = chosen.whole("last_timestep"),
          .focus = chosen.at<double>("focus"),
          .focus_timestep = chosen.whole("focus_timestep"),
          .terminal_timestep = chosen.whole("terminal_timestep"),
          .condition_noise = chosen.at<double>("condition_noise"),
          .lora_rank = chosen.whole("lora_rank")};
}

jobs::VaeTraining vae_of(const Chosen& chosen) {
  return {.latent_noise = chosen.at<double>("latent_noise"),
          .latent_size = chosen.at<double>("latent_size"),
          .gradient_loss = chosen.at<double>("gradient_loss"),
          .freeze_encoder = chosen.at<bool>("freeze_encoder"),
          .whitened = chosen.at<double>("whitened")};
}

jobs::ClipData data_of(const Settings& settings) {
  const Chosen chosen(Section::data, settings);
  jobs::ClipData data{.stride = chosen.whole("stride"),
                      .mirror = chosen.at<bool>("mirror"),
                      .styles = texts_of(chosen.find("styles")),
                      .condition_styles = texts_of(chosen.find("condition_styles")),
                      .seed = seed_of(settings),
                      .width = chosen.whole("width"),
                      .height = chosen.whole("height")};
  const bool is_toy = chosen.find("videos") == nullptr && chosen.find("pictures") == nullptr;
  if (is_toy && data.styles.empty()) {
    for (const std::string_view style : find_key(Section::data, "styles")->words())
      data.styles.emplace_back(style);
  }
  return data;
}

jobs::Training training_of(const TrainDocument& document) {
  const Chosen train(Section::train, document.train);
  const Chosen output(Section::train_output, document.output);
  jobs::Training training{.seed = seed_of(document.common.job),
                          .start = word_of<jobs::Start>(train, "start"),
                          .network = word_of<jobs::TrainedNetwork>(train, "network"),
                          .parameters = texts_of(train.find("parameters")),
                          .steps = train.find("steps") == nullptr ? 0 : train.whole("steps"),
                          .batch = train.whole("batch"),
                          .mixed_precision = word_of<jobs::MixedPrecision>(train, "mixed_precision"),
                          .data = data_of(document.data),
                          .denoiser = denoiser_of(train),
                          .vae = vae_of(train),
                          .optimizer = optimizer_of(Chosen(Section::optimizer, document.optimizer)),
                          .checkpoint_every = train.whole("checkpoint_every"),
                          .sample_every = train.whole("sample_every"),
                          .output_dtype = word_of<jobs::Dtype>(output, "dtype"),
                          .motion_names = word_of<jobs::MotionNames>(output, "motion_names")};
  const bool trains_motion =
      training.network == jobs::TrainedNetwork::denoiser && training.denoiser.frames > 1;
  if (training.parameters.empty() && trains_motion) {
    training.parameters = training.denoiser.lora_rank > 0 ? std::vector<std::string>{"unet/"}
                                                          : std::vector<std::string>{"motion/", "conv_in"};
  }
  return training;
}

void place_output(const TrainDocument& document, const JobSource& source, PlannedTraining& planned,
                  Complaints& complaints) {
  const Value* model = value_of(document.output, "model");
  jobs::Training& training = planned.training;
  training.output = model == nullptr ? planned.out + "/model" : path_of(*model, document.common, source);
  constexpr std::array kOwn = {"checkpoints", "samples", "logs", "lease", "journal"};
  const bool is_own = std::ranges::any_of(kOwn, [&](const char* name) {
    const std::string own = planned.out + "/" + name;
    return training.output == own || training.output.starts_with(own + "/");
  });
  const auto clashes = [&](const std::string& path) {
    return !path.empty() && (training.output == path || path.starts_with(training.output + "/"));
  };
  if (model != nullptr && (clashes(training.model) || clashes(training.base) || clashes(training.motion) ||
                           clashes(planned.out) || is_own)) {
    complaints.error(
        model->place,
        "output.model would be written over " +
            std::string(clashes(planned.out) || is_own ? "the run directory" : "what training starts from") +
            "; name another folder");
  }
}

std::optional<PlannedTraining> planned_training(const FileFinder::Context& context, Complaints& complaints) {
  const JobSource& source = context.source;
  auto read = read_files(source, context.catalog, complaints);
  if (!read) return std::nullopt;
  edit(read->toml, dotted(source.sets), complaints);
  TrainDocument document = bind_train(read->toml, complaints);
  document.common.files = std::move(read->files);
  if (source.draft == JobSource::Draft::yes)
    complaints.error(kBuiltIn, "a training has no draft; leave --draft out, or write --set steps=10");
  if (!source.only.empty()) complaints.error(kBuiltIn, "a training has no shots; leave --only out");
  check_train(document, complaints);
  PlannedTraining planned{.training = training_of(document), .job_file = source.path};
  planned.training.name = job_name(document.common, source, complaints);
  planned.out = run_directory(document.common, source, planned.training.name);
  look_up_training(document, context, planned, complaints);
  place_output(document, source, planned, complaints);
  planned.identity = jobs::sha256(training_recipe(planned));
  return planned;
}

}  // namespace

bool is_training(const JobSource& source, const Catalog& catalog) {
  Complaints unheard(source.path, command_words(source), source.text);
  auto read = read_files(source, catalog, unheard);
  if (!read) return false;
  edit(read->toml, dotted(source.sets), unheard);
  const Value* kind = find(read->toml, "kind");
  const auto* word = kind == nullptr ? nullptr : get<std::string>(*kind);
  return word != nullptr && *word == "train";
}

CompiledTraining compile_training(const JobSource& source, const jobs::Site& site, const Catalog& catalog) {
  Complaints complaints(shown_path(source.path, source.working_directory), command_words(source),
                        source.text);
  auto planned = planned_training({.source = source, .site = site, .catalog = catalog}, complaints);
  if (source.warnings == JobSource::Warnings::refuse) complaints.refuse_warnings();
  CompiledTraining compiled{
      .planned = {}, .diagnostics = complaints.sorted(), .sources = complaints.sources()};
  if (!complaints.any_error()) compiled.planned = std::move(planned);
  return compiled;
}

}  // namespace pia::dsl
