// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/core/digest.hpp"
#include "tests/dsl/annotated_picture.hpp"
#include "tests/farm/commands/program.hpp"

namespace pia::tests {
namespace {

using jobs::ExitCode;
using testing::HasSubstr;
using testing::Not;

/// A home with one of PIA's configs in it, of the shared model.
struct PiaHome : Home {
  PiaHome() {
    // job.toml names the shared model; the config's paths are links to it.
    const std::string job = file_content(folder / "job.toml");
    const std::size_t from = job.find("model = \"") + 9;
    const std::string model = job.substr(from, job.find('"', from) - from);
    std::filesystem::create_directory_symlink(model, folder / "model");
    std::filesystem::create_directory_symlink(model.substr(0, model.rfind('/')) + "/motion",
                                              folder / "motion");
    std::filesystem::create_directory(folder / "img");
    std::filesystem::copy(PIA_SOURCE "/jobs/images/quickstart.png", folder / "img/dog.png");
    write_file(
        folder / "dog.yaml",
        "prompts: [[a dog, a cat]]\nvalidation_data: {input_name: dog, validation_input_path: img}\n"
        "generate: {db_path: model, model_path: motion, global_seed: 7, use_lora: false, lora_path: x}\n");
  }
};

TEST(Import, AJobOfPiasConfigIsCheckedWithoutComplaint) {
  const PiaHome home;
  const Answer made = home.call({"import", "dog.yaml", "-o", "dog.toml"});
  EXPECT_TRUE(made.is(ExitCode::all_done)) << made.err;
  EXPECT_EQ(made.out, "");
  EXPECT_THAT(made.err, HasSubstr("dog.toml is written; next: pia-farm check dog.toml\n"));
  const Answer checked = home.call({"check", "dog.toml"});
  EXPECT_TRUE(checked.is(ExitCode::all_done)) << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("2 shots"));
  EXPECT_EQ(home.call({"import", "dog.yaml"}).out, file_content(home.folder / "dog.toml"));
}

TEST(Import, WritesOverAFileOnlyWhenTold) {
  const PiaHome home;
  const std::string before = file_content(home.folder / "job.toml");
  const Answer refused = home.call({"import", "dog.yaml", "--output", "job.toml"});
  EXPECT_TRUE(refused.is(ExitCode::bad_usage));
  EXPECT_THAT(refused.err, HasSubstr("job.toml is there already"));
  EXPECT_EQ(file_content(home.folder / "job.toml"), before);
  EXPECT_TRUE(home.call({"import", "dog.yaml", "-o", "job.toml", "--force"}).is(ExitCode::all_done));
  EXPECT_THAT(file_content(home.folder / "job.toml"), HasSubstr("a cat"));
}

TEST(Import, FindsTheModelOfAPictureByItsHash) {
  const Home home;
  std::filesystem::create_directories(home.folder / "models/sub");
  write_file(home.folder / "models/sub/renamed.safetensors", "these bytes");
  write_file(home.folder / "models/other.ckpt", "those bytes");
  const std::string hash = to_hex(jobs::sha256("these bytes")).substr(0, 10);
  std::filesystem::create_directory(home.folder / "pictures");
  write_file(home.folder / "pictures/a b.png",
             png_with("tEXt", std::string("parameters\0", 11) +
                                  "a dog\nSteps: 3, Seed: 4, Size: 64x64, Model hash: " + hash +
                                  ", Model: first-name"));
  write_file(home.folder / "pictures/plain.png", png_with("IDAT", ""));
  const Answer found = home.call({"import", "pictures", "--models", "models", "--motion", "pia.ckpt"});
  EXPECT_TRUE(found.is(ExitCode::all_done)) << found.err;
  EXPECT_THAT(found.out,
              HasSubstr("image = \"pictures/a b.png\"\nmodel = \"models/sub/renamed.safetensors\"\n"));
  EXPECT_THAT(found.err, HasSubstr("pictures/plain.png: warning: there are no settings"));
  const Answer missing = home.call({"import", "pictures/a b.png"});
  EXPECT_THAT(missing.out, HasSubstr("model = \"first-name.safetensors\""));
  EXPECT_THAT(missing.err, HasSubstr(hash + " was not looked for"));
}

TEST(Import, ARowThatMakesNoSenseIsToldAndTheRestIsWritten) {
  const Home home;
  write_file(home.folder / "night.csv", "image,steps,model\ndog.png,5,m\ndog.png,many,m\n");
  const Answer some = home.call({"import", "night.csv", "--motion", "pia.ckpt"});
  EXPECT_TRUE(some.is(ExitCode::some_failed));
  EXPECT_THAT(some.out, HasSubstr("steps = 5\n"));
  EXPECT_THAT(some.err, HasSubstr("night.csv:3:9: error: steps must be"));
}

TEST(Import, WhatIsNoneOfItsFormatsMakesNoFile) {
  const Home home;
  EXPECT_TRUE(home.call({"import", "gone.yaml"}).is(ExitCode::bad_input));
  EXPECT_TRUE(home.call({"import", "."}).is(ExitCode::bad_input));
  const Answer refused = home.call({"import", "job.toml", "-o", "new.toml"});
  EXPECT_TRUE(refused.is(ExitCode::bad_config)) << refused.code;
  EXPECT_THAT(refused.err, HasSubstr("job.toml:1:1: error: this is none of what import reads"));
  EXPECT_FALSE(std::filesystem::exists(home.folder / "new.toml"));
}

}  // namespace
}  // namespace pia::tests
