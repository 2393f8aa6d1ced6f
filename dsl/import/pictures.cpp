// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <set>

#include "dsl/import/finish.hpp"
#include "dsl/import/foreign_words.hpp"
#include "dsl/import/importers.hpp"
#include "dsl/import/infotext.hpp"
#include "dsl/import/tree.hpp"

namespace pia::dsl {
namespace internal {
namespace {

bool is_hash(const std::string& text) {
  return text.size() >= 10 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

ModelName model_of(const Infotext& infotext) {
  ModelName found;
  if (const Parameter* name = find_parameter(infotext, "Model")) {
    found.name = std::filesystem::path(name->value).filename().string();
    for (const char* extension : {".safetensors", ".ckpt"}) {
      if (found.name.ends_with(extension))
        found.name.resize(found.name.size() - std::string(extension).size());
    }
  }
  const Parameter* hash = find_parameter(infotext, "Model hash");
  std::string digits = hash == nullptr ? "" : hash->value;
  for (char& c : digits) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  if (is_hash(digits)) found.hash = digits.substr(0, 10);
  return found;
}

// One picture on its way to a shot.
struct Picture {
  const Infotext infotext;
  int file;
  TomlBlock& shot;
  Complaints& notes;

  Place place(int line) const { return {.file = file, .line = line, .column = 1}; }
  void add(const std::string& key, Value value) const {
    shot.lines.push_back({.key = key, .value = std::move(value)});
  }
};

void add_number_of(const Picture& picture, const char* theirs, const char* ours) {
  const Parameter* parameter = find_parameter(picture.infotext, theirs);
  if (parameter == nullptr) return;
  add_number(picture.shot, {.theirs = theirs, .ours = ours},
             {.data = parameter->value, .place = picture.place(parameter->line)}, picture.notes);
}

void add_size(const Picture& picture) {
  const Parameter* size = find_parameter(picture.infotext, "Size");
  if (size == nullptr) return;
  const std::size_t x = size->value.find('x');
  const Value width = text_value(size->value.substr(0, x));
  const Value height = text_value(x == std::string::npos ? "" : size->value.substr(x + 1));
  const auto fits = [](std::optional<std::int64_t> edge) { return edge && *edge >= 8 && *edge <= 4096; };
  if (!fits(whole_of(&width)) || !fits(whole_of(&height))) {
    picture.notes.error(picture.place(size->line), "Size: " + in_quotes(size->value) +
                                                       " is no size from 8x8 to 4096x4096; it is left out");
    return;
  }
  picture.add("width", number_value(*whole_of(&width)));
  picture.add("height", number_value(*whole_of(&height)));
}

void add_sampler_of(const Picture& picture) {
  const Parameter* sampler = find_parameter(picture.infotext, "Sampler");
  if (sampler == nullptr) return;
  const Parameter* schedule = find_parameter(picture.infotext, "Schedule type");
  const bool is_karras = schedule != nullptr && schedule->value == "Karras";
  const bool is_usual = schedule == nullptr || schedule->value == "Automatic" || schedule->value == "Uniform";
  if (!is_karras && !is_usual) {
    picture.notes.warning(picture.place(schedule->line), "the schedule type " + in_quotes(schedule->value) +
                                                             " is left out: the sampler has its own");
  }
  add_sampler(picture.shot, sampler->value + (is_karras ? " Karras" : ""), picture.place(sampler->line),
              picture.notes);
}

void add_seed(const Picture& picture) {
  const Parameter* parameter = find_parameter(picture.infotext, "Seed");
  if (parameter == nullptr) return;
  const auto seed = seed_value(text_value(parameter->value));
  if (seed) {
    picture.add("seed", *seed);
  } else {
    picture.notes.error(picture.place(parameter->line),
                        "Seed: " + in_quotes(parameter->value) + " is no seed; it is left out");
  }
}

void add_prompts(const Picture& picture) {
  static constexpr int kBehindTitle = 18;  // "Negative prompt: "
  const Infotext& text = picture.infotext;
  const WithoutLoras prompt = without_loras(without_foreign(text.prompt, picture.place(1), picture.notes));
  Place place = picture.place(text.negative_line);
  place.column = kBehindTitle;
  const WithoutLoras negative = without_loras(without_foreign(text.negative_prompt, place, picture.notes));
  picture.add("prompt", text_value(as_literal(prompt.text)));
  picture.add("negative_prompt", text_value(as_literal(negative.text)));
  add_loras(picture.shot, values_of(prompt.loras));
}

void add_model(const Picture& picture, const std::map<ModelName, std::string>& models,
               const ImportOptions& options) {
  const ModelName name = model_of(picture.infotext);
  const auto found = models.find(name);
  if (found != models.end()) {
    picture.add("model", text_value(path_from(options.job_folder, found->second)));
    return;
  }
  const Parameter* hash = find_parameter(picture.infotext, "Model hash");
  const Parameter* model = find_parameter(picture.infotext, "Model");
  const Parameter* place = hash != nullptr ? hash : model;
  const std::string file = (name.name.empty() ? "model" : name.name) + ".safetensors";
  picture.add("model", text_value(file));
  std::string why = "no model is named";
  if (hash != nullptr) {
    why = name.hash.empty()
              ? "the model hash " + in_quotes(hash->value) + " is of the old kind, which no file tells"
              : "the model with hash " + name.hash + " was not looked for or not found (--models)";
  } else if (model != nullptr) {
    why = "there is no model hash, and no such file was found (--models)";
  }
  picture.notes.warning(picture.place(place == nullptr ? 1 : place->line),
                        why + "; model = " + in_quotes(file) + " is a guess");
}

// Each parameter that makes no shot, told once for all pictures.
void note_rest(const Picture& picture, std::set<std::string>& told) {
  static constexpr std::string_view kKnown[] = {
      "Steps",     "Sampler", "Schedule type", "CFG scale", "Seed",      "Size", "Model", "Model hash",
      "Clip skip", "Version", "Lora hashes",   "VAE hash",  "TI hashes", "RNG",  "ENSD"};
  for (const Parameter& parameter : picture.infotext.parameters) {
    if (std::ranges::find(kKnown, parameter.key) != std::end(kKnown)) continue;
    if (told.size() >= 100 || !told.insert(parameter.key).second) continue;
    picture.notes.warning(picture.place(parameter.line),
                          in_quotes(parameter.key) + ": " + in_quotes(parameter.value) +
                              " is left out, here and elsewhere: it made the picture "
                              "and says nothing of motion");
  }
}

ImportedJob job_of(const std::vector<AnnotatedPicture>& pictures,
                   const std::map<ModelName, std::string>& models, const ImportOptions& options,
                   Complaints& notes) {
  ImportedJob job;
  job.title = {"Pictures with their settings from AUTOMATIC1111, as a job of pia-farm."};
  add_motion(job.defaults, options, notes);
  std::set<std::string> told;
  std::set<std::string> names;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const int file = i == 0 ? 0 : notes.add_file(pictures[i].shown);
    try {
      check_text(pictures[i].infotext, file);
    } catch (const NotImported& why) {
      notes.error(why.place, why.sentence + "; this picture is left out");
      continue;
    }
    const std::filesystem::path path(pictures[i].path);
    TomlBlock shot{.header = "[[shot]]"};
    const Picture picture{
        .infotext = parse_infotext(pictures[i].infotext), .file = file, .shot = shot, .notes = notes};
    // Two files may differ in their extension only.
    const std::string stem = path.stem().string();
    const bool is_new = names.insert(stem).second;
    picture.add("name", text_value(is_new ? stem : path.filename().string()));
    picture.add("image", text_value(path_from(options.job_folder, pictures[i].path)));
    add_model(picture, models, options);
    add_prompts(picture);
    add_seed(picture);
    add_size(picture);
    add_number_of(picture, "Steps", "steps");
    add_number_of(picture, "CFG scale", "guidance_scale");
    add_number_of(picture, "Clip skip", "clip_skip");
    add_sampler_of(picture);
    note_rest(picture, told);
    job.shots.push_back(std::move(shot));
  }
  if (job.shots.empty()) throw NotImported{{}, "there is no picture with AUTOMATIC1111's settings in it"};
  gather_defaults(job);
  return job;
}

}  // namespace
}  // namespace internal

ModelName model_named_in(const std::string& infotext) {
  return internal::model_of(internal::parse_infotext(infotext));
}

Imported import_pictures(const std::vector<AnnotatedPicture>& pictures,
                         const std::map<ModelName, std::string>& models, const ImportOptions& options) {
  internal::Complaints notes(pictures.empty() ? "" : pictures.front().shown, {});
  return internal::finished([&] { return internal::job_of(pictures, models, options, notes); }, "pictures",
                            notes);
}

}  // namespace pia::dsl
