// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "jobs/core/plan.hpp"

namespace pia::dsl {

/// The public form of a plan (`plan --json`, whose names are stable), with the token ids beside the prompts'
/// text, so that it also is plan.json of a run directory and reads back whole. A shot a line, with its keys
/// sorted: most of a shot is token ids, which one a line would be three quarters white space.
std::string plan_to_json(const jobs::Plan& plan);

/// The inverse. Throws jobs::InputError, naming what is wrong, unless every field is there, in range, and
/// each id is the hash of its shot's recipe.
jobs::Plan plan_from_json(const std::string& text);

/// One planned shot, for messages to a renderer; the same fields, no indent.
std::string shot_to_json(const jobs::PlannedShot& shot);
jobs::PlannedShot shot_from_json(const std::string& text);

}  // namespace pia::dsl
