// SPDX-License-Identifier: Apache-2.0
#include "dsl/plan_json.hpp"
#include "jobs/core/error.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/shot_builder.hpp"

namespace {

using namespace pia;

// What is read is whole: writing it and reading it again gives the same.
void eat(const std::string& input) {
  try {
    const jobs::Plan plan = dsl::plan_from_json(input);
    PIA_ASSERT(dsl::plan_from_json(dsl::plan_to_json(plan)) == plan);
  } catch (const jobs::InputError&) {
  }
  try {
    const jobs::PlannedShot shot = dsl::shot_from_json(input);
    PIA_ASSERT(dsl::shot_from_json(dsl::shot_to_json(shot)) == shot);
    PIA_ASSERT(jobs::shot_id(shot.shot) == shot.id);
  } catch (const jobs::InputError&) {
  }
}

}  // namespace

int main() {
  jobs::Plan plan;
  plan.job_name = "job";
  plan.shots = {tests::ShotBuilder{}.planned("one"), tests::ShotBuilder{}.seed(7).frames(2).planned("two")};
  plan.counts = {.combinations = 2, .shots = 2};
  return tests::fuzz(
      "plan", {dsl::plan_to_json(plan), dsl::shot_to_json(plan.shots[0]), "[[[[", "{\"format\": 1}"}, eat);
}
