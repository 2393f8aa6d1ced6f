// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "renderer/training/trainer.hpp"

namespace pia::farm {

/// First line of loss.tsv, with its end.
inline constexpr std::string_view kCurveHead = "step\tloss\tgradient_norm\tlearning_rate\n";

/// One line of loss.tsv, with its end: numbers in the shortest form that reads back the same.
std::string curve_line(const renderer::StepReport& report);

/// The step of a line without its end; nothing if it is none.
std::optional<renderer::StepReport> read_curve_line(std::string_view line);

/// All lines of a loss.tsv that are whole, in order.
std::vector<renderer::StepReport> read_curve(std::string_view text);

}  // namespace pia::farm
