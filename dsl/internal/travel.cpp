// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/travel.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "dsl/internal/value.hpp"
#include "jobs/core/error.hpp"

namespace pia::dsl::internal {
namespace {

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<KeyframeName> share_name(std::string_view text, double whole) {
  const auto value = number<double>(text);
  if (!value || !(*value >= 0 && *value <= whole)) return std::nullopt;
  return KeyframeName{.kind = KeyframeName::Kind::share, .share = *value / whole};
}

std::string outside(long frame, int frames) {
  return "keyframe " + std::to_string(frame) + " is outside the " + std::to_string(frames) +
         " frames; they count from 0 to " + std::to_string(frames - 1) + ", or from -1 backwards";
}

}  // namespace

std::optional<KeyframeName> keyframe_name(const std::string& name) {
  const std::string_view text = name;
  if (text.ends_with('%')) return share_name(text.substr(0, text.size() - 1), 100);
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    const auto first = number<long>(text.substr(0, colon));
    const auto end = number<long>(text.substr(colon + 1));
    if (!first || !end) return std::nullopt;
    return KeyframeName{.kind = KeyframeName::Kind::range, .frame = *first, .end = *end};
  }
  if (const auto frame = number<long>(text)) return KeyframeName{.frame = *frame};
  return share_name(text, 1);
}

std::variant<Span, Trouble> span_of(const KeyframeName& name, int frames) {
  if (name.kind == KeyframeName::Kind::share) {
    const int frame = static_cast<int>(std::floor(name.share * (frames - 1) + 0.5));
    return Span{.first = frame, .last = frame};
  }
  const auto counted = [&](long frame) { return frame < 0 ? frame + frames : frame; };
  const long first = counted(name.frame);
  if (first < 0 || first >= frames) return Trouble{outside(name.frame, frames)};
  if (name.kind == KeyframeName::Kind::frame) {
    return Span{.first = static_cast<int>(first), .last = static_cast<int>(first)};
  }
  const long end = counted(name.end);
  if (end <= first || end > frames) {
    return Trouble{"keyframe " + in_quotes(std::to_string(name.frame) + ":" + std::to_string(name.end)) +
                   " is no range of the " + std::to_string(frames) +
                   " frames; its second number is the frame behind its last"};
  }
  return Span{.first = static_cast<int>(first), .last = static_cast<int>(end - 1)};
}

std::vector<Blend> blends(const std::vector<int>& at, const Course& course) {
  PIA_ASSERT(!at.empty() && std::ranges::is_sorted(at) && at.front() >= 0 && at.back() < course.frames);
  std::vector<Blend> all;
  for (int frame = 0; frame < course.frames; ++frame) {
    const auto next = std::ranges::upper_bound(at, frame);
    const bool before_first = next == at.begin();
    const bool behind_last = next == at.end();
    const std::size_t to = behind_last ? 0 : static_cast<std::size_t>(next - at.begin());
    const std::size_t from = before_first ? at.size() - 1 : static_cast<std::size_t>(next - at.begin()) - 1;
    if ((before_first || behind_last) && (!course.wraps || at.size() == 1)) {
      const std::size_t stays = before_first ? 0 : from;
      all.push_back({.from = stays, .to = stays});
      continue;
    }
    const int start = before_first ? at[from] - course.frames : at[from];
    const int end = behind_last ? at[to] + course.frames : at[to];
    const int held = start + static_cast<int>(course.hold * (end - start) + 1e-9);
    const double weight = frame <= held ? 0 : static_cast<double>(frame - held) / (end - held);
    all.push_back({.from = from, .to = weight > 0 ? to : from, .weight = weight});
  }
  return all;
}

std::vector<Gap> gaps_below(int least, const std::map<int, std::string>& texts, const Course& course) {
  PIA_ASSERT(!texts.empty());
  std::vector<int> starts;
  const std::string* shown = nullptr;
  for (const auto& [frame, text] : texts) {
    if (shown == nullptr || *shown != text) starts.push_back(frame);
    shown = &text;
  }
  const bool goes_round = course.wraps && starts.size() > 1;
  const bool is_one_text = goes_round && texts.rbegin()->second == texts.begin()->second;
  std::vector<Gap> gaps;
  const auto add = [&](const Gap& gap) {
    if (gap.frames < least) gaps.push_back(gap);
  };
  for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
    // The text that is there at the end and at the beginning began before the end.
    const bool began_before = i == 0 && is_one_text;
    const int from = began_before ? starts.back() : starts[i];
    const int start = began_before ? from - course.frames : from;
    add({.from = from, .to = starts[i + 1], .frames = starts[i + 1] - start});
  }
  if (goes_round && !is_one_text) {
    const int frames = starts.front() + course.frames - starts.back();
    add({.from = starts.back(), .to = starts.front(), .frames = frames});
  }
  return gaps;
}

}  // namespace pia::dsl::internal
