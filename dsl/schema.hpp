// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace pia::dsl {

/// JSON schema (draft 7) of a job file, made from the table that binds its keys: what editors complete and
/// underline. Two spaces of indent.
std::string job_schema();

/// The same table for people, and how values are written: dsl/REFERENCE.md.
std::string reference_page();

}  // namespace pia::dsl
