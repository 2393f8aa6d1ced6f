// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/measured.hpp"

#include <gtest/gtest.h>

#include <span>

#include "dsl/plan_json.hpp"
#include "farm/shot_work.hpp"
#include "storage/journal.hpp"
#include "tests/support/memory_file_ops.hpp"
#include "tests/support/shot_builder.hpp"

namespace pia::farm {
namespace {

using tests::MemoryFileOps;
using tests::ShotBuilder;

jobs::Plan plan_in(const std::string& out, int steps) {
  jobs::Plan plan;
  plan.job_name = "job";
  plan.job_file = "/job.toml";
  plan.out = out;
  plan.shots = {ShotBuilder{}.steps(steps).planned()};
  plan.shots[0].image_id = plan.shots[0].model_id = "x";
  plan.counts.shots = 1;
  return plan;
}

/// A run that took `seconds` for its one shot.
void add_run(MemoryFileOps& files, const jobs::Plan& plan, const std::string& device, double seconds) {
  const std::string text = dsl::plan_to_json(plan);
  files.make_folders(plan.out);
  storage::replace_file(files, plan.out + "/plan.json", std::as_bytes(std::span(text)), "e1");
  storage::Journal journal(files, plan.out, 1, 1);
  journal.append(storage::RecordType::run_started, payload_of(RunStarted{.device = device, .build = "x"}));
  journal.append(storage::RecordType::shot_committed, payload_of_commit(plan.shots[0].id, 9, seconds));
  journal.commit();
}

TEST(MeasuredPace, ComesFromTheRunDirectoryThenFromThoseBesideIt) {
  MemoryFileOps files;
  const jobs::Plan now = plan_in("/renders/now", 8);
  EXPECT_FALSE(measured_pace(files, now, "cpu").has_value());
  const jobs::Plan other = plan_in("/renders/other", 4);
  add_run(files, other, "cpu", 2);
  const auto beside = measured_pace(files, now, "cpu");
  ASSERT_TRUE(beside.has_value());
  EXPECT_EQ(beside->shots, 1);
  EXPECT_DOUBLE_EQ(beside->seconds_a_cost, 2 / work_of(other.shots[0]).cost);
  add_run(files, now, "cpu", 12);
  EXPECT_DOUBLE_EQ(measured_pace(files, now, "cpu")->seconds_a_cost, 12 / work_of(now.shots[0]).cost);
}

TEST(MeasuredPace, IsNoneOfAnotherDeviceARehearsalOrOtherMotionWeights) {
  MemoryFileOps files;
  const jobs::Plan now = plan_in("/renders/now", 8);
  add_run(files, plan_in("/renders/gpu", 4), "cuda", 2);
  add_run(files, plan_in("/renders/fake", 4), "fake", 2);
  jobs::Plan other = plan_in("/renders/other", 4);
  other.shots[0].shot.motion.digest = jobs::sha256("larger");
  other.shots[0].id = jobs::shot_id(other.shots[0].shot);
  add_run(files, other, "cpu", 2);
  EXPECT_FALSE(measured_pace(files, now, "cpu").has_value());
  EXPECT_TRUE(measured_pace(files, now, "cuda").has_value());
}

}  // namespace
}  // namespace pia::farm
