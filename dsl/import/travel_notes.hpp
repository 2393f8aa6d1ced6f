// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dsl/import/imported_job.hpp"
#include "dsl/internal/complaints.hpp"

namespace pia::dsl::internal {

/// Tells what of a prompt travel is not carried over, but for what is switched off. An IP-Adapter leaves its
/// line, as a comment, in `defaults`.
void note_left_out(const Table& config, TomlBlock& defaults, Complaints& notes);

}  // namespace pia::dsl::internal
