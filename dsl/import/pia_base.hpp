// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "dsl/import/importers.hpp"

namespace pia::dsl::internal {

/// PIA's config with its `base` under it, as OmegaConf merges them: tables key by key, all else is replaced.
struct PiaConfig {
  Table merged;
  std::string root;  ///< the checkout, where its relative paths start
};

/// The base is looked for in the checkout, then beside the config; if it is nowhere, a note says so. Throws
/// NotImported for a base that can't be read.
PiaConfig read_pia(const Table& own, const Importing& importing);

/// nullptr if there is none, or it is null.
const Value* value_at(const Table& config, std::string_view section, std::string_view key);
/// Empty if there is none, or it is no text.
std::string text_at(const Table& config, std::string_view section, std::string_view key);

/// Tells what of the config itself was not carried over; what PIA reads and does nothing with is no loss.
void note_left_out(const Table& own, const PiaConfig& config, Complaints& notes);

}  // namespace pia::dsl::internal
