// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "farm/commands/verbs.hpp"
#include "farm/media/png_file.hpp"
#include "farm/media/video.hpp"
#include "farm/watchers/words.hpp"
#include "jobs/core/error.hpp"
#include "renderer/training/toy/caption.hpp"
#include "renderer/training/toy/draw.hpp"
#include "renderer/training/toy/toy_clips.hpp"
#include "storage/file_ops.hpp"

namespace pia::farm {
namespace {

constexpr int kFrames = 16;
constexpr int kSheetFrames = 8;
constexpr int kSheetRows = 44;

struct Case {
  std::string name;
  std::uint64_t index = 0;
  renderer::ToyClips clips;
};

renderer::ToyStyle style_called(const std::string& word) {
  const auto style = renderer::toy_style_called(word);
  if (style) return *style;
  throw jobs::Error(jobs::ExitCode::bad_usage,
                    "\"" + word + "\" is no style of the toy world; choose from flat, comic, pastel, neon");
}

// Styles and kinds of motion in turn, so that a few cases already show all of them.
Case case_of(const ToyPicturesOptions& options, int number) {
  char name[16];
  std::snprintf(name, sizeof name, "%03d", number);
  const int kinds = renderer::kToyKinds - 1;
  const auto& styles = options.styles;
  const std::string style =
      styles.empty() ? "flat" : styles[static_cast<std::size_t>(number / kinds) % styles.size()];
  return {.name = name,
          .index = renderer::kFirstHeldOut + static_cast<std::uint64_t>(number),
          .clips = {.world = {.seed = static_cast<std::uint64_t>(options.seed),
                              .styles = {style_called(style)},
                              .kinds = {static_cast<renderer::ToyKind>(number % kinds)},
                              .width = options.size,
                              .height = options.size,
                              .frames = kFrames}}};
}

nlohmann::ordered_json facts_of(const Case& one, const renderer::ToyScene& scene) {
  return {{"name", one.name},
          {"kind", word_of(scene.kind)},
          {"shape", word_of(scene.shape)},
          {"colour", word_of(scene.colour)},
          {"ground", word_of(scene.ground)},
          {"style", word_of(scene.style)},
          {"amplitude", scene.amplitude},
          {"x", scene.x},
          {"y", scene.y},
          {"radius", scene.radius},
          {"prompt", plain_caption(scene)}};
}

// One row a clip, of frames that lie evenly in it.
class Sheet {
 public:
  void add(const jobs::Clip& clip) {
    if (rows_ == kSheetRows) return;
    ++rows_;
    image_.width = kSheetFrames * clip.width;
    image_.height += clip.height;
    for (int y = 0; y < clip.height; ++y) {
      for (int f = 0; f < kSheetFrames; ++f) {
        const int frame = f * (clip.frames - 1) / (kSheetFrames - 1);
        const std::size_t row = static_cast<std::size_t>(3 * clip.width);
        const std::size_t at = static_cast<std::size_t>(frame * clip.height + y) * row;
        const auto from = clip.rgb.begin() + static_cast<std::ptrdiff_t>(at);
        image_.rgb.insert(image_.rgb.end(), from, from + static_cast<std::ptrdiff_t>(row));
      }
    }
  }
  const jobs::Image& image() const { return image_; }

 private:
  jobs::Image image_;
  int rows_ = 0;
};

void write_case(storage::FileOps& files, const std::string& path, const renderer::Example& example,
                ToyPicturesOptions::What what) {
  const jobs::Clip& clip = example.clip;
  if (what == ToyPicturesOptions::What::clips) {
    write_video(files, clip, {.path = path, .format = jobs::VideoFormat::png});
    return;
  }
  const jobs::Image first{
      clip.width,
      clip.height,
      {clip.rgb.begin(), clip.rgb.begin() + static_cast<std::ptrdiff_t>(clip.frame_bytes())}};
  storage::replace_file(files, path + ".png", encode_png(first, example.caption), "e0-toy");
}

void check_options(const ToyPicturesOptions& options) {
  if (options.count >= 1 && options.count <= 100000 && options.size >= 8 && options.size <= 4096 &&
      options.seed >= 0) {
    return;
  }
  throw jobs::Error(jobs::ExitCode::bad_usage,
                    "toy-pictures needs --count from 1 to 100000, --size from 8 to 4096 and --seed from 0");
}

}  // namespace

jobs::ExitCode make_toy_pictures(const ToyPicturesOptions& options, const Surroundings& surroundings) {
  check_options(options);
  const std::string folder = absolute_path(options.folder, surroundings);
  const auto files = storage::make_posix_file_ops();
  files->make_folders(folder);
  nlohmann::ordered_json cases = nlohmann::ordered_json::array();
  Sheet sheet;
  for (int number = 0; number < options.count; ++number) {
    const Case one = case_of(options, number);
    const renderer::Example example = toy_example(one.clips, one.index);
    write_case(*files, folder + "/" + one.name, example, options.what);
    auto facts = facts_of(one, scene_of(one.clips.world, one.index));
    facts["affinity"] = example.affinity;
    cases.push_back(std::move(facts));
    sheet.add(example.clip);
  }
  storage::replace_file(*files, folder + "/sheet.png", encode_png(sheet.image(), ""), "e0-toy");
  const std::string text = cases.dump(1) + "\n";
  storage::replace_file(*files, folder + "/cases.json", std::as_bytes(std::span(text)), "e0-toy");
  std::printf("%s: %d %s of the toy world, cases.json with their truth, and sheet.png\n",
              shortened_path(folder, surroundings.working_directory).c_str(), options.count,
              options.what == ToyPicturesOptions::What::clips ? "clips" : "pictures");
  return jobs::ExitCode::all_done;
}

}  // namespace pia::farm
