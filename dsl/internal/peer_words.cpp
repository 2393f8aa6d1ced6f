// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/peer_words.hpp"

#include <algorithm>

#include "dsl/internal/value.hpp"

namespace pia::dsl::internal {
namespace {

struct Saying {
  std::string_view words;  ///< separated by |; * stands for any ending
  std::string_view mend;
};

constexpr std::string_view kReference = "pia-farm schema --reference lists all keys";

constexpr Saying kSayings[] = {
    {"prompt_map|prompt_travel|travel|travel_prompt|keyframes|prompt_keyframes|prompt_schedule|prompts_map|"
     "animation_prompts|text_schedule",
     kPromptsOverTime},
    {"n_prompt_map|negative_prompt_map|negative_prompt_travel|animation_negative_prompts",
     "prompts over time are written negative_prompt = { 0 = \"...\", 8 = \"...\" }"},
    {"head_prompt|prompt_head|pre_text",
     "what stands before every keyframe is written prompt = { head = \"...\", 0 = \"...\", 8 = \"...\" }"},
    {"tail_prompt|prompt_tail|app_text",
     "what stands behind every keyframe is written prompt = { 0 = \"...\", 8 = \"...\", tail = \"...\" }"},
    {"prompt_fixed_ratio",
     "how long a keyframe is held is written prompt = { 0 = \"...\", 8 = \"...\", hold = 0.5 }"},
    {"context_frames|context_length|context_overlap|overlap|context_batch_size|context_size|window|windows|"
     "window_size|window_length|window_overlap|context_window",
     "windows over a longer clip are written context = { length = 16, overlap = 4 }"},
    {"context_schedule|context_scheduler|window_schedule",
     "windows over a longer clip are written context = { length = 16, overlap = 4, schedule = \"uniform\" }"},
    {"stride|context_stride|window_stride",
     "windows have no stride; they are written context = { length = 16, overlap = 4 }"},
    {"closed_loop|loop|looped|looping|is_loop|seamless|seamless_loop",
     "a clip that comes back to its beginning is written mode = \"loop\""},
    {"style|style_transfer|is_style_transfer",
     "another style than the picture's is written mode = \"style_transfer\""},
    {"batch_size|batch_count|n_iter|num_images|n_samples|num_samples|num_videos_per_prompt|"
     "num_images_per_prompt|iterations|repeats",
     "several clips of one prompt are a [[grid]] with axes.seed = \"auto x4\""},
    {"hires_*|hr_*|enable_hr|highres_fix|upscale*",
     "there is no second pass; the size is set by max_size, or by width and height"},
    {"restore_faces|face_restoration*|tiling", "there is no such step here; leave it out"},
    {"override|overrides|override_settings",
     "an override is a table of its own: [[override]] with match = { image = \"...\" } and set = { steps = "
     "30 }"},
};

bool is_it(const std::string& spelling, const std::string& asked) {
  return spelling.ends_with('*') ? asked.starts_with(spelling.substr(0, spelling.size() - 1))
                                 : spelling == asked;
}

bool has_shots_keys(Section section) {
  return section == Section::top || takes_shot_key(section, "prompt");
}

std::string as_question(const std::string& key) {
  return "; did you mean " + in_quotes(key) + "?";
}

}  // namespace

std::string_view said_otherwise(const std::string& word) {
  const std::string asked = plain_spelling(word);
  for (const Saying& saying : kSayings) {
    const auto words = parts_of(saying.words);
    if (std::ranges::any_of(words, [&](const std::string& known) { return is_it(known, asked); })) {
      return saying.mend;
    }
  }
  return "";
}

std::string way_out(Section section, const std::string& word) {
  if (const std::string own = key_of_other_name(section, word); !own.empty()) return as_question(own);
  const std::string_view mend = has_shots_keys(section) ? said_otherwise(word) : std::string_view();
  if (!mend.empty()) return "; " + std::string(mend);
  if (const std::string near = meant_key(section, word); !near.empty()) return as_question(near);
  if (section == Section::overrides) return way_out(Section::shot, word);
  const std::string home = home_of(word, section);
  return "; " + (home.empty() ? std::string(kReference) : "it belongs in " + home);
}

}  // namespace pia::dsl::internal
