// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "farm/commands/job.hpp"
#include "renderer/weights/config.hpp"
#include "renderer/weights/layout.hpp"
#include "renderer/weights/safetensors.hpp"
#include "tests/farm/commands/program.hpp"

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

// Adds tensors of two fp32 zeros to a file.
void add_tensors(const std::string& path, const std::vector<std::string>& names) {
  static constexpr std::array<std::byte, 8> kZeros{};
  std::vector<std::byte> bytes;
  {
    const renderer::SafetensorsFile file(path);
    auto tensors = file.tensors();
    for (const std::string& name : names) {
      tensors.push_back({.name = name, .type = renderer::WeightType::fp32, .shape = {2}, .bytes = kZeros});
    }
    bytes = renderer::safetensors_bytes(tensors);
  }
  write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

TEST(Check, BugTensorsThatAreNotUsedWereNamedToNobody) {
  const Home home;
  const std::string models = home.own_model();
  home.job("", models);
  add_tensors(models + "/model/text_encoder/model.safetensors", {"text_model.embeddings.position_ids"});
  EXPECT_EQ(home.call({"check", "job.toml"}).out,
            "note: models/model has 1 tensor that is not used: text_model.embeddings.position_ids\n"
            "checked: 2 shots, nothing to complain about\n");
  add_tensors(models + "/model/unet/diffusion_pytorch_model.safetensors",
              {"a.pos_embed.pe", "b.pos_embed.pe", "c.pos_embed.pe"});
  EXPECT_THAT(home.call({"check", "job.toml"}).out,
              HasSubstr("note: models/model has 4 tensors that are not used: a.pos_embed.pe, "
                        "b.pos_embed.pe, c.pos_embed.pe and 1 more\n"));
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
