// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dsl/catalog.hpp"

namespace pia::dsl::internal {

/// Where a keyframe stands, as it was written: "16" (frame 16), "-1" (the last), "50%" and "0.5" (frame
/// round(share x (frames - 1)), halves up), "8:16" (constant on 8..15).
struct KeyframeName {
  enum class Kind { frame, share, range };
  Kind kind = Kind::frame;
  long frame = 0;  ///< for a range: its first
  long end = 0;    ///< of a range; its last frame is the one before
  double share = 0;
};

/// Nothing if `name` is none of these.
std::optional<KeyframeName> keyframe_name(const std::string& name);

/// The first and the last frame of a clip of `frames` that a keyframe is; Trouble if it is outside.
struct Span {
  int first = 0;
  int last = 0;
};
std::variant<Span, Trouble> span_of(const KeyframeName& name, int frames);

/// How a prompt moves between its keyframes.
struct Course {
  int frames = 0;
  double hold = 0;  ///< 0..1: share of each segment (whole frames, rounded down) that stays on its keyframe
  bool wraps = false;  ///< after the last keyframe it moves on to the first, which it reaches at `frames`
};

/// The prompt of one frame: keyframe number `from`, on its way to `to` by `weight` (0..1).
struct Blend {
  std::size_t from = 0;
  std::size_t to = 0;
  double weight = 0;
};

/// One a frame. `at`: the frames of the keyframes, ascending, not empty, each within the clip. Before the
/// first keyframe it stays on the first, or comes from the last if it wraps.
std::vector<Blend> blends(const std::vector<int>& at, const Course& course);

/// From the keyframe where a text begins to the one where the next begins.
struct Gap {
  int from = 0;
  int to = 0;  ///< the first keyframe again, where it goes round
  int frames = 0;
  bool operator==(const Gap&) const = default;
};

/// The gaps that are shorter than `least`, in the order of the clip. `texts`: by keyframe, not empty. Where a
/// text stays over several keyframes, it begins at the first of them.
std::vector<Gap> gaps_below(int least, const std::map<int, std::string>& texts, const Course& course);

}  // namespace pia::dsl::internal
