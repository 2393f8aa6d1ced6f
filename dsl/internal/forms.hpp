// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace pia::dsl::internal {

/// What a way to write a value is for.
enum class FormGroup { travel, choices, weights, pictures, numbers, matches, motion };

/// A way to write a value that its key alone doesn't show, for REFERENCE.md: one line of a job file that
/// `check` finds nothing wrong with, where its group stands.
struct Form {
  FormGroup group = FormGroup::travel;
  std::string_view example = {};
  std::string_view meaning = {};
};

/// By group.
std::span<const Form> all_forms();

/// A group's title and what holds for all of it.
struct FormTitle {
  std::string_view title;
  std::string_view text;
};
FormTitle title_of(FormGroup group);

}  // namespace pia::dsl::internal
