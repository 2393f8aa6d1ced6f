// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/train_files.hpp"

#include "dsl/internal/job_source.hpp"
#include "dsl/internal/train_pictures.hpp"
#include "jobs/core/conversion.hpp"

namespace pia::dsl::internal {
namespace {

struct Found {
  std::string path;
  std::string shown;
  ModelFacts facts;
};

struct Lookup {
  const TrainDocument& document;
  const FileFinder::Context& context;
  const FileFinder& finder;
  const Chosen& train;
  const Chosen& data;
  PlannedTraining& planned;
  Complaints& complaints;

  bool is_file(const std::string& path) const { return context.catalog.kind(path) == Catalog::Kind::file; }
};

// A folder with configs and perhaps weights: what is drawn where weights are missing follows from the former.
ModelFacts untrained(const Lookup& with, const std::string& path) {
  ModelFacts facts{.vae_factor = 0};
  std::string lines;
  for (const char* part : {"", "text_encoder", "unet", "vae"}) {
    const std::string folder = *part == '\0' ? path : path + "/" + part;
    for (const std::string& name : with.context.catalog.list(folder)) {
      const auto digest = with.context.catalog.digest(folder + "/" + name);
      if (const auto* known = std::get_if<jobs::Digest>(&digest)) {
        lines += std::string(part) + "/" + name + " " + to_hex(*known) + "\n";
      }
    }
  }
  facts.digest = jobs::sha256(lines);
  facts.has_unet = with.is_file(path + "/unet/config.json");
  facts.has_vae = with.is_file(path + "/vae/config.json");
  facts.has_text_encoder = with.is_file(path + "/text_encoder/config.json");
  facts.has_motion = with.is_file(path + "/config.json");
  return facts;
}

std::optional<Found> found(const Lookup& with, FileKind kind, const Value& name) {
  const auto path = with.finder.find(kind, name);
  if (const auto* trouble = std::get_if<Trouble>(&path)) {
    with.complaints.error(name.place, trouble->sentence);
    return std::nullopt;
  }
  Found result{.path = std::get<std::string>(path), .shown = in_quotes(*get<std::string>(name))};
  const bool is_folder = with.context.catalog.kind(result.path) == Catalog::Kind::folder;
  if (is_folder && with.planned.training.start != jobs::Start::weights) {
    result.facts = untrained(with, result.path);
    return result;
  }
  const auto facts = with.context.catalog.model(result.path);
  if (const auto* trouble = std::get_if<Trouble>(&facts)) {
    with.complaints.error(name.place, trouble->sentence);
    return std::nullopt;
  }
  result.facts = std::get<ModelFacts>(facts);
  if (kind == FileKind::model && result.facts.is_single_file) {
    with.complaints.error(name.place,
                          result.shown +
                              " is a single-file checkpoint, which can't be trained yet; make a folder "
                              "of it and name that: " +
                              jobs::command_for_folder(result.path));
    return std::nullopt;
  }
  return result;
}

void require_multiples(const Lookup& with, int factor) {
  const auto check = [&](const char* key, int pixels) {
    if (factor <= 0 || pixels % factor == 0) return;
    with.complaints.error(with.data.written(key).value_or(with.document.train_place),
                          std::string(key) + " must be a multiple of " + std::to_string(factor) +
                              ", the VAE's pixels a latent, not " + std::to_string(pixels));
  };
  check("width", with.planned.training.data.width);
  check("height", with.planned.training.data.height);
}

void require_parts(const Lookup& with, const Place& place, const Found& model, const ModelFacts& base) {
  const bool is_denoiser = with.planned.training.network == jobs::TrainedNetwork::denoiser;
  const auto require = [&](bool there, const char* part) {
    if (there) return;
    with.complaints.error(place, model.shown + " has no " + part +
                                     ", which this training needs; give a folder that has one, or name one "
                                     "that has as base");
  };
  require(model.facts.has_vae || base.has_vae, "VAE");
  if (!is_denoiser) return;
  require(model.facts.has_unet || base.has_unet, "U-Net");
  require(model.facts.has_text_encoder || base.has_text_encoder, "text encoder");
}

void look_up_model(const Lookup& with) {
  const Value* name = with.train.find("model");
  const Value* base_name = with.train.find("base");
  if (name == nullptr && !with.document.train.contains("model")) {
    with.complaints.error(with.document.train_place,
                          "[train] lacks model, the folder that training starts from; add model = \"...\"");
  }
  const auto base = base_name == nullptr ? std::nullopt : found(with, FileKind::model, *base_name);
  const auto model = name == nullptr ? std::nullopt : found(with, FileKind::model, *name);
  if (base) {
    with.planned.training.base = base->path;
    with.planned.base = base->facts.digest;
  }
  if (!model) return;
  with.planned.training.model = model->path;
  with.planned.model = model->facts.digest;
  if (base_name == nullptr || base)
    require_parts(with, name->place, *model, base ? base->facts : ModelFacts{});
  const ModelFacts& vae = model->facts.has_vae || !base ? model->facts : base->facts;
  if (vae.has_vae) require_multiples(with, vae.vae_factor);
}

void look_up_motion(const Lookup& with) {
  const Value* name = with.train.find("motion");
  const int frames = with.planned.training.denoiser.frames;
  if (name == nullptr || frames == 1) return;
  const auto motion = found(with, FileKind::motion, *name);
  if (!motion) return;
  with.planned.training.motion = motion->path;
  with.planned.motion = motion->facts.digest;
  const int most = motion->facts.motion_frames;
  if (!motion->facts.has_motion) {
    with.complaints.error(name->place, motion->shown + " holds no motion modules; give PIA's weights");
  } else if (most > 0 && frames > most) {
    with.complaints.error(with.train.written("frames").value_or(name->place),
                          "frames must be at most " + std::to_string(most) + ", the positions of " +
                              motion->shown + ", not " + std::to_string(frames));
  }
}

void look_up_pictures(const Lookup& with, const Value& name) {
  const Value* caption = with.data.find("caption");
  const bool is_vae = with.planned.training.network == jobs::TrainedNetwork::vae;
  const PictureWish wish{
      .path = path_of(name, with.document.common, with.context.source),
      .captions = is_vae ? PictureWish::Captions::none : PictureWish::Captions::needed,
      .caption = caption == nullptr ? std::nullopt : std::optional(*get<std::string>(*caption))};
  auto found = find_pictures(wish, with.context.catalog);
  if (const auto* troubles = std::get_if<std::vector<Trouble>>(&found)) {
    for (const Trouble& trouble : *troubles) with.complaints.error(name.place, trouble.sentence);
    return;
  }
  auto& pictures = std::get<FoundPictures>(found);
  with.planned.training.data.pictures = std::move(pictures.pictures);
  with.planned.pictures = pictures.digest;
}

void look_up_data(const Lookup& with) {
  jobs::ClipData& data = with.planned.training.data;
  if (const Value* pictures = with.data.find("pictures")) return look_up_pictures(with, *pictures);
  const Value* list = with.data.find("videos");
  const Value* folder = with.data.find("folder");
  if (list == nullptr && data.width != data.height) {
    const auto written = with.data.written("height");
    with.complaints.error(written ? *written : with.data.written("width").value_or(with.document.train_place),
                          "the toy world is square: width and height must be the same, not " +
                              std::to_string(data.width) + " and " + std::to_string(data.height));
  }
  if (list == nullptr || folder == nullptr) return;
  data.videos = path_of(*list, with.document.common, with.context.source);
  data.folder = path_of(*folder, with.document.common, with.context.source);
  const auto digest = with.context.catalog.digest(data.videos);
  if (const auto* trouble = std::get_if<Trouble>(&digest)) {
    with.complaints.error(list->place, trouble->sentence);
  } else {
    with.planned.videos = std::get<jobs::Digest>(digest);
  }
  if (with.context.catalog.kind(data.folder) != Catalog::Kind::folder) {
    with.complaints.error(folder->place, data.folder + " is not a folder; check the path");
  }
}

}  // namespace

void look_up_training(const TrainDocument& document, const FileFinder::Context& context,
                      PlannedTraining& planned, Complaints& complaints) {
  const FileFinder finder(document.common, context);
  const Chosen train(Section::train, document.train);
  const Chosen data(Section::data, document.data);
  const Lookup with{.document = document,
                    .context = context,
                    .finder = finder,
                    .train = train,
                    .data = data,
                    .planned = planned,
                    .complaints = complaints};
  look_up_model(with);
  look_up_motion(with);
  look_up_data(with);
}

}  // namespace pia::dsl::internal
