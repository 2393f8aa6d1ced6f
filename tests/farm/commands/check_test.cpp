// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "farm/commands/job.hpp"
#include "renderer/weights/config.hpp"
#include "renderer/weights/layout.hpp"
#include "renderer/weights/motion_file.hpp"
#include "renderer/weights/safetensors.hpp"
#include "tests/farm/commands/program.hpp"
#include "tests/renderer/weights/tiny_model.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;
using testing::HasSubstr;
using tests::Answer;
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

TEST(Check, BugTensorsThatAreNotUsedWereNamedToNobody) {
  const Home home;
  const std::string models = home.own_model();
  const std::string file = models + "/pia.safetensors";
  tests::EditableWeights weights =
      tests::EditableWeights::load(models + "/motion/diffusion_pytorch_model.safetensors")
          .rename(renderer::official_motion_name)
          .add("global_step", {}, renderer::WeightType::int64);
  weights.save(file);
  const std::vector<std::string> words = {"check", "job.toml", "--set", "motion=" + file};
  const Answer first = home.call(words);
  EXPECT_TRUE(first.is(ExitCode::all_done)) << first.err;
  EXPECT_THAT(first.out,
              HasSubstr("note: models/pia.safetensors has 1 tensor that is not used: global_step\n"));
  for (const char* name : {"conv_out.bias", "conv_out.weight", "epoch"}) weights.add(name, {1});
  weights.save(file);
  EXPECT_THAT(home.call(words).out, HasSubstr("has 4 tensors that are not used: "));
}

// A site file's [worker], and what check says to it.
Answer checked_with(const Home& home, const std::string& worker) {
  write_file(home.folder / "site.toml", "[worker]\n" + worker);
  return home.call({"check", "job.toml", "--farm", "site.toml"});
}

TEST(Check, BugHalfPrecisionOnACpuPassedTheCheckAndFailedEveryShot) {
  const Home home;
  const Answer asked = checked_with(home, "device = \"cpu\"\ndtype = \"bf16\"\n");
  EXPECT_TRUE(asked.is(ExitCode::unavailable));
  EXPECT_THAT(asked.err, HasSubstr("site.toml asks for dtype = \"bf16\" under [worker], which needs a GPU, "
                                   "but also for device = \"cpu\"; leave dtype out"));
  EXPECT_TRUE(checked_with(home, "device = \"cpu\"\ndtype = \"fp32\"\n").is(ExitCode::all_done));
  if (built_for_gpus()) return;
  const Answer found = checked_with(home, "dtype = \"fp16\"\n");
  EXPECT_TRUE(found.is(ExitCode::unavailable));
  EXPECT_THAT(found.err, HasSubstr("this build has no CUDA"));
}

}  // namespace
}  // namespace pia::farm
