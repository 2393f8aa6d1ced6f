// SPDX-License-Identifier: Apache-2.0
#include "farm/training/train_event.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "farm/training/loss_curve.hpp"

namespace pia::farm {
namespace {

constexpr std::array<std::string_view, 8> kWords = {"@started",  "@step",    "@checkpointed", "@notice",
                                                    "@finished", "@stopped", "@failed",       "@alive"};

std::string on_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

std::string event_line(const TrainEvent& event) {
  std::string line = std::string(kWords[static_cast<std::size_t>(event.kind)]) + "\t";
  if (event.kind == TrainEvent::Kind::failed) line += std::to_string(event.code) + "\t";
  const bool has_text = event.kind == TrainEvent::Kind::notice || event.kind == TrainEvent::Kind::failed;
  return has_text ? line + on_one_line(event.text) + "\n" : line + curve_line(event.report);
}

std::optional<TrainEvent> read_event(std::string_view line) {
  const auto tab = line.find('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  const auto word = std::find(kWords.begin(), kWords.end(), line.substr(0, tab));
  if (word == kWords.end()) return std::nullopt;
  TrainEvent event{.kind = static_cast<TrainEvent::Kind>(word - kWords.begin())};
  std::string_view rest = line.substr(tab + 1);
  if (event.kind == TrainEvent::Kind::failed) {
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), event.code);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (error != std::errc() || !rest.starts_with('\t')) return std::nullopt;
    event.text = rest.substr(1);
    return event;
  }
  if (event.kind == TrainEvent::Kind::notice) {
    event.text = rest;
    return event;
  }
  const auto report = read_curve_line(rest);
  if (!report) return std::nullopt;
  event.report = *report;
  return event;
}

}  // namespace pia::farm
