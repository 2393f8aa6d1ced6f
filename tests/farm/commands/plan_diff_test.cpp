// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/plan_diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/core/recipe.hpp"
#include "tests/support/shot_builder.hpp"

namespace pia::farm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using tests::ShotBuilder;

template <class Change>
jobs::PlannedShot shaped(const std::string& name, Change change) {
  jobs::PlannedShot planned = ShotBuilder{}.seed(1).planned(name);
  change(planned);
  planned.id = jobs::shot_id(planned.shot);
  planned.names = {planned.name};
  return planned;
}

jobs::PlannedShot shot(const std::string& name, std::uint64_t seed = 1) {
  return shaped(name, [&](jobs::PlannedShot& planned) { planned.shot.seed = seed; });
}

jobs::Plan plan_of(std::vector<jobs::PlannedShot> shots) {
  jobs::Plan plan;
  plan.shots = std::move(shots);
  return plan;
}

TEST(PlanDiff, OfEqualPlansIsNothingWhateverTheirOrder) {
  const PlanDiff diff =
      plan_diff(plan_of({shot("a", 1), shot("b", 2)}), plan_of({shot("b", 2), shot("renamed", 1)}));
  EXPECT_THAT(diff.changed, IsEmpty());
  EXPECT_THAT(diff.added, IsEmpty());
  EXPECT_THAT(diff.gone, IsEmpty());
  EXPECT_EQ(diff.same.size(), 2U);
}

TEST(PlanDiff, SaysWhatIsNewAndWhatIsGone) {
  const PlanDiff diff =
      plan_diff(plan_of({shot("a", 1), shot("b", 2)}), plan_of({shot("b", 2), shot("c", 3)}));
  EXPECT_THAT(diff.added, ElementsAre("c"));
  EXPECT_THAT(diff.gone, ElementsAre("a"));
}

TEST(PlanDiff, SaysWhichKeysOfAShotChanged) {
  const auto reason = [](auto change) {
    const PlanDiff diff = plan_diff(plan_of({shot("a")}), plan_of({shaped("a", change)}));
    return diff.changed.size() == 1 ? diff.changed.begin()->first : std::string();
  };
  EXPECT_EQ(reason([](jobs::PlannedShot& s) { s.shot.seed = 2; }), "seed \"1\" -> \"2\"");
  const std::string both = reason([](jobs::PlannedShot& s) {
    s.shot.guidance_scale = 3;
    s.shot.image = {"/other.png", jobs::sha256("other")};
  });
  EXPECT_THAT(both, testing::MatchesRegex("guidance_scale .* -> 3.0; image \".*\" -> \"/other.png\""));
  EXPECT_EQ(reason([](jobs::PlannedShot& s) { s.shot.model.digest = jobs::sha256("new"); }),
            "model: what is in its file changed");
  EXPECT_EQ(reason([](jobs::PlannedShot& s) {
              s.magnitude = jobs::Magnitude::large;
              s.shot.affinity[1] = 0.1;
            }),
            "magnitude \"small\" -> \"large\"");
  EXPECT_EQ(reason([](jobs::PlannedShot& s) { s.shot.affinity[1] = 0.1; }), "affinity changed");
}

TEST(PlanDiff, GroupsShotsByWhatChanged) {
  const auto faster = [](jobs::PlannedShot& s) { s.shot.guidance_scale = 1; };
  const auto plain = [](jobs::PlannedShot& s) { s.shot.guidance_scale = 2; };
  const PlanDiff diff =
      plan_diff(plan_of({shaped("a", plain)}), plan_of({shaped("a", faster), shot("b", 9)}));
  EXPECT_THAT(diff.changed, ElementsAre(Pair("guidance_scale 2.0 -> 1.0", ElementsAre("a"))));
}

TEST(PlanDiff, IsToldInAFewLines) {
  const jobs::PlannedShot done = shot("d", 4);
  const jobs::PlannedShot left = shot("l", 5);
  PlanDiff diff{.changed = {{"steps 1 -> 2", {"a", "b"}}},
                .added = {"n1", "n2", "n3", "n4", "n5", "n6"},
                .gone = {"g"},
                .same = {done.id, left.id}};
  EXPECT_EQ(diff_words(diff, {done.id}),
            "again       2 shots\n"
            "  a, b: steps 1 -> 2\n"
            "new         6 shots: n1, n2, n3, n4 and 2 more\n"
            "gone        1 shot: g\n"
            "unchanged   2 shots: 1 of which is not done yet\n");
  EXPECT_EQ(diff_words({.changed = {}, .added = {}, .gone = {}, .same = {}}, {}), "unchanged   0 shots\n");
}

}  // namespace
}  // namespace pia::farm
