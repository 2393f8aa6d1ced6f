// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/resolve_prompt.hpp"

#include <algorithm>

#include "dsl/internal/foreign_travel.hpp"
#include "dsl/internal/job_seed.hpp"
#include "dsl/internal/prompt_parts.hpp"
#include "dsl/internal/travel.hpp"
#include "dsl/internal/unicode_text.hpp"
#include "dsl/internal/words_in.hpp"

namespace pia::dsl::internal {
namespace {

constexpr std::size_t kMostTokens = kTextPositions - 2;
constexpr std::size_t kMostChunks = 50;
constexpr std::size_t kMostBytes = std::size_t{64} << 10U;

// One prompt of one shot on its way.
struct Task {
  const std::string& key;
  FlatReader& read;
  const PromptSetting& setting;
  Resolving& with;
  Place place;
  bool is_literal = false;  ///< prompt_syntax = "plain": nothing is a weight or a template
  bool good = true;

  void refuse(const Place& where, const std::string& sentence) {
    with.complaints.error(where, sentence);
    good = false;
  }
};

// What a key or an asset says, its templates drawn: the same for all frames, models and magnitudes of one
// picture and seed.
std::string drawn(Task& task, const Value& value) {
  const std::string& text = *get<std::string>(value);
  if (task.is_literal || value.place == kBuiltIn || !task.with.prompts.is_template(text)) return text;
  const std::string all = job_seed(task.with.document) + ":" + jobs::to_hex(task.setting.image) + ":" +
                          std::to_string(task.setting.seed) + ":" + text;
  const auto answer = draw(text, first_64_bits(jobs::sha256(all)), task.with.wildcards);
  if (const auto* trouble = std::get_if<Trouble>(&answer)) {
    task.refuse(value.place, trouble->sentence);
    return "";
  }
  return std::get<std::string>(answer);
}

// `label`: how the job file calls it.
PromptPart part(Task& task, const char* key, const char* label) {
  const Value* value = task.read.find(key);
  if (value == nullptr || get<std::string>(*value) == nullptr) return {};
  return {.text = drawn(task, *value), .label = label, .place = value->place};
}

// The trigger words of the model and of the LoRAs that `text` lacks.
std::string missing_triggers(Task& task, const std::string& text) {
  const Value* trigger = task.read.find("trigger");
  const Value* wished = task.read.find("trigger_words");
  const bool is_off = wished != nullptr && get<bool>(*wished) != nullptr && !*get<bool>(*wished);
  if (is_off) return "";
  std::vector<std::string> words = trigger == nullptr ? std::vector<std::string>() : trigger_words(*trigger);
  const auto& of_loras = task.setting.loras.triggers();
  words.insert(words.end(), of_loras.begin(), of_loras.end());
  const std::string small = in_small_letters(text);
  std::erase_if(words, [&](const std::string& word) {
    return small.find(in_small_letters(word)) != std::string::npos;
  });
  return joined(words);
}

using Parts = std::vector<PromptPart>;

// What stands around the text of every keyframe.
struct Frame {
  Parts before;
  Parts behind;
};

Frame frame_of(Task& task) {
  if (task.key != "prompt") return {};
  return {.before = {part(task, "prompt_prefix", "prompt_prefix"), part(task, "image_prompt", "prompt")},
          .behind = {part(task, "prompt_suffix", "prompt_suffix")}};
}

// A keyframe's text but for trigger words, which the tags of all keyframes decide.
struct Framed {
  Parts parts;
  std::string text;  // without tags
};

Framed framed(Task& task, const Frame& frame, const Parts& own) {
  Framed all{.parts = frame.before};
  all.parts.insert(all.parts.end(), own.begin(), own.end());
  all.parts.insert(all.parts.end(), frame.behind.begin(), frame.behind.end());
  all.text = joined(all.parts);
  if (task.is_literal || all.text.find("<lora:") == std::string::npos) return all;
  if (task.key == "prompt") {
    all.text = task.setting.loras.without_tags(all.text, task.place);
  } else {
    task.refuse(task.place, "a LoRA acts on the whole picture; write " +
                                in_quotes(all.text.substr(all.text.find("<lora:"), 40)) + " in the prompt");
  }
  return all;
}

// The text with its trigger words; warns of a bracket that is open in it.
std::string finished(Task& task, Framed framed) {
  if (task.key == "prompt") {
    PromptPart triggers{.text = missing_triggers(task, framed.text),
                        .label = "the trigger words of prompt",
                        .place = task.place};
    framed.text = joined({triggers.text, framed.text});
    framed.parts.insert(framed.parts.begin(), std::move(triggers));
  }
  const bool may_weigh = task.good && !task.is_literal && framed.text.size() <= kMostBytes;
  const bool is_built_in = task.key == "negative_prompt" && !task.read.is_given(task.key);
  if (may_weigh && !is_built_in) warn_of_open_bracket(framed.text, framed.parts, task.with);
  return framed.text;
}

// The text or the travel table that `value` comes to, through [prompts].
const Value* looked_up(Task& task, const Value& value) {
  const auto* text = get<std::string>(value);
  if (text == nullptr || !is_prompt_id(*text) || task.is_literal) return &value;
  const auto found = task.with.document.prompts.find(text->substr(1));
  if (found != task.with.document.prompts.end()) {
    task.with.used_prompts.insert(found->first);
    return is_broken(found->second.value) ? nullptr : &found->second.value;
  }
  std::vector<std::string> ids;
  for (const auto& [id, prompt] : task.with.document.prompts) ids.push_back("@" + id);
  task.refuse(task.place, task.key + " = " + in_quotes(*text) + ": there is no [prompts." + text->substr(1) +
                              "]" + hint(*text, ids));
  return nullptr;
}

std::string why_text(const ForeignPiece& piece) {
  const std::string shown = in_quotes(piece.text);
  switch (piece.kind) {
    case Foreign::editing:
      return shown +
             " is a change in the middle of the steps in AUTOMATIC1111; here all of it is text: write " +
             in_quotes(piece.kept) + ", or let the prompt travel over the frames";
    case Foreign::alternation:
      return shown + " is a change from step to step in AUTOMATIC1111; here all of it is text: write " +
             in_quotes(piece.kept);
    case Foreign::composition:
      return "AND adds the answers to two prompts in AUTOMATIC1111; here it is a word: write a comma, or and";
    case Foreign::network:
      break;
  }
  return shown + " is text here: of what stands in < > there is only <lora:NAME:0.8>; leave it out";
}

jobs::PromptKeyframe weighted_keyframe(Task& task, int frame, const std::string& text) {
  if (text.size() > kMostBytes) task.refuse(task.place, task.key + " is longer than 64 KiB; make it shorter");
  if (!task.good) return {};
  const WeightedFacts& facts = task.with.prompts.weighted(text);
  if (facts.ids.size() > kMostChunks * kTextPositions) {
    task.refuse(task.place, task.key + " has " + std::to_string(facts.ids.size() / kTextPositions) +
                                " chunks of 75 tokens; at most " + std::to_string(kMostChunks) +
                                " can be rendered: make it shorter, with fewer BREAKs");
  }
  for (const ForeignPiece& piece : facts.foreign) {
    task.with.complaints.warning(task.place, task.key + ": " + why_text(piece));
  }
  return {.frame = frame, .ids = facts.ids, .weights = facts.weights};
}

jobs::PromptKeyframe keyframe_of(Task& task, int frame, const std::string& text) {
  // PIA's own list is literal always; a prompt that only prefixes and pictures make is none of it.
  const bool is_built_in = task.key == "negative_prompt" && !task.read.is_given(task.key);
  if (!task.is_literal && !is_built_in) return weighted_keyframe(task, frame, text);
  const PromptFacts& facts = task.with.prompts.of(text);
  if (is_built_in) return {.frame = frame, .ids = facts.ids};
  if (facts.tokens > kMostTokens) {
    task.with.complaints.warning(task.place, task.key + " has " + std::to_string(facts.tokens) +
                                                 " tokens; only the first 75 are seen, as in the original");
  }
  return {.frame = frame, .ids = facts.ids};
}

// `label`: what the text is the value of.
void warn_of_lines(Task& task, const Value& value, const std::string& label) {
  if (value.place == kBuiltIn) return;
  const auto travel = travel_in_lines(label, *get<std::string>(value), task.setting.frames);
  if (!travel) return;
  task.with.complaints.warning(value.place, label + " has keyframes in lines (" + in_quotes(travel->first) +
                                                "), which are plain text here; write " + travel->written);
}

PromptAnswer constant(Task& task, const std::string& text) {
  return {.track = {.keyframes = {keyframe_of(task, 0, text)}}, .texts = {{0, text}}};
}

struct Travel {
  std::map<int, std::string> texts;  ///< by frame
  Course course;
  jobs::Blending blending = jobs::Blending::slerp;
};

void add_keyframe(Task& task, const Entry& entry, const std::string& text, Travel& travel) {
  const auto span = span_of(*keyframe_name(entry.key), task.setting.frames);
  if (const auto* trouble = std::get_if<Trouble>(&span)) return task.refuse(entry.place, trouble->sentence);
  const auto [first, last] = std::get<Span>(span);
  bool is_free = travel.texts.emplace(first, text).second;
  if (last != first) is_free = travel.texts.emplace(last, text).second && is_free;
  if (!is_free) {
    task.refuse(entry.place, "keyframe " + in_quotes(entry.key) + " is at frame " + std::to_string(first) +
                                 ", where another one is; leave one out");
  }
}

Travel read_travel(Task& task, const Table& table, const std::string& label) {
  Travel travel{.course = {.frames = task.setting.frames, .wraps = task.setting.mode == jobs::Mode::loop}};
  PromptPart head;
  PromptPart tail;
  const auto part_of = [&](const Entry& entry, const Value& value) {
    const bool is_own = &value == &entry.value;
    return PromptPart{
        .text = drawn(task, value),
        .label = is_own ? label + "." + entry.key : "prompts." + get<std::string>(entry.value)->substr(1),
        .place = value.place};
  };
  for (const Entry& entry : table) {
    if (entry.key == "head") head = part_of(entry, entry.value);
    if (entry.key == "tail") tail = part_of(entry, entry.value);
    if (entry.key == "hold") travel.course.hold = *get<double>(entry.value);
    if (entry.key == "wrap") travel.course.wraps = *get<bool>(entry.value);
    if (entry.key == "interp")
      travel.blending = *jobs::from_word<jobs::Blending>(*get<std::string>(entry.value));
  }
  const Frame frame = frame_of(task);
  std::vector<std::pair<const Entry*, Framed>> texts;
  for (const Entry& entry : table) {
    if (!keyframe_name(entry.key)) continue;
    const Value* value = looked_up(task, entry.value);
    if (value == nullptr) {
      task.good = false;
      continue;
    }
    if (get<std::string>(*value) == nullptr) {
      task.refuse(entry.place, "keyframe " + in_quotes(entry.key) + " is " + to_text(entry.value) +
                                   ", which travels itself; name a text");
      continue;
    }
    texts.emplace_back(&entry, framed(task, frame, {head, part_of(entry, *value), tail}));
  }
  for (auto& [entry, text] : texts) add_keyframe(task, *entry, finished(task, std::move(text)), travel);
  return travel;
}

bool is_constant(const Travel& travel) {
  const std::string& first = travel.texts.begin()->second;
  return std::ranges::all_of(travel.texts, [&](const auto& keyframe) { return keyframe.second == first; });
}

// "0 and 8 (8 frames apart), 8 and 15 (7)"
std::string gaps_text(const std::vector<Gap>& gaps) {
  constexpr std::size_t kMostGaps = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(gaps.size(), kMostGaps); ++i) {
    const Gap& gap = gaps[i];
    text += (i > 0 ? ", " : "") + std::to_string(gap.from) + " and " + std::to_string(gap.to) +
            (gap.to < gap.from ? " again" : "") + " (" + std::to_string(gap.frames);
    if (i == 0) text += gap.frames == 1 ? " frame apart" : " frames apart";
    text += ")";
  }
  if (gaps.size() > kMostGaps) text += " and " + std::to_string(gaps.size() - kMostGaps) + " more";
  return text;
}

// A clip that is made at once blends all its keyframes more or less, which is what they are for: only those
// that nobody can see are told. In windows, more time is to be had.
void warn_of_close_keyframes(Task& task, const Travel& travel) {
  constexpr int kFewestSeen = 4;
  const int window = task.setting.window;
  const int least = window > 0 ? window : kFewestSeen;
  const std::vector<Gap> gaps = gaps_below(least, travel.texts, travel.course);
  if (gaps.empty()) return;
  const std::string number = std::to_string(least);
  task.with.complaints.warning(
      task.place,
      window > 0 ? "keyframes of " + task.key + " are closer than the " + number +
                       " frames that motion is made of at once, which blends them: " + gaps_text(gaps) +
                       "; keep them " + number + " frames apart in a longer clip, or leave some out"
                 : "keyframes of " + task.key + " are too close to be seen one by one: " + gaps_text(gaps) +
                       "; keep them " + number + " frames apart");
}

std::optional<PromptAnswer> traveling(Task& task, const Table& table, const std::string& label) {
  const Travel travel = read_travel(task, table, label);
  if (!task.good || travel.texts.empty()) return std::nullopt;
  if (is_constant(travel)) return constant(task, travel.texts.begin()->second);
  PromptAnswer answer{.texts = travel.texts};
  std::vector<int> at;
  for (const auto& [frame, text] : travel.texts) {
    at.push_back(frame);
    answer.track.keyframes.push_back(keyframe_of(task, frame, text));
  }
  for (const Blend& blend : blends(at, travel.course)) {
    answer.track.blends.push_back({.from = at[blend.from], .to = at[blend.to], .weight = blend.weight});
  }
  answer.track.blending = travel.blending;
  warn_of_close_keyframes(task, travel);
  return answer;
}

}  // namespace

std::optional<PromptAnswer> resolve_prompt(const std::string& key, FlatReader& read,
                                           const PromptSetting& setting, Resolving& with) {
  const Value* given = read.find(key);
  read.find("prompt_syntax");
  Task task{.key = key, .read = read, .setting = setting, .with = with, .place = read.place(key)};
  task.is_literal = read.at<std::string>("prompt_syntax") == "plain";
  const Value* value = looked_up(task, *given);
  if (value == nullptr) return std::nullopt;
  const std::string label = value == given ? key : "prompts." + get<std::string>(*given)->substr(1);
  if (const auto* table = get<Table>(*value)) {
    auto answer = traveling(task, *table, label);
    if (answer)
      answer->own = value == given ? answer->texts.begin()->second : get<std::string>(*given)->substr(1);
    return answer;
  }
  warn_of_lines(task, *value, label);
  const std::string own = drawn(task, *value);
  const PromptPart part{.text = own, .label = label, .place = value->place};
  const std::string text = finished(task, framed(task, frame_of(task), {part}));
  if (!task.good) return std::nullopt;
  PromptAnswer answer = constant(task, text);
  answer.own = value == given ? own : get<std::string>(*given)->substr(1);
  return task.good ? std::optional(answer) : std::nullopt;
}

}  // namespace pia::dsl::internal
