// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/forms.hpp"

namespace pia::dsl::internal {
namespace {

using enum FormGroup;

// clang-format off
constexpr Form kForms[] = {
    {travel, R"(prompt = { 0 = "sun", 15 = "rain" })", "a keyframe: the text at frame 0, and at frame 15; between them one moves evenly into the other, behind the last one its text stays"},
    {travel, R"(prompt.0 = "sun")", "the same, a line a keyframe; more such lines follow"},
    {travel, R"(prompt = { 0 = "sun", -1 = "rain" })", "negative: from the end, -1 is the last frame"},
    {travel, R"(prompt = { 0 = "sun", "50%" = "rain" })", "at a share of the clip, in quotes: \"100%\" is the last frame, \"0.5\" the same as \"50%\""},
    {travel, R"(prompt = { "0:8" = "sun", "8:16" = "rain" })", "the text stays from the first number up to the frame before the second: 0 to 7, 8 to 15"},
    {travel, R"(prompt = { head = "a lighthouse", 0 = "sun", 15 = "rain", tail = "4k" })", "head and tail are joined to the text of every keyframe: \"a lighthouse, sun, 4k\""},
    {travel, R"(prompt = { 0 = "sun", 15 = "rain", hold = 0.25 })", "share of the way to the next keyframe, 0 to 1, for which a text stays before it moves; 0 if absent"},
    {travel, R"(prompt = { 0 = "sun", 15 = "rain", interp = "lerp" })", "how texts are mixed on the way: \"slerp\" along an arc (if absent), \"lerp\" along a line"},
    {travel, R"(prompt = { 0 = "sun", 8 = "rain", wrap = true })", "behind the last keyframe it moves on to the first one, which it reaches where the clip ends; if absent, true with mode = \"loop\", else false"},
    {travel, R"(prompt = "@day")", "the text or the travel table of [prompts.day]"},
    {travel, R"(negative_prompt = { 0 = "fog", 15 = "sun" })", "travels by itself"},

    {choices, R"(prompt = "a {red|blue} kite")", "one of them; choices may stand in choices"},
    {choices, R"(prompt = "a {3::red|1::blue} kite")", "red three times as often"},
    {choices, R"(prompt = "{2$$, $$red|blue|green} kites")", "two that differ, with what stands between the $$ in between; {1-2$$...}: one or two"},
    {choices, R"(prompt = "a kite, __weather__")", "a line of weather.txt in the folder wildcards ([paths] wildcards)"},
    {choices, R"(prompt = "a kite, __sky/*__")", "a line of any text in its folder sky"},
    {choices, R"(prompt = 'a \{b\|c\} kite')", "literally, without a choice"},

    {weights, R"(prompt = "a (red:1.3) kite")", "counts 1.3 times as much; below 1: less"},
    {weights, R"(prompt = "a ((red)) [blue] kite")", "each ( ) 1.1 times as much, each [ ] that much less"},
    {weights, R"(prompt = "a kite BREAK a hill")", "what follows goes into the next chunk of 75 tokens"},
    {weights, R"(prompt = 'a kite \(toy\)')", "brackets that are text"},

    {pictures, R"(axes.image = "keyframes/*")", "every picture in keyframes, by name; also in a list"},
    {pictures, R"(axes.image = ["kite", "keyframes/r*.png"])", "* any characters, ? one, [a-c] one of these, [!a] one of the others"},
    {pictures, R"(pairs = [{ image = "kite", seed = 1 }, { image = "hill", seed = 2 }])", "values that go together: a shot a pair, instead of all combinations"},

    {numbers, R"(axes.steps = [10, 25])", "a list"},
    {numbers, R"(axes.seed = "4-6")", "4, 5 and 6"},
    {numbers, R"(axes.seed = "4-6, 9")", "these and 9"},
    {numbers, "axes.seed = \"1-9 (+2)\"", "1, 3, 5, 7 and 9"},
    {numbers, R"(axes.guidance_scale = "3-9 [4]")", "four from end to end: 3, 5, 7 and 9"},
    {numbers, R"(axes.seed = "auto x4")", "four \"auto\" seeds that differ, the same four for every model and prompt of a picture"},

    {matches, R"(exclude = [{ image = "kite", magnitude = "large" }])", "the combinations that have both"},
    {matches, R"(exclude = [{ magnitude = ["small", "large"] }])", "those that have one of the list"},
    {matches, R"(exclude = [{ image = "k*" }, { seed = "4-5" }])", "patterns as for pictures, of any value; ranges of numbers; what fits one { } or the other"},
    {matches, R"(include = [{ magnitude = "large", steps = 35 }])", "gives the combinations that have the axis values in it (large) the other keys (35 steps); where there is none, it becomes a shot of its own"},

    {motion, R"(affinity = [1.0, 0.9, 0.8])", "at the picture's own frame, one frame from it, two and all farther ones"},
    {motion, R"(affinity = { from = 1.0, to = 0.6 })", "evenly from the picture's own frame to the one farthest from it"},
    {motion, R"(condition_frame = -1)", "the picture is the last frame"},
    {motion, R"(magnitude = 2)", "as \"large\"; 1 as \"moderate\", 0 as \"small\""},
    {motion, R"(context = { length = 16, overlap = 4 })", "made in windows of 16 frames that share 4 with the next"},
    {motion, R"(seed = "18446744073709551615")", "numbers above 9223372036854775807 in quotes"},
};
// clang-format on

}  // namespace

std::span<const Form> all_forms() {
  return kForms;
}

FormTitle title_of(FormGroup group) {
  switch (group) {
    case travel:
      return {"A prompt that travels",
              "A string is one prompt for the whole clip, a table one that changes: `prompt`, "
              "`negative_prompt`, and "
              "[prompts.ID] by its own keys."};
    case choices:
      return {
          "Choices and wildcards in prompts",
          "Drawn once for each picture, prompt and seed, and the same for all frames, models and magnitudes; "
          "`expand = \"all\"` makes a shot of every one instead."};
    case weights:
      return {"Weights in prompts", "As AUTOMATIC1111 reads them, unless `prompt_syntax = \"plain\"`."};
    case pictures:
      return {"Several pictures",
              "In a [[grid]]. A missing extension is looked for: .png, .jpg, .jpeg, .webp."};
    case numbers:
      return {"Several numbers", "In a [[grid]], for every key that is a number."};
    case matches:
      return {"Which combinations",
              "In a [[grid]]: `exclude` and `include`. The `match` of an [[override]] is written as an entry "
              "of `exclude`, and knows `name` and `id` too; `--only KEY=PATTERN` takes the same patterns."};
    case motion:
      return {"Motion, windows and seeds", "Of a shot."};
  }
  return {};
}

}  // namespace pia::dsl::internal
