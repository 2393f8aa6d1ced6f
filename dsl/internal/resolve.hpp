// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "dsl/internal/complaints.hpp"
#include "dsl/internal/draws.hpp"
#include "dsl/internal/expand.hpp"
#include "dsl/internal/files.hpp"
#include "dsl/internal/prompts.hpp"
#include "dsl/internal/template.hpp"
#include "dsl/job_file.hpp"
#include "jobs/core/plan.hpp"

namespace pia::dsl::internal {

/// A shot without id, names and video path, and what `plan --explain` says of it.
struct Resolved {
  const FlatShot* flat = nullptr;
  jobs::PlannedShot planned = {};
  std::string prompt_words = {};  ///< what names of shots and videos say of the prompt
  Origins origins = {};
  std::map<std::string, std::string> values = {};
};

/// What resolving needs besides the shot.
struct Resolving {
  const Document& document;
  Files& files;
  Prompts& prompts;
  Complaints& complaints;
  jobs::Dtype dtype = jobs::Dtype::fp32;
  WildcardLines& wildcards;
  std::set<const Value*>& used;         ///< values that decided something
  std::set<std::string>& used_prompts;  ///< ids
  std::set<Place>& told_brackets;       ///< places whose open bracket was warned of
  std::map<Place, double>& guided;  ///< written negative prompts: the highest guidance_scale of their shots
  JobSource::Draft draft = JobSource::Draft::no;
  Draws& draws;
  std::optional<std::uint64_t> drawn = {};                   ///< in place of a seed of -1
  const std::set<std::string, std::less<>>* told = nullptr;  ///< keys to explain; nullptr: all
};

/// Fourth pass: words and names to numbers, digests and token ids. Nothing after a complaint.
std::optional<Resolved> resolve(const FlatShot& flat, Resolving& with);

}  // namespace pia::dsl::internal
