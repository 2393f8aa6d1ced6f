// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/import/imported_job.hpp"
#include "dsl/internal/complaints.hpp"

namespace pia::dsl::internal {

/// Words of the language for an index of the affinity tables.
struct Motion {
  std::string mode;       ///< "animate", "loop", "style_transfer"
  std::string magnitude;  ///< "small", "moderate", "large"
  bool operator==(const Motion&) const = default;
};

/// Whose numbering: the two hold the rows of style transfer in opposite orders. Negative ones count from the
/// end. Nothing beyond -9..8.
enum class RangeList { pia, diffusers };
std::optional<Motion> motion_of(std::int64_t index, RangeList list);

/// `sampler = "..."` for what another program calls its sampler: off, with a note, if that is not rendered
/// yet; no line and a note if the language has none. No line for DDIM, which is the default.
void add_sampler(TomlBlock& block, const std::string& name, const Place& place, Complaints& notes);

/// The prompt without what AUTOMATIC1111's language has and this one lacks (dsl/internal/foreign_syntax.hpp),
/// each told of in `notes` by name and place. `place`: where the prompt begins.
std::string without_foreign(const std::string& prompt, const Place& place, Complaints& notes);

struct LoraTag {
  std::string name;  ///< with its ending
  double weight = 1;
  std::optional<double> weight_te = {};  ///< on the text encoder, where it differs
};
/// A prompt without its <lora:name:0.8>, and what these were.
struct WithoutLoras {
  std::string text;
  std::vector<LoraTag> loras;
};
WithoutLoras without_loras(const std::string& prompt);
/// Their values, for add_loras.
List values_of(const std::vector<LoraTag>& loras);

/// The prompt as one that the language reads literally: no choice, no wildcard, no id of [prompts]. Brackets
/// keep their weights.
std::string as_literal(const std::string& prompt);

/// `loras = [...]`; no line for none.
void add_loras(TomlBlock& block, const List& loras);
Value lora_value(const std::string& path, double weight);

/// A seed as a TOML integer, or as a string if it is larger than that; nothing if it is none (-1, words).
std::optional<Value> seed_value(const Value& value);

/// What another program calls a number, and what the language does.
struct NumberName {
  std::string theirs;
  std::string ours;
};
/// A line for `value`, unless it is the key's default; an error in `notes` where it is no number in its
/// range.
void add_number(TomlBlock& block, const NumberName& name, const Value& value, Complaints& notes);

/// A text or a number as text; nothing for anything else.
std::optional<std::string> text_of(const Value* value);
std::optional<double> real_of(const Value* value);
std::optional<std::int64_t> whole_of(const Value* value);

/// How the job file, which will lie in `job_folder`, calls `path`: relative if it is near, else absolute.
std::string path_from(const std::string& job_folder, const std::string& path);

/// `text` without white space at its ends.
std::string trimmed(std::string_view text);

}  // namespace pia::dsl::internal
