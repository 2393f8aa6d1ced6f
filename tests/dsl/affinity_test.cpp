// SPDX-License-Identifier: Apache-2.0
#include "dsl/affinity.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace pia::dsl {
namespace {

using jobs::Magnitude;
using jobs::Mode;
using List = std::vector<double>;

TEST(Affinity, EveryListThatTheOriginalsGiveIsGivenHere) {
  std::ifstream file(PIA_GOLDEN "/affinity.json");
  int compared = 0;
  for (const auto& entry : nlohmann::json::parse(file)) {
    if (!entry["product_follows"].get<bool>()) continue;
    const auto mode = jobs::from_word<Mode>(entry["mode"].get<std::string>());
    const auto magnitude = jobs::from_word<Magnitude>(entry["magnitude"].get<std::string>());
    EXPECT_EQ(preset_affinity(*mode, *magnitude, entry["frames"], entry["condition_frame"]),
              entry["affinity"].get<List>())
        << entry.dump();
    ++compared;
  }
  EXPECT_GE(compared, 200);
}

TEST(Affinity, StyleWordsMeanTheSameInBothReferences) {
  EXPECT_EQ(preset_affinity(Mode::style_transfer, Magnitude::large, 4, 0), (List{0.5, 0.2, 0.2, 0.2}));
  EXPECT_EQ(preset_affinity(Mode::style_transfer, Magnitude::small, 6, 0),
            (List{0.5, 0.4, 0.4, 0.4, 0.35, 0.3}));
}

TEST(Affinity, ALoopOfAnyOtherLengthStartsAndEndsAtOneAndIsSymmetric) {
  for (const Magnitude magnitude : {Magnitude::small, Magnitude::moderate, Magnitude::large}) {
    for (const int frames : {1, 2, 3, 8, 12, 15, 17, 24, 25, 32, 48}) {
      const List loop = preset_affinity(Mode::loop, magnitude, frames, 0);
      ASSERT_EQ(loop.size(), static_cast<std::size_t>(frames));
      EXPECT_EQ(loop.front(), 1.0);
      EXPECT_EQ(loop, List(loop.rbegin(), loop.rend()));
    }
  }
}

TEST(Affinity, ALongLoopDescendsAsTheReleasedOneAndStaysInTheMiddle) {
  EXPECT_EQ(preset_affinity(Mode::loop, Magnitude::large, 12, 0),
            (List{1.0, 0.8, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.8, 1.0}));
  const List loop = preset_affinity(Mode::loop, Magnitude::large, 24, 0);
  EXPECT_EQ(List(loop.begin(), loop.begin() + 9), (List{1.0, 0.8, 0.7, 0.7, 0.7, 0.7, 0.6, 0.5, 0.5}));
  EXPECT_EQ(loop[12], 0.5);
}

TEST(Affinity, ALoopAroundAMiddleFrameIsOneThereAndEqualAtBothEnds) {
  const List loop = preset_affinity(Mode::loop, Magnitude::moderate, 24, 7);
  EXPECT_EQ(loop[7], 1.0);
  EXPECT_EQ(loop.front(), loop.back());
}

TEST(Affinity, AConditionFrameInTheMiddleIsTheCentreOfSymmetry) {
  const List values = preset_affinity(Mode::animate, Magnitude::large, 16, 7);
  EXPECT_EQ(values[7], 1.0);
  for (std::size_t d = 1; d <= 7; ++d) EXPECT_EQ(values[7 - d], values[7 + d]);
}

TEST(Affinity, AListRepeatsItsLastValueAndIgnoresWhatIsTooFar) {
  EXPECT_EQ(listed_affinity({1.0, 0.9, 0.7}, 5, 1), (List{0.9, 1.0, 0.9, 0.7, 0.7}));
  EXPECT_EQ(listed_affinity({1.0, 0.9, 0.7}, 2, 0), (List{1.0, 0.9}));
  EXPECT_EQ(listed_affinity({0.4}, 3, 2), (List{0.4, 0.4, 0.4}));
}

TEST(Affinity, ALineReachesItsEndAtTheFarthestFrame) {
  EXPECT_EQ(linear_affinity(1.0, 0.5, 6, 0), (List{1.0, 0.9, 0.8, 0.7, 0.6, 0.5}));
  EXPECT_EQ(linear_affinity(1.0, 0.5, 4, 2), (List{0.5, 0.75, 1.0, 0.75}));
  EXPECT_EQ(linear_affinity(1.0, 0.6, 1, 0), (List{1.0}));
}

}  // namespace
}  // namespace pia::dsl
