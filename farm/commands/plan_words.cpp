// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/plan_words.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "dsl/tokenizer.hpp"
#include "farm/shot_work.hpp"
#include "farm/watchers/words.hpp"
#include "jobs/core/model_key.hpp"
#include "jobs/core/number.hpp"
#include "renderer/renderer.hpp"

namespace pia::farm {
namespace {

constexpr std::size_t kHeadColumns = 20;
constexpr std::size_t kMostSizes = 3;
constexpr std::size_t kMostModels = 6;
constexpr std::size_t kMostChoices = 4;
constexpr std::size_t kLongestChoice = 40;

std::string line(const std::string& head, const std::string& text) {
  return padded(printable(head), std::max(kHeadColumns, columns_of(head) + 2)) + text + "\n";
}

std::string sum(std::int64_t combinations, std::int64_t excluded, std::int64_t left_out,
                std::int64_t included) {
  std::string text = counted(combinations, "combination");
  if (excluded > 0) text += " - " + std::to_string(excluded) + " excluded";
  if (left_out > 0) text += " - " + std::to_string(left_out) + " left to chance";
  if (included > 0) text += " + " + std::to_string(included) + " included";
  return text;
}

std::string counts_line(const PlanFacts& facts) {
  const jobs::PlanCounts& counts = facts.plan.counts;
  std::string text = sum(counts.combinations, counts.excluded, counts.left_out, counts.included);
  if (counts.duplicates > 0) text += " - " + counted(counts.duplicates, "duplicate");
  const auto whole = static_cast<std::int64_t>(facts.compiled.plan->shots.size());
  text += " = " + counted(whole, "shot");
  if (counts.shots < whole) text += ", of which --only keeps " + std::to_string(counts.shots);
  return line("job \"" + facts.plan.job_name + "\"", text);
}

// A line a [[grid]] and an [[override]], where there is more to tell than of the job as a whole.
std::string parts_lines(const dsl::Compiled& compiled) {
  std::string text;
  for (std::size_t i = 0; i < compiled.grids.size() && compiled.grids.size() > 1; ++i) {
    const dsl::GridCount& grid = compiled.grids[i];
    text += line("grid \"" + grid.name + "\"",
                 sum(grid.combinations, grid.excluded, grid.left_out, grid.included) + " = " +
                     counted(grid.shots, "shot"));
  }
  for (std::size_t i = 0; i < compiled.overrides.size(); ++i) {
    text += line("override #" + std::to_string(i + 1),
                 "changes " + counted(compiled.overrides[i].changed, "shot"));
  }
  return text;
}

// The LoRAs of all shots by their files' names, each weight apart.
std::string loras_words(const jobs::Plan& plan) {
  std::set<std::string> uses;
  for (const jobs::PlannedShot& shot : plan.shots) {
    for (const jobs::LoraUse& use : shot.shot.loras) {
      const std::string name = std::filesystem::path(use.file.path).stem().string();
      const bool differ = use.weight_te != use.weight;
      uses.insert(printable(name) + "@" + jobs::number_text(use.weight) +
                  (differ ? ", text " + jobs::number_text(use.weight_te) : ""));
    }
  }
  std::string text;
  std::size_t shown = 0;
  for (const std::string& use : uses) {
    if (++shown <= kMostModels) text += (text.empty() ? "     loras: " : ", ") + use;
  }
  if (shown > kMostModels) text += " and " + std::to_string(shown - kMostModels) + " more";
  return text;
}

std::string models_line(const jobs::Plan& plan) {
  std::map<std::string, int> shots_of;
  for (const jobs::PlannedShot& shot : plan.shots) ++shots_of[shot.model_id];
  std::vector<std::pair<std::string, int>> models(shots_of.begin(), shots_of.end());
  std::stable_sort(models.begin(), models.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (std::size_t i = 0; i < std::min(models.size(), kMostModels); ++i) {
    text += (i > 0 ? ", " : "") + printable(models[i].first) + " (" +
            (i == 0 ? counted(models[i].second, "shot") : std::to_string(models[i].second)) + ")";
  }
  if (models.size() > kMostModels) text += " and " + std::to_string(models.size() - kMostModels) + " more";
  return line("models", text + loras_words(plan));
}

std::size_t tokens(const jobs::PromptTrack& track) {
  std::size_t most = 0;
  for (const jobs::PromptKeyframe& keyframe : track.keyframes) {
    const auto count = std::ranges::count_if(
        keyframe.ids, [](std::int32_t id) { return id != dsl::kBeginOfText && id != dsl::kEndOfText; });
    most = std::max(most, static_cast<std::size_t>(count));
  }
  return most;
}

// "; 1 template drawn ({petals|snow|leaves}, __camera__)"
std::string templates_words(const std::vector<std::vector<std::string>>& templates) {
  if (templates.empty()) return "";
  std::vector<std::string> choices;
  for (const std::vector<std::string>& one : templates) {
    for (const std::string& choice : one) {
      if (std::ranges::find(choices, choice) == choices.end()) choices.push_back(choice);
    }
  }
  std::string text = "; " + counted(static_cast<std::int64_t>(templates.size()), "template") + " drawn (";
  for (std::size_t i = 0; i < std::min(choices.size(), kMostChoices); ++i) {
    text += (i > 0 ? ", " : "") + printable(clipped(choices[i], kLongestChoice));
  }
  if (choices.size() > kMostChoices)
    text += " and " + std::to_string(choices.size() - kMostChoices) + " more";
  return text + ")";
}

std::string prompts_line(const PlanFacts& facts) {
  const jobs::Plan& plan = facts.plan;
  std::size_t longest = 0;
  std::size_t chunks = 1;
  std::int64_t travels = 0;
  for (const jobs::PlannedShot& shot : plan.shots) {
    const jobs::PromptTrack& prompt = shot.shot.prompt;
    longest = std::max(longest, tokens(prompt));
    chunks = std::max(chunks, prompt.keyframes.at(0).ids.size() / dsl::kTextPositions);
    if (!prompt.blends.empty() || !shot.shot.negative_prompt.blends.empty()) ++travels;
  }
  std::string text = "longest " + counted(static_cast<std::int64_t>(longest), "token");
  if (chunks > 1) text += ", in up to " + std::to_string(chunks) + " chunks of 75";
  if (travels > 0) text += "; " + counted(travels, "shot") + (travels == 1 ? " travels" : " travel");
  return line("prompts", text + templates_words(facts.compiled.templates));
}

std::string frames_words(const jobs::Shot& shot) {
  std::string text = std::to_string(shot.frames) + " x " + std::to_string(shot.geometry.size.width) + "x" +
                     std::to_string(shot.geometry.size.height);
  if (shot.windows) text += " in windows of " + std::to_string(shot.windows->length);
  return text + (shot.guidance_scale > 1 ? ", CFG on" : ", CFG off");
}

// One worker renders all shots of a model before it loads another; several may load one each.
std::string loads_words(const PlanFacts& facts) {
  std::set<std::string> models;
  for (const jobs::PlannedShot& planned : facts.plan.shots) {
    if (!facts.done.contains(planned.id)) models.insert(jobs::model_key(planned.shot));
  }
  if (models.size() < 2) return "";
  const std::size_t switches = models.size() - 1;
  return "; one worker loads weights " + std::to_string(models.size()) + " times, " +
         std::to_string(switches) + (switches == 1 ? " switch" : " switches");
}

std::string work_line(const PlanFacts& facts) {
  std::map<std::string, std::int64_t> steps_of;
  std::int64_t all = 0;
  for (const jobs::PlannedShot& planned : facts.plan.shots) {
    if (facts.done.contains(planned.id)) continue;
    const jobs::Shot& shot = planned.shot;
    const int steps = renderer::step_count(shot);
    all += steps;
    steps_of[frames_words(shot)] += steps;
  }
  std::string text = counted(all, "denoising step");
  if (steps_of.size() == 1) {
    text += " of " + steps_of.begin()->first;
  } else if (steps_of.size() <= kMostSizes) {
    std::string sep = ": ";
    for (const auto& [size, steps] : steps_of) {
      text += sep + std::to_string(steps) + " of " + size;
      sep = "; ";
    }
  } else {
    text += " of " + std::to_string(steps_of.size()) + " sizes";
  }
  return line("work", text + "; on " + facts.device + loads_words(facts));
}

std::string disk_and_time_line(const PlanFacts& facts) {
  double bytes = 0;
  double cost = 0;
  for (const jobs::PlannedShot& shot : facts.plan.shots) {
    if (facts.done.contains(shot.id)) continue;
    bytes += result_bytes(shot, facts.plan.output);
    cost += work_of(shot).cost;
  }
  const std::string time = facts.pace
                               ? "about " + duration_words(cost * facts.pace->seconds_a_cost) +
                                     " with one worker, by what " + counted(facts.pace->shots, "shot") +
                                     " of earlier runs took on " + facts.device
                               : "none measured yet on " + facts.device + " with these motion weights";
  return line("disk", "about " + size_words(bytes) + " more, and the videos") + line("time", time);
}

}  // namespace

double result_bytes(const jobs::PlannedShot& planned, const jobs::OutputWishes& output) {
  const jobs::Shot& shot = planned.shot;
  const double pixels =
      static_cast<double>(shot.geometry.size.width) * shot.geometry.size.height * shot.frames;
  constexpr double kLatentBytesAPixel = 4.0 * sizeof(float) / 64;
  const double latents = output.keep_latents == jobs::KeepLatents::none ? 0 : pixels * kLatentBytesAPixel;
  const double rows = output.keep_latents == jobs::KeepLatents::all ? renderer::step_count(shot) + 2 : 1;
  return 3 * pixels + rows * latents;
}

std::string plan_words(const PlanFacts& facts) {
  const auto all = static_cast<std::int64_t>(facts.plan.shots.size());
  const auto done = static_cast<std::int64_t>(facts.done.size());
  std::string text = counts_line(facts) + parts_lines(facts.compiled);
  text += line("to render", std::to_string(all - done) + "   (done " + std::to_string(done) +
                                ", duplicates " + std::to_string(facts.plan.counts.duplicates) + ")");
  text += models_line(facts.plan) + prompts_line(facts);
  text += all > done ? work_line(facts) + disk_and_time_line(facts) : line("work", "none: all is rendered");
  return text + line("run directory", printable(facts.plan.out));
}

std::string explanation(const dsl::Compiled& compiled, std::size_t index) {
  const jobs::PlannedShot& shot = compiled.plan->shots[index];
  std::string text =
      "shot " + printable(shot.name) + "   id " + to_hex(shot.id) + "   from " + shot.source + "\n";
  const auto& values = compiled.values.at(index);
  const auto& origins = compiled.origins.at(index);
  std::size_t widest = 0;
  for (const auto& [key, value] : values) widest = std::max(widest, key.size());
  for (const auto& [key, value] : values) {
    const auto origin = origins.find(key);
    text += "  " + padded(key, widest) + " = " + printable(value) + "   (" +
            (origin == origins.end() ? "worked out" : origin->second) + ")\n";
  }
  return text;
}

}  // namespace pia::farm
