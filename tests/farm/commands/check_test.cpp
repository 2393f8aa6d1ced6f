// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderer/weights/config.hpp"
#include "renderer/weights/layout.hpp"
#include "tests/farm/commands/program.hpp"

namespace pia::farm {
namespace {

using testing::HasSubstr;
using tests::file_content;
using tests::Home;
using tests::write_file;

TEST(Check, BugCheckNamedOnlySomeOfManyTensorsAndLostWhatToDo) {
  const Home home;
  const std::string models = home.own_model();
  home.job("", models);
  write_file(models + "/model/unet/diffusion_pytorch_model.safetensors", tests::safetensors("other"));
  const std::string error = home.call({"check", "job.toml"}).err;
  const auto layout = renderer::unet_layout(
      renderer::parse_unet_config(file_content(models + "/model/unet/config.json"), "unet"));
  ASSERT_GT(layout.size(), 100U);
  for (const auto& tensor : layout) EXPECT_THAT(error, HasSubstr(": " + tensor.name + " ["));
  EXPECT_THAT(error, HasSubstr("fetch the model again, or one of Stable Diffusion 1.5's architecture"));
}

}  // namespace
}  // namespace pia::farm
