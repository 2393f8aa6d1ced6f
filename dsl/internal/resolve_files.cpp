// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dsl/internal/resolve_task.hpp"
#include "dsl/internal/words_in.hpp"
#include "jobs/core/conversion.hpp"
#include "jobs/core/number.hpp"

namespace pia::dsl::internal {
namespace {

template <class File>
jobs::FileRef ref(const File& file) {
  return {.path = file.path, .digest = file.facts.digest};
}

std::string title(const FlatShot& flat) {
  if (flat.added != nullptr) return "include agrees with no combination, so it is a shot of its own, and it";
  return "this " + std::string(section_title(flat.block->section));
}

// A string value that is there and unbroken; complains if the key is missing.
const Value* required(Task& task, const std::string& key) {
  const Value* value = task.read.find(key);
  if (value == nullptr) {
    task.refuse(task.flat.place(),
                title(task.flat) + " has no " + key + "; write " + key + " = \"...\" in it or in [defaults]");
  }
  return value == nullptr || is_broken(*value) ? nullptr : value;
}

void refuse_single_file(Task& task, const ModelFile* file, const Value& name) {
  if (file == nullptr || !file->facts.is_single_file) return;
  task.with.complaints.not_yet(name.place, "the single-file checkpoint " +
                                               in_quotes(*get<std::string>(name)) +
                                               " can't be rendered yet; make a folder of it and name that: " +
                                               jobs::command_for_folder(file->path));
}

void find_image(Task& task) {
  if (const Value* name = required(task, "image")) task.files.image = task.with.files.image(*name);
  task.good = task.good && task.files.image != nullptr;
}

void find_motion(Task& task) {
  const Value* name = required(task, "motion");
  if (name != nullptr) task.files.motion = task.with.files.model(FileKind::motion, *name);
  task.good = task.good && task.files.motion != nullptr;
  if (task.files.motion != nullptr && task.files.motion->facts.is_single_file) {
    task.with.complaints.not_yet(name->place,
                                 "the motion file " + in_quotes(*get<std::string>(*name)) +
                                     " can't be rendered; make a .safetensors of it and name that: " +
                                     jobs::command_for_safetensors(task.files.motion->path));
  }
  if (task.files.motion == nullptr || task.files.motion->facts.has_motion) return;
  task.refuse(name->place, "motion " + in_quotes(*get<std::string>(*name)) +
                               " holds no PIA weights (motion modules and a conv_in of 9 channels): " +
                               task.files.motion->path);
}

std::string lacks(const ModelFacts& facts) {
  std::string text;
  if (!facts.has_text_encoder) text = "text encoder";
  if (!facts.has_vae) text += std::string(text.empty() ? "" : " and no ") + "VAE";
  return text;
}

void find_vae(Task& task) {
  const Value* name = task.read.find("vae");
  if (name == nullptr) return;
  if (!is_broken(*name)) task.files.vae = task.with.files.model(FileKind::model, *name);
  if (task.files.vae == nullptr) {
    task.good = false;
    return;
  }
  const std::string called = "vae " + in_quotes(*get<std::string>(*name));
  if (!task.files.vae->facts.has_vae)
    return task.refuse(name->place, called + " holds no VAE: " + task.files.vae->path);
  task.with.complaints.not_yet(name->place, called +
                                                " can't be rendered yet: a VAE of its own comes later; "
                                                "leave it out");
}

void find_base(Task& task, const Value& model_name) {
  ModelFacts facts = task.files.model->facts;
  facts.has_vae = facts.has_vae || task.files.vae != nullptr;
  const std::string called = in_quotes(*get<std::string>(model_name));
  if (lacks(facts).empty()) return;
  const Value* base = task.read.find("base");
  if (base == nullptr) {
    return task.refuse(model_name.place,
                       "model " + called + " has no " + lacks(facts) +
                           "; write base = \"...\", a Stable Diffusion 1.5 folder or checkpoint that has");
  }
  if (!is_broken(*base)) task.files.base = task.with.files.model(FileKind::model, *base);
  if (task.files.base == nullptr) {
    task.good = false;
    return;
  }
  refuse_single_file(task, task.files.base, *base);
  ModelFacts both = task.files.base->facts;
  both.has_text_encoder = both.has_text_encoder || facts.has_text_encoder;
  both.has_vae = both.has_vae || facts.has_vae;
  if (lacks(both).empty()) return;
  task.refuse(base->place, "neither model " + called + " nor base " + in_quotes(*get<std::string>(*base)) +
                               " has a " + lacks(both));
}

void find_model(Task& task) {
  const Value* name = required(task, "model");
  if (name != nullptr) task.files.model = task.with.files.model(FileKind::model, *name);
  if (task.files.model == nullptr) {
    task.good = false;
    return;
  }
  if (!task.files.model->facts.has_unet) {
    const bool is_motion = task.files.model->facts.has_motion;
    return task.refuse(name->place, "model " + in_quotes(*get<std::string>(*name)) +
                                        " holds no Stable Diffusion U-Net: " + task.files.model->path +
                                        (is_motion ? "; it holds PIA's weights, so write it as motion" : ""));
  }
  refuse_single_file(task, task.files.model, *name);
  find_vae(task);
  find_base(task, *name);
}

// The texts in which words may stand for embeddings: all but PIA's own list.
std::vector<std::string> texts_with_words(Task& task) {
  std::vector<std::string> texts;
  const bool is_literal = task.read.at<std::string>("prompt_syntax") == "plain";
  const auto add = [&](const char* key, const std::string& text, const std::map<int, std::string>& travel) {
    if (is_literal || (key == std::string_view("negative_prompt") && !task.read.is_given(key))) return;
    texts.push_back(text);
    for (const auto& [frame, keyframe] : travel) texts.push_back(keyframe);
  };
  const jobs::PlannedShot& planned = task.planned;
  add("prompt", planned.prompt_text, planned.prompt_travel);
  add("negative_prompt", planned.negative_prompt_text, planned.negative_prompt_travel);
  return texts;
}

void set_embeddings(Task& task) {
  const std::vector<std::string> texts =
      task.with.document.embeddings.empty() ? std::vector<std::string>() : texts_with_words(task);
  for (const auto& [word, asset] : task.with.document.embeddings) {
    if (!holds_word(texts, word)) continue;
    const PlainFile* file = task.with.files.plain(FileKind::embedding, {.data = word, .place = asset.place});
    if (file == nullptr) {
      task.good = false;
      continue;
    }
    task.planned.shot.embeddings.push_back(
        {.word = word, .file = {.path = file->path, .digest = file->facts}});
    task.with.complaints.not_yet(asset.place,
                                 "embedding " + in_quotes(word) + " can't be rendered yet; leave it out");
  }
}

void set_ip_adapter(Task& task) {
  const double scale = task.read.at<double>("ip_adapter_scale");
  if (scale == 0) return;
  const Value* name = task.read.find("ip_adapter_image");
  const ImageFile* image = task.files.image;
  if (name != nullptr) image = is_broken(*name) ? nullptr : task.with.files.image(*name);
  if (image == nullptr) {
    task.good = false;
    return;
  }
  task.planned.shot.ip_adapter = {.image = ref(*image), .scale = scale};
  task.with.complaints.not_yet(task.read.place("ip_adapter_scale"),
                               "an IP-Adapter (ip_adapter_scale = " + jobs::number_text(scale) +
                                   ") can't be rendered yet; leave it out");
}

}  // namespace

void find_files(Task& task) {
  find_image(task);
  find_model(task);
  find_motion(task);
}

void find_additions(Task& task) {
  set_embeddings(task);
  set_ip_adapter(task);
}

void set_files(Task& task) {
  jobs::Shot& shot = task.planned.shot;
  shot.image = ref(*task.files.image);
  shot.model = ref(*task.files.model);
  shot.motion = ref(*task.files.motion);
  if (task.files.base != nullptr) shot.base = ref(*task.files.base);
  if (task.files.vae != nullptr) shot.vae = ref(*task.files.vae);
}

}  // namespace pia::dsl::internal
