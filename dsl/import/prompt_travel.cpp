// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "dsl/import/foreign_words.hpp"
#include "dsl/import/importers.hpp"
#include "dsl/import/travel_notes.hpp"
#include "dsl/import/tree.hpp"
#include "dsl/internal/find_file.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostKeyframes = 1000;
constexpr std::int64_t kMostFrames = 100000;
constexpr std::int64_t kWindow = 16;

struct Keyframe {
  std::string text;
  Place place;
};
using Keyframes = std::map<std::int64_t, Keyframe>;

class Travel {
 public:
  Travel(const Table& config, const Importing& importing) : config_(config), importing_(importing) {}

  ImportedJob job() {
    job_.title = {"The prompt travel " + file_name(importing_.source) +
                  " of AnimateDiff CLI, as a job of pia-farm."};
    job_.name = text("name");
    add_files();
    add_numbers();
    add_sampler_and_loras();
    TomlBlock block{.header = "[[shot]]"};
    add_prompts(block);
    add_runs(block);
    job_.shots.push_back(std::move(block));
    add_output();
    note_left_out(config_, job_.defaults, notes());
    return std::move(job_);
  }

 private:
  const Value* value(std::string_view key) const {
    const Value* found = find(config_, key);
    return found == nullptr || is_broken(*found) ? nullptr : found;
  }
  std::string text(std::string_view key) const { return text_of(value(key)).value_or(""); }
  std::vector<TomlLine>& defaults() { return job_.defaults.lines; }
  std::string from_root(const std::string& path) const {
    return path_from(importing_.options.job_folder, joined_path(root_, path));
  }
  Complaints& notes() const { return importing_.notes; }

  // Its wildcards are the language's; its braces mean themselves.
  std::string prompt_text(const std::string& prompt, const Place& place) {
    const bool has_wildcard = prompt.find("__") != std::string::npos;
    if (has_wildcard) {
      notes().warning(place,
                      "__name__ draws a line of wildcards/name.txt beside the job file, one for all frames");
    }
    return has_wildcard ? prompt : as_literal(prompt);
  }

  // AnimateDiff CLI's paths start at the folder data of its checkout.
  void add_files() {
    const std::string path = text("path");
    const std::string motion = text("motion_module");
    if (path.empty()) throw NotImported{{.line = 1, .column = 1}, "there is no path to a model"};
    const std::string root = root_of(importing_, {path, "data/" + path, motion, "data/" + motion});
    const bool is_in_data = importing_.catalog.kind(joined_path(root, path)) == Catalog::Kind::none;
    root_ = is_in_data ? joined_path(root, "data") : root;
    defaults().push_back({.key = "model", .value = text_value(from_root(path))});
    add_motion(job_.defaults, importing_.options, notes());
    if (!motion.empty()) {
      notes().warning(value("motion_module")->place,
                      "AnimateDiff's motion module can't animate a picture: PIA's weights take its place");
    }
    add_image(job_.defaults, importing_.options, notes());
    const std::string vae = text("vae_path");
    if (vae.empty()) return;
    defaults().push_back({.key = "vae", .value = text_value(from_root(vae)), .state = TomlLine::State::off});
    notes().warning(value("vae_path")->place, "a VAE of its own is not rendered yet; the model's is used");
  }

  void add_numbers() {
    for (const char* key : {"steps", "guidance_scale", "clip_skip"}) {
      const Value* given = value(key);
      if (given != nullptr) add_number(job_.defaults, {.theirs = key, .ours = key}, *given, notes());
    }
  }

  void add_sampler_and_loras() {
    const Value* scheduler = value("scheduler");
    const Place top{.line = 1, .column = 1};
    add_sampler(job_.defaults, scheduler == nullptr ? "k_dpmpp_2m" : text("scheduler"),
                scheduler == nullptr ? top : scheduler->place, notes());
    const Value* map = value("lora_map");
    const auto* table = map == nullptr ? nullptr : get<Table>(*map);
    List loras;
    for (const Entry& entry : table != nullptr ? *table : Table{}) {
      const auto weight = real_of(&entry.value);
      if (!weight) {
        notes().warning(entry.place, "the LoRA " + in_quotes(entry.key) +
                                         " has a schedule or a region, which can't be said here: weight 1.0");
      }
      loras.push_back(lora_value(from_root(entry.key), weight.value_or(1)));
    }
    add_loras(job_.defaults, loras);
  }

  Keyframes keyframes() const {
    Keyframes found;
    const Value* map = value("prompt_map");
    const auto* table = map == nullptr ? nullptr : get<Table>(*map);
    for (const Entry& entry : table != nullptr ? *table : Table{}) {
      const Value name = text_value(entry.key);
      const auto frame = whole_of(&name);
      const auto words = text_of(&entry.value);
      if (!frame || *frame < 0 || *frame >= kMostFrames || !words) {
        notes().error(entry.place,
                      "the keyframe " + in_quotes(entry.key) + " is no frame with a text; it is left out");
      } else if (found.size() >= kMostKeyframes) {
        notes().error(entry.place, "there are more than 1000 keyframes; this and all behind it are left out");
        break;
      } else {
        found.insert_or_assign(*frame, Keyframe{.text = *words, .place = entry.place});
      }
    }
    return found;
  }

  void add_prompts(TomlBlock& block) {
    const Keyframes frames = keyframes();
    if (frames.empty()) return;  // a list `prompt`, or nothing: add_runs looks
    const Value* single = value("is_single_prompt_mode");
    const bool stays = single != nullptr && get<bool>(*single) != nullptr && *get<bool>(*single);
    if (frames.size() == 1 || stays) {
      std::string all;
      for (const std::string& part :
           {text("head_prompt"), frames.begin()->second.text, text("tail_prompt")}) {
        if (!trimmed(part).empty()) all += (all.empty() ? "" : ", ") + trimmed(part);
      }
      block.lines.push_back(
          {.key = "prompt", .value = text_value(prompt_text(all, frames.begin()->second.place))});
      return;
    }
    add_length(frames);
    if (!text("head_prompt").empty()) {
      block.lines.push_back(
          {.key = "prompt.head",
           .value = text_value(prompt_text(text("head_prompt"), value("head_prompt")->place))});
    }
    for (const auto& [frame, keyframe] : frames) {
      block.lines.push_back({.key = "prompt." + std::to_string(frame),
                             .value = text_value(prompt_text(keyframe.text, keyframe.place))});
    }
    if (!text("tail_prompt").empty()) {
      block.lines.push_back(
          {.key = "prompt.tail",
           .value = text_value(prompt_text(text("tail_prompt"), value("tail_prompt")->place))});
    }
    add_course(block);
  }

  void add_course(TomlBlock& block) {
    double hold = real_of(value("prompt_fixed_ratio")).value_or(0.5);
    if (hold < 0 || hold > 1) {
      notes().error(value("prompt_fixed_ratio")->place, "prompt_fixed_ratio is from 0 to 1; 0.5 is taken");
      hold = 0.5;
    }
    block.lines.push_back({.key = "prompt.hold", .value = {.data = hold, .place = {}}});
    block.lines.push_back({.key = "prompt.wrap",
                           .value = {.data = true, .place = {}},
                           .comment = "AnimateDiff CLI always goes back to the first keyframe"});
    const Value* slerp = value("tensor_interpolation_slerp");
    if (slerp != nullptr && get<bool>(*slerp) != nullptr && !*get<bool>(*slerp)) {
      block.lines.push_back({.key = "prompt.interp", .value = text_value("lerp")});
    }
  }

  // The length stood on the command line.
  void add_length(const Keyframes& frames) {
    const std::int64_t last = frames.rbegin()->first;
    const std::int64_t gap = last - std::next(frames.rbegin())->first;
    const std::int64_t length = std::min(std::max(kWindow, last + gap), kMostFrames);
    defaults().push_back(
        {.key = "frames", .value = number_value(length), .comment = "was -L on the command line"});
    notes().warning(frames.rbegin()->second.place,
                    "the length is not in the file (-L says it): frames = " + std::to_string(length) +
                        ", a segment beyond the last keyframe, is a guess");
    if (length <= kWindow) return;
    Table context;
    context.push_back({.key = "length", .place = {}, .value = number_value(kWindow)});
    context.push_back({.key = "overlap", .place = {}, .value = number_value(kWindow / 4)});
    context.push_back({.key = "schedule", .place = {}, .value = text_value("looped")});
    defaults().push_back({.key = "context", .value = {.data = std::move(context), .place = {}}});
  }

  List texts(const char* key) {
    const Value* given = value(key);
    const auto* list = given == nullptr ? nullptr : get<List>(*given);
    List out;
    for (const Value& item : list != nullptr ? *list : given != nullptr ? List{*given} : List{}) {
      const auto words = text_of(&item);
      if (words) out.push_back({.data = prompt_text(*words, item.place), .place = item.place});
    }
    return out;
  }

  List seeds() const {
    const Value* given = value("seed");
    const auto* list = given == nullptr ? nullptr : get<List>(*given);
    List out;
    for (const Value& item : list != nullptr ? *list : given != nullptr ? List{*given} : List{}) {
      const auto seed = seed_value(item);
      if (seed) {
        out.push_back(*seed);
      } else {
        notes().warning(item.place, "the seed " + described(item) +
                                        " is drawn anew each time; \"auto\" is the "
                                        "same each time");
        out.push_back(text_value("auto"));
      }
    }
    return out;
  }

  // Run i takes the i-th prompt, negative prompt and seed, each list going round.
  void add_runs(TomlBlock& block) {
    const bool is_travel = !block.lines.empty();
    const std::vector<std::pair<std::string, List>> lists = {{"prompt", is_travel ? List{} : texts("prompt")},
                                                             {"negative_prompt", texts("n_prompt")},
                                                             {"seed", seeds()}};
    if (!is_travel && lists[0].second.empty()) {
      throw NotImported{{.line = 1, .column = 1}, "there is no keyframe in prompt_map, and no prompt"};
    }
    if (lists[1].second.empty()) block.lines.push_back({.key = "negative_prompt", .value = text_value("")});
    std::size_t runs = is_travel ? 1 : lists[0].second.size();
    if (is_travel) {
      for (const auto& [key, list] : lists) runs = std::max(runs, list.size());
    }
    List pairs(runs, Value{.data = Table{}, .place = {}});
    for (const auto& [key, list] : lists) {
      if (list.size() == 1) block.lines.push_back({.key = key, .value = list[0]});
      for (std::size_t i = 0; list.size() > 1 && i < runs; ++i) {
        std::get<Table>(pairs[i].data).push_back({.key = key, .place = {}, .value = list[i % list.size()]});
      }
    }
    if (get<Table>(pairs[0])->empty()) return;
    block.header = "[[grid]]";
    const bool are_only_seeds = get<Table>(pairs[0])->size() == 1 && lists[2].second.size() > 1;
    block.lines.push_back(are_only_seeds
                              ? TomlLine{.key = "axes.seed", .value = {.data = lists[2].second, .place = {}}}
                              : TomlLine{.key = "pairs", .value = {.data = std::move(pairs), .place = {}}});
  }

  void add_output() {
    const Value* output = value("output");
    const auto* table = output == nullptr ? nullptr : get<Table>(*output);
    if (table == nullptr) return;
    const Value* fps = find(*table, "fps");
    const auto rate = whole_of(fps);
    if (rate && *rate >= 1 && *rate <= 60) {
      defaults().push_back({.key = "fps", .value = number_value(*rate)});
    } else if (fps != nullptr) {
      notes().error(fps->place, "fps is a whole number from 1 to 60 here; 8 is taken");
    }
    const Value* format = find(*table, "format");
    const std::string word = text_of(format).value_or("mp4");
    const bool is_ours = word == "mp4" || word == "gif" || word == "webp";
    if (!is_ours && format != nullptr && word != "h264") {
      notes().warning(format->place, in_quotes(word) + " is not made here; mp4 (H.264) is");
    }
    job_.output.lines.push_back(
        {.key = "formats", .value = {.data = List{text_value(is_ours ? word : "mp4")}, .place = {}}});
    const Value* parameters = find(*table, "encode_param");
    const auto* inner = parameters == nullptr ? nullptr : get<Table>(*parameters);
    const auto crf = inner == nullptr ? std::nullopt : whole_of(find(*inner, "crf"));
    if (crf && *crf >= 0 && *crf <= 51) {
      job_.output.lines.push_back({.key = "crf", .value = number_value(*crf)});
    }
  }

  const Table& config_;
  const Importing& importing_;
  std::string root_ = {};
  ImportedJob job_ = {};
};

}  // namespace

bool is_travel_config(const Table& config) {
  const auto has = [&](std::string_view key) { return find(config, key) != nullptr; };
  return has("prompt_map") || (has("path") && (has("motion_module") || has("prompt")));
}

ImportedJob import_travel(const Table& config, const Importing& importing) {
  return Travel(config, importing).job();
}

}  // namespace pia::dsl::internal
