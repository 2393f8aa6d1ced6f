// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "jobs/core/error.hpp"
#include "renderer/samplers/ddim.hpp"

namespace pia::tests {
namespace {

nlohmann::json golden() {
  std::ifstream file(std::string(PIA_GOLDEN) + "/ddim.json");
  return nlohmann::json::parse(file);
}

at::Tensor one(double value) {
  return at::full({1}, value, at::kFloat);
}

void expect_near(float found, const nlohmann::json& expected, const std::string& what) {
  const float number = expected.get<float>();
  EXPECT_NEAR(found, number, 2e-7F * std::max(1.0F, std::abs(number))) << what;
}

TEST(Ddim, HasTheOriginalsTimestepsAndSteps) {
  for (const auto& [steps, rows] : golden().at("steps").items()) {
    const auto schedule = renderer::ddim_schedule(std::stoi(steps));
    ASSERT_EQ(schedule.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const renderer::DdimStep& step = schedule[i];
      const std::string what = steps + " steps, t = " + std::to_string(step.timestep);
      EXPECT_EQ(step.timestep, rows[i].at("t")) << what;
      const float sigma = renderer::ddim_sigma(step, 0.5);
      expect_near(renderer::ddim_advance(step, one(1), one(0.5)).item<float>(), rows[i].at("previous"), what);
      expect_near(sigma, rows[i].at("sigma_eta_half"), what);
      expect_near(
          renderer::ddim_advance(step, one(1), one(0.5), {.sigma = sigma, .values = one(0.25)}).item<float>(),
          rows[i].at("previous_eta_half"), what);
      expect_near(renderer::ddim_noised(step, one(1), one(0.5)).item<float>(), rows[i].at("start"), what);
    }
  }
}

TEST(Ddim, EndsWithAlphaOne) {
  EXPECT_EQ(renderer::ddim_schedule(25).back().alpha_previous, 1.0F);
  EXPECT_EQ(renderer::ddim_schedule(999).front().timestep, 999);
}

TEST(Ddim, RefusesStepCountsThatItHasNoScheduleFor) {
  for (const int steps : {-1, 0, 1000, 100000})
    EXPECT_THROW(renderer::ddim_schedule(steps), jobs::InputError);
}

}  // namespace
}  // namespace pia::tests
