// SPDX-License-Identifier: Apache-2.0
#include "dsl/training_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "jobs/core/training_words.hpp"

namespace pia::dsl {
namespace {

using Json = nlohmann::json;
using jobs::Training;

constexpr int kFormat = 1;

// Each field of a part, once, for writing and for reading.
struct Writer {
  Json& json;
  void operator()(const char* key, const std::uint64_t& value) { json[key] = std::to_string(value); }
  void operator()(const char* key, const jobs::Digest& value) { json[key] = to_hex(value); }
  template <class T>
  void operator()(const char* key, const T& value) {
    if constexpr (std::is_enum_v<T>) {
      json[key] = jobs::to_word(value);
    } else {
      json[key] = value;
    }
  }
};

struct Reader {
  const Json& json;
  void operator()(const char* key, std::uint64_t& value) {
    value = std::stoull(json.at(key).get<std::string>());
  }
  void operator()(const char* key, jobs::Digest& value) {
    const auto digest = jobs::digest_from_hex(json.at(key).get<std::string>());
    if (!digest) throw std::invalid_argument(std::string(key) + " is no digest");
    value = *digest;
  }
  template <class T>
  void operator()(const char* key, T& value) {
    if constexpr (std::is_enum_v<T>) {
      const auto word = jobs::from_word<T>(json.at(key).get<std::string>());
      if (!word) throw std::invalid_argument(std::string(key) + " has an unknown word");
      value = *word;
    } else {
      value = json.at(key).get<T>();
    }
  }
};

// The same of choices that trainings of before did not have: left out where they are as if there were none,
// so that those keep their identity.
struct LaterWriter {
  Json& json;
  template <class T>
  void operator()(const char* key, const T& value, const T& plain) {
    if (value != plain) Writer{json}(key, value);
  }
};

struct LaterReader {
  const Json& json;
  template <class T>
  void operator()(const char* key, T& value, const T& /*plain*/) {
    if (json.contains(key)) Reader{json}(key, value);
  }
};

template <class Field, class Data>
void data_fields(Field field, Data& data) {
  field("styles", data.styles);
  field("seed", data.seed);
  field("width", data.width);
  field("height", data.height);
}

template <class Field, class Denoiser>
void denoiser_fields(Field field, Denoiser& denoiser) {
  field("frames", denoiser.frames);
  field("frames_seen", denoiser.frames_seen);
  field("reference", denoiser.reference);
  field("affinity", denoiser.affinity);
  field("condition_frame", denoiser.condition_frame);
  field("stills_every", denoiser.stills_every);
  field("caption_loss", denoiser.caption_loss);
  field("condition_dropout", denoiser.condition_dropout);
  field("text_dropout", denoiser.text_dropout);
  field("offset_noise", denoiser.offset_noise);
  field("frame_offset_noise", denoiser.frame_offset_noise);
  field("min_snr", denoiser.min_snr);
  field("most_weight", denoiser.most_weight);
  field("loss_weight", denoiser.loss_weight);
  field("first_timestep", denoiser.first_timestep);
  field("last_timestep", denoiser.last_timestep);
  field("focus", denoiser.focus);
  field("focus_timestep", denoiser.focus_timestep);
  field("terminal_timestep", denoiser.terminal_timestep);
  field("condition_noise", denoiser.condition_noise);
  field("lora_rank", denoiser.lora_rank);
}

template <class Field, class Vae>
void vae_fields(Field field, Vae& vae) {
  field("latent_noise", vae.latent_noise);
  field("latent_size", vae.latent_size);
  field("gradient_loss", vae.gradient_loss);
  field("freeze_encoder", vae.freeze_encoder);
}

template <class Field, class Optimizer>
void optimizer_fields(Field field, Optimizer& optimizer) {
  field("learning_rate", optimizer.learning_rate);
  field("beta1", optimizer.beta1);
  field("beta2", optimizer.beta2);
  field("eps", optimizer.eps);
  field("weight_decay", optimizer.weight_decay);
  field("clip_norm", optimizer.clip_norm);
  field("warmup", optimizer.warmup);
  field("cosine", optimizer.cosine);
  field("accumulation", optimizer.accumulation);
  field("ema", optimizer.ema);
}

template <class Field, class T>
void own_fields(Field field, T& training) {
  field("seed", training.seed);
  field("network", training.network);
  field("start", training.start);
  field("parameters", training.parameters);
  field("batch", training.batch);
}

template <class Field, class Planned>
void digest_fields(Field field, Planned& planned) {
  field("model_digest", planned.model);
  field("base_digest", planned.base);
  field("motion_digest", planned.motion);
  field("videos_digest", planned.videos);
}

template <class Field, class T>
void label_fields(Field field, T& training) {
  field("name", training.name);
  field("model", training.model);
  field("base", training.base);
  field("motion", training.motion);
  field("steps", training.steps);
  field("checkpoint_every", training.checkpoint_every);
  field("sample_every", training.sample_every);
  field("output", training.output);
  field("output_dtype", training.output_dtype);
  field("whitened", training.vae.whitened);
}

template <class Field, class Planned>
void later_fields(Field field, Planned& planned) {
  const jobs::Training plain;
  auto& training = planned.training;
  field("pictures_digest", planned.pictures, jobs::Digest{});
  field("condition_styles", training.data.condition_styles, plain.data.condition_styles);
  field("mixed_precision", training.mixed_precision, plain.mixed_precision);
  field("mirror", training.data.mirror, plain.data.mirror);
}

Json listed(const std::vector<jobs::ListedPicture>& pictures) {
  Json list = Json::array();
  for (const auto& [file, caption] : pictures) list.push_back({{"file", file}, {"caption", caption}});
  return list;
}

std::vector<jobs::ListedPicture> pictures_of(const Json& list) {
  std::vector<jobs::ListedPicture> pictures;
  for (const Json& picture : list) {
    pictures.push_back({.file = picture.at("file"), .caption = picture.at("caption")});
  }
  return pictures;
}

Json decisive(const PlannedTraining& planned) {
  const Training& training = planned.training;
  Json json = Json::object();
  own_fields(Writer{json}, training);
  digest_fields(Writer{json}, planned);
  data_fields(Writer{json["data"]}, training.data);
  // Of the toy world it decides nothing.
  if (!training.data.videos.empty()) Writer{json["data"]}("stride", training.data.stride);
  optimizer_fields(Writer{json["optimizer"]}, training.optimizer);
  if (training.network == jobs::TrainedNetwork::vae) {
    vae_fields(Writer{json["vae"]}, training.vae);
    // Else it only changes what is written.
    if (training.vae.freeze_encoder) Writer{json["vae"]}("whitened", training.vae.whitened);
  } else {
    denoiser_fields(Writer{json["denoiser"]}, training.denoiser);
  }
  later_fields(LaterWriter{json}, planned);
  return json;
}

Json recipe(const PlannedTraining& planned) {
  Json json = decisive(planned);
  if (planned.training.optimizer.cosine) json["steps"] = planned.training.steps;
  return json;
}

PlannedTraining read(const Json& json) {
  PlannedTraining planned;
  Training& training = planned.training;
  own_fields(Reader{json}, training);
  label_fields(Reader{json}, training);
  digest_fields(Reader{json}, planned);
  data_fields(Reader{json.at("data")}, training.data);
  optimizer_fields(Reader{json.at("optimizer")}, training.optimizer);
  Reader{json}("videos", training.data.videos);
  Reader{json}("folder", training.data.folder);
  // Those of before had none.
  if (json.contains("pictures")) training.data.pictures = pictures_of(json.at("pictures"));
  if (!training.data.videos.empty()) Reader{json.at("data")}("stride", training.data.stride);
  if (training.network == jobs::TrainedNetwork::vae) {
    vae_fields(Reader{json.at("vae")}, training.vae);
  } else {
    denoiser_fields(Reader{json.at("denoiser")}, training.denoiser);
  }
  later_fields(LaterReader{json}, planned);
  // Those of before had no choice.
  if (json.contains("motion_names")) Reader{json}("motion_names", training.motion_names);
  Reader{json}("job_file", planned.job_file);
  Reader{json}("out", planned.out);
  Reader{json}("identity", planned.identity);
  return planned;
}

}  // namespace

std::vector<std::string> training_changes(const PlannedTraining& now, const PlannedTraining& before) {
  const Json ours = recipe(now);
  const Json theirs = recipe(before);
  std::set<std::string> places;
  for (const Json& json : {ours.flatten(), theirs.flatten()}) {
    for (const auto& item : json.items()) places.insert(item.key());
  }
  std::vector<std::string> changes;
  const auto words = [](const Json& json, const Json::json_pointer& place) {
    return json.contains(place) ? json.at(place).dump() : "nothing";
  };
  for (const std::string& place : places) {
    const Json::json_pointer at(place);
    const std::string mine = words(ours, at);
    const std::string other = words(theirs, at);
    if (mine == other) continue;
    std::string name = place.substr(1);
    std::ranges::replace(name, '/', '.');
    const auto digest = name.find("_digest");
    changes.push_back(digest == std::string::npos ? name + ": " + mine + ", and " + other + " before"
                                                  : name.substr(0, digest) + ": other content");
  }
  return changes;
}

std::string training_recipe(const PlannedTraining& planned) {
  return recipe(planned).dump();
}

std::string training_to_json(const PlannedTraining& planned) {
  Json json = decisive(planned);
  label_fields(Writer{json}, planned.training);
  Writer{json}("videos", planned.training.data.videos);
  Writer{json}("folder", planned.training.data.folder);
  if (!planned.training.data.pictures.empty()) json["pictures"] = listed(planned.training.data.pictures);
  Writer{json}("motion_names", planned.training.motion_names);
  Writer{json}("job_file", planned.job_file);
  Writer{json}("out", planned.out);
  Writer{json}("identity", planned.identity);
  json["format"] = kFormat;
  return json.dump(2) + "\n";
}

std::variant<PlannedTraining, Trouble> training_from_json(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("format") != kFormat) return Trouble{"its format is of another pia-farm"};
    return read(json);
  } catch (const std::exception& error) {
    return Trouble{std::string("it is damaged: ") + error.what()};
  }
}

}  // namespace pia::dsl
