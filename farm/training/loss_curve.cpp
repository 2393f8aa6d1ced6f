// SPDX-License-Identifier: Apache-2.0
#include "farm/training/loss_curve.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace pia::farm {
namespace {

template <class T>
void add(std::string& text, T value, char end) {
  std::array<char, 64> digits{};
  text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
  text += end;
}

template <class T>
bool take(std::string_view& line, T& value) {
  const char* const end = line.data() + line.size();
  const auto [behind, error] = std::from_chars(line.data(), end, value);
  if (error != std::errc() || (behind != end && *behind != '\t')) return false;
  line = behind == end ? std::string_view() : line.substr(static_cast<std::size_t>(behind - line.data()) + 1);
  return true;
}

}  // namespace

std::string curve_line(const renderer::StepReport& report) {
  std::string line;
  add(line, report.step, '\t');
  add(line, report.loss, '\t');
  add(line, report.gradient_norm, '\t');
  add(line, report.learning_rate, '\n');
  return line;
}

std::optional<renderer::StepReport> read_curve_line(std::string_view line) {
  renderer::StepReport report;
  const bool good = take(line, report.step) && take(line, report.loss) && take(line, report.gradient_norm) &&
                    take(line, report.learning_rate) && line.empty();
  return good ? std::optional(report) : std::nullopt;
}

std::vector<renderer::StepReport> read_curve(std::string_view text) {
  std::vector<renderer::StepReport> curve;
  while (true) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return curve;
    if (const auto report = read_curve_line(text.substr(0, end))) curve.push_back(*report);
    text.remove_prefix(end + 1);
  }
}

}  // namespace pia::farm
