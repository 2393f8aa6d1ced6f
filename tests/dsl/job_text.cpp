// SPDX-License-Identifier: Apache-2.0
#include "tests/dsl/job_text.hpp"

#include <sstream>

namespace pia::tests {
namespace {

using jobs::to_hex;
using jobs::to_word;

// What is out of the ordinary in a prompt.
void describe(std::ostream& out, const char* name, const jobs::PromptTrack& track) {
  const std::size_t chunks = track.keyframes.at(0).ids.size() / 77;
  if (chunks > 1) out << "\n  " << name << " in " << chunks << " chunks";
  for (const jobs::PromptKeyframe& keyframe : track.keyframes) {
    if (track.keyframes.size() > 1) out << "\n  " << name << " at " << keyframe.frame;
    std::string weights;
    for (std::size_t i = 0; i < keyframe.weights.size(); ++i) {
      if (keyframe.weights[i] == 1) continue;
      std::ostringstream weight;
      weight << " " << keyframe.ids[i] << ":" << keyframe.weights[i];
      weights += weight.str();
    }
    if (!weights.empty()) out << "\n  " << name << " weighs" << weights;
  }
  if (track.blends.empty()) return;
  out << "\n  " << name << " by " << to_word(track.blending) << ":";
  for (const jobs::PromptBlend& blend : track.blends) {
    out << " " << blend.from;
    if (blend.weight > 0) out << "-" << blend.to << "/" << blend.weight;
  }
}

void describe(std::ostream& out, const jobs::PlannedShot& planned) {
  const jobs::Shot& shot = planned.shot;
  out << planned.name << "\n  names";
  for (const std::string& name : planned.names) out << " | " << name;
  out << "\n  id " << to_hex(planned.id).substr(0, 16) << ", from " << planned.source << ", grid \""
      << planned.grid << "\", priority " << planned.priority << ", " << planned.tags.size() << " tags";
  out << "\n  video " << planned.video_stem << " at " << planned.fps << " fps";
  out << "\n  image " << planned.image_id << " " << shot.image.path << ", model " << planned.model_id << " "
      << shot.model.path << ", motion " << shot.motion.path << ", base "
      << (shot.base ? shot.base->path : "none");
  out << "\n  size " << shot.geometry.size.width << "x" << shot.geometry.size.height << " "
      << to_word(shot.geometry.resize);
  if (shot.geometry.first)
    out << " after " << shot.geometry.first->width << "x" << shot.geometry.first->height;
  out << ", " << to_word(planned.mode) << " " << to_word(planned.magnitude) << ", "
      << to_word(shot.reference);
  out << "\n  " << shot.frames << " frames around " << shot.condition_frame << ":";
  for (const double value : shot.affinity) out << " " << value;
  out << "\n  steps " << shot.steps << ", guidance " << shot.guidance_scale << ", seed " << shot.seed
      << ", strength " << shot.strength << ", eta " << shot.eta;
  if (shot.clip_skip != 1) out << ", clip_skip " << shot.clip_skip;
  if (shot.windows) {
    out << "\n  windows of " << shot.windows->length << ", overlap " << shot.windows->overlap << ", "
        << to_word(shot.windows->schedule);
  }
  describe(out, "prompt", shot.prompt);
  describe(out, "negative prompt", shot.negative_prompt);
  out << "\n  prompt \"" << planned.prompt_text << "\", not \"" << planned.negative_prompt_text.substr(0, 20)
      << "\"\n";
}

}  // namespace

MapCatalog job_files() {
  MapCatalog catalog;
  catalog.image("/jobs/labrador.png", {512, 512})
      .image("/jobs/wide.jpg", {1920, 1080})
      .image("/jobs/odd.png", {561, 420})
      .image("/jobs/thin.png", {4000, 20})
      .image("/jobs/twin.png", {64, 64})
      .image("/jobs/twin.jpg", {64, 64})
      .image("/jobs/keyframes/raiden.png", {336, 512})
      .image("/jobs/keyframes/yae.webp", {512, 512})
      .image("/jobs/keyframes/.hidden.png", {512, 512})
      .file("/jobs/keyframes/notes.txt")
      .broken_image("/jobs/cut.png", "/jobs/cut.png is cut off in the middle; copy it again")
      .image("/data/images/anya.jpg", {512, 640})
      .file("/data/loras/ink.safetensors");
  catalog.sd15("/jobs/tiny")
      .sd15("/jobs/sd15")
      .motion("/jobs/pia.ckpt")
      .motion("/jobs/short.ckpt", 24)
      .sd15("/data/models/toonyou")
      .sd15("/data/models/rcnz")
      .model("/jobs/unet.safetensors", {.digest = {}, .has_unet = true})
      .model("/jobs/shallow",
             {.digest = {}, .has_unet = true, .has_vae = true, .has_text_encoder = true, .text_layers = 5},
             dsl::Catalog::Kind::folder)
      .model("/jobs/vae.safetensors", {.digest = {}, .has_vae = true})
      .model("/jobs/half.safetensors", {.digest = {}, .vae_factor = 2, .has_unet = true, .has_vae = true})
      .broken_model("/jobs/bad.safetensors",
                    "/jobs/bad.safetensors ends before its header does; copy it again");
  return catalog;
}

dsl::Compiled compile_text(const std::string& text, const std::vector<std::string>& sets) {
  const dsl::JobSource source{
      .path = "/jobs/job.toml", .text = text, .working_directory = "/jobs", .sets = sets, .out = ""};
  static const dsl::Tokenizer kTokenizer;
  static const MapCatalog kFiles = job_files();
  return dsl::compile(source, jobs::Site{}, kFiles, {.tokenizer = &kTokenizer});
}

std::string said(const dsl::Compiled& compiled) {
  std::string text;
  for (const dsl::Diagnostic& diagnostic : compiled.diagnostics) text += to_string(diagnostic) + "\n";
  return text;
}

std::string summary(const jobs::Plan& plan) {
  std::ostringstream out;
  out << "job " << plan.job_name << " in " << plan.out << "\n"
      << plan.counts.combinations << " combinations, " << plan.counts.duplicates << " duplicates, "
      << plan.counts.shots << " shots\noutput";
  for (const auto format : plan.output.formats) out << " " << to_word(format);
  out << ", crf " << plan.output.crf << ", latents " << to_word(plan.output.keep_latents) << ", metadata "
      << plan.output.metadata << "\n";
  for (const jobs::PlannedShot& shot : plan.shots) describe(out, shot);
  return out.str();
}

std::string with_defaults(const std::string& rest) {
  return "format = 1\n[defaults]\nmodel = \"tiny\"\nmotion = \"pia.ckpt\"\n" + rest;
}

}  // namespace pia::tests
