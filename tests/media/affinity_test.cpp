// SPDX-License-Identifier: Apache-2.0
#include "farm/media/affinity.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "jobs/core/digest.hpp"
#include "tests/media/golden.hpp"

namespace pia::farm {
namespace {

struct Place {
  int frame = 0;
  int x = 0;
  int y = 0;
};

/// tests/reference/make_affinity_scores.py, clip_by_rule().
std::array<int, 3> colour_at(const std::string& name, const Place& at) {
  const auto [f, x, y] = at;
  if (name == "busy") {
    return {(x * x * 31 + y * 57 + f * 91) % 256, (x * 13 + y * y * 7 + f * 5) % 256, (x * y + f * 3) % 256};
  }
  const std::array<int, 3> ground = {40 + 5 * x, 30 + 6 * y, 90};
  if (name == "brighter") {
    return {std::min(ground[0] + 4 * f, 255), std::min(ground[1] + 4 * f, 255),
            std::min(ground[2] + 4 * f, 255)};
  }
  const bool inside = x >= 3 + f / 2 && x < 11 + f / 2 && y >= 5 && y < 13;
  return inside ? std::array<int, 3>{230, 60 + 10 * f, 40} : ground;
}

jobs::Clip clip_by_rule(const std::string& name) {
  jobs::Clip clip{16, 24, 20, {}};
  if (name == "brighter") clip.width = clip.height = 32;
  if (name == "busy") {
    clip.width = 17;
    clip.height = 23;
  }
  for (int f = 0; f < clip.frames; ++f) {
    for (int y = 0; y < clip.height; ++y) {
      for (int x = 0; x < clip.width; ++x) {
        for (const int channel : colour_at(name, {f, x, y})) {
          clip.rgb.push_back(static_cast<std::uint8_t>(channel));
        }
      }
    }
  }
  return clip;
}

TEST(OfficialAffinity, IsWhatTheOfficialCodeGives) {
  const auto golden =
      nlohmann::json::parse(tests::file_text(std::string(PIA_GOLDEN) + "/affinity_scores.json"));
  ASSERT_EQ(golden.size(), 6U);
  for (const auto& entry : golden) {
    const std::string name = entry["clip"];
    const int condition = entry["condition"];
    SCOPED_TRACE(name + " from " + std::to_string(condition));
    const jobs::Clip clip = clip_by_rule(name);
    ASSERT_EQ(jobs::to_hex(jobs::sha256(std::as_bytes(std::span(clip.rgb)))), entry["sha256"]);
    const auto scores = official_scores(clip, condition);
    const auto affinity = official_affinity(scores, condition);
    for (std::size_t f = 0; f < scores.size(); ++f) {
      EXPECT_NEAR(scores[f], double{entry["scores"][f]}, 1e-3) << f;
      EXPECT_NEAR(affinity[f], double{entry["affinity"][f]}, 1e-4) << f;
    }
  }
}

// The worked example of the released code's rule, run there.
TEST(OfficialAffinity, StopsAt95PercentOfThe97thPercentileAndStartsAtThe2nd) {
  const std::vector<double> scores = {0, 1, 5, 10, 20, 30, 40, 50, 60, .1, 1, 2, 3, 4, 5, 6};
  const std::vector<double> expected = {1,   .9670, .8695, .7674, .5675, .3912, .2185, .24,
                                        .24, .9634, .9631, .9618, .9490, .9333, .9178, .9024};
  const auto affinity = official_affinity(scores, 0);
  for (std::size_t f = 0; f < scores.size(); ++f) EXPECT_NEAR(affinity[f], expected[f], 6e-5) << f;
}

TEST(OfficialAffinity, CountsAnEdgeThatAppears255AndOneThatGoes1) {
  jobs::Clip clip{2, 16, 16, std::vector<std::uint8_t>(std::size_t{2} * 16 * 16 * 3, 100)};
  for (std::size_t i = clip.frame_bytes(); i < clip.rgb.size(); ++i) {
    if (i / 3 % 16 >= 8) clip.rgb[i] = 250;
  }
  // Half of the pixels are 150 brighter; the rest of the score is the edge's.
  const double brightness = 75.0 / 4;
  const double appeared = official_scores(clip, 0)[1] - brightness;
  const double gone = official_scores(clip, 1)[0] - brightness;
  EXPECT_GT(gone, 0);
  EXPECT_NEAR(appeared, 255 * gone, 1e-6);
}

TEST(OfficialAffinity, BeyondFifteenFramesIsThatOfFifteen) {
  const auto affinity = official_affinity(std::vector<double>(20, 10), 0);
  EXPECT_EQ(affinity[19], affinity[15]);
}

}  // namespace
}  // namespace pia::farm
