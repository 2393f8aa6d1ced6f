// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dsl/training_file.hpp"
#include "dsl/training_json.hpp"
#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string kHead = "format = 1\nkind = \"train\"\n[train]\nmodel = \"tiny\"\nsteps = 100\n";

// Pictures "a.png" and "b.JPG" in /jobs/mine with captions; others, and what is no picture, around them.
MapCatalog files() {
  MapCatalog catalog = job_files();
  return catalog.image("/jobs/mine/b.JPG", {64, 64})
      .image("/jobs/mine/a.png", {64, 48})
      .file("/jobs/mine/a.txt", "\xEF\xBB\xBF  a dog,\r\n\ton a beach \n")
      .file("/jobs/mine/b.txt", "a \"dog\" asleep")
      .image("/jobs/mine/.hidden.png", {8, 8})
      .image("/jobs/mine/deeper/c.png", {8, 8})
      .image("/jobs/sorted/1_dog/c.png", {8, 8})
      .image("/jobs/bare/1.png", {8, 8})
      .image("/jobs/bare/2.png", {8, 8})
      .image("/jobs/bare/3.png", {8, 8})
      .file("/jobs/bare/2.txt", "told")
      .file("/jobs/texts/notes.txt", "no picture");
}

dsl::CompiledTraining compile_train(const std::string& keys, const MapCatalog& catalog = files()) {
  return dsl::compile_training(
      {.path = "/jobs/train.toml", .text = kHead + keys, .working_directory = "/jobs", .sets = {}, .out = ""},
      {}, catalog);
}

using pia::tests::said;
std::string said(const dsl::CompiledTraining& compiled) {
  std::string text;
  for (const dsl::Diagnostic& diagnostic : compiled.diagnostics) text += to_string(diagnostic) + "\n";
  return text;
}

dsl::PlannedTraining planned(const std::string& keys, const MapCatalog& catalog = files()) {
  const auto compiled = compile_train(keys, catalog);
  EXPECT_TRUE(compiled.planned.has_value()) << said(compiled);
  return compiled.planned.value_or(dsl::PlannedTraining{});
}

const std::string kMine = "[data]\npictures = \"mine\"\n";
const std::string kBare = "[data]\npictures = \"bare\"\n";

TEST(TrainingPictures, OfAFolderHaveTheTextsBesideThemAsCaptions) {
  const jobs::Training training = planned(kMine).training;
  EXPECT_THAT(training.data.pictures,
              ElementsAre(jobs::ListedPicture{"/jobs/mine/a.png", "a dog, on a beach"},
                          jobs::ListedPicture{"/jobs/mine/b.JPG", "a \"dog\" asleep"}));
  EXPECT_TRUE(training.data.styles.empty());
}

TEST(TrainingPictures, WithoutATextHaveTheCaptionOfAll) {
  EXPECT_THAT(planned(kBare + "caption = \" a photo of sks dog\"\n").training.data.pictures,
              ElementsAre(jobs::ListedPicture{"/jobs/bare/1.png", "a photo of sks dog"},
                          jobs::ListedPicture{"/jobs/bare/2.png", "told"},
                          jobs::ListedPicture{"/jobs/bare/3.png", "a photo of sks dog"}));
}

TEST(TrainingPictures, AreThoseOfAPatternOrOne) {
  const auto count = [](const std::string& pictures) {
    return planned("[data]\ncaption = \"dog\"\npictures = \"" + pictures + "\"\n")
        .training.data.pictures.size();
  };
  EXPECT_EQ(count("mine/*.png"), 1U);
  EXPECT_EQ(count("mine/*"), 2U);
  EXPECT_EQ(count("bare/[12].png"), 2U);
  EXPECT_EQ(count("bare/2.png"), 1U);
  EXPECT_EQ(count("sorted/*/*"), 1U);
}

TEST(TrainingPictures, OfAVaeNeedNoCaptionAndHaveNone) {
  const std::string vae = "network = \"vae\"\n";
  EXPECT_THAT(
      planned(vae + "[data]\npictures = \"bare\"\nwidth = 32\n").training.data.pictures,
      ElementsAre(jobs::ListedPicture{"/jobs/bare/1.png", ""}, jobs::ListedPicture{"/jobs/bare/2.png", ""},
                  jobs::ListedPicture{"/jobs/bare/3.png", ""}));
}

struct Wrong {
  std::string keys;  ///< after model and steps = 100 of [train]
  std::string sentence;
};

TEST(TrainingPictures, AreRefusedWithPlaceAndMend) {
  for (const auto& [keys, sentence] : std::vector<Wrong>{
           {"frames = 16\nmotion = \"pia.ckpt\"\n" + kMine,
            "9:12: error: pictures are stills: set frames = 1, not 16, and leave motion out, or give videos "
            "instead"},
           {kMine + "videos = \"clips.csv\"\nfolder = \"clips\"\n",
            "7:12: error: data.pictures and data.videos are both given; leave one out"},
           {kMine + "folder = \"mine\"\n",
            "8:10: error: folder is of videos, and data.pictures is given; leave one out"},
           {kMine + "stride = 2\n",
            "8:10: error: stride is of videos, and data.pictures is given; leave one out"},
           {kMine + "styles = [\"flat\"]\n",
            "8:10: error: styles are the toy world's, and data.pictures is given; leave one out"},
           {kMine + "condition_styles = [\"flat\"]\n",
            "8:20: error: condition_styles are the toy world's, and data.pictures is given; leave one out"},
           {"[data]\ncaption = \"a dog\"\n",
            "7:11: error: caption is of pictures, and none are given; add pictures = \"folder\" or leave it "
            "out"},
           {"network = \"vae\"\n" + kMine + "caption = \"a dog\"\n",
            "9:11: error: caption is of network = \"denoiser\", and this trains the VAE; leave it out"},
           {"[data]\npictures = \"none\"\n", "7:12: error: /jobs/none is not there; check the path"},
           {"[data]\npictures = \"none/*.png\"\n",
            "7:12: error: no picture (png, jpg, jpeg, webp, bmp, tif, tiff) matches \"/jobs/none/*.png\"; "
            "check "
            "the pattern"},
           {"[data]\npictures = \"texts\"\n",
            "7:12: error: /jobs/texts holds no picture (png, jpg, jpeg, webp, bmp, tif, tiff); put some in "
            "it, "
            "or name the folder that they are in"},
           {"[data]\npictures = \"sorted\"\n",
            "7:12: error: /jobs/sorted holds no picture (png, jpg, jpeg, webp, bmp, tif, tiff); those of its "
            "folders are \"/jobs/sorted/*/*\""},
           {"[data]\npictures = \"texts/notes.txt\"\n",
            "7:12: error: /jobs/texts/notes.txt is no picture by its name"},
           {kBare,
            "7:12: error: 2 of 3 pictures have no caption, the first of them /jobs/bare/1.png; write one "
            "into "
            "/jobs/bare/1.txt, or one for all that have none: add caption = \"a photo of ...\" to [data]"},
           {"[data]\npictures = \"bare/1.png\"\n", "7:12: error: 1 of 1 pictures has no caption"},
           {kMine + "width = 60\n", "8:9: error: width must be a multiple of 8"},
           {"[data]\nimages = \"mine\"\n", "did you mean \"pictures\"?"},
           {"[data]\ninstance_prompt = \"a dog\"\n", "did you mean \"caption\"?"}}) {
    const auto compiled = compile_train(keys);
    EXPECT_THAT(said(compiled), HasSubstr(sentence)) << keys;
    EXPECT_FALSE(compiled.planned.has_value()) << keys;
  }
}

TEST(TrainingPictures, WithTextsThatAreNoCaptionsAreRefused) {
  const auto refusal = [](const std::string& text) {
    return said(compile_train(kMine, files().file("/jobs/mine/b.txt", text)));
  };
  const std::string place = "train.toml:7:12: error: /jobs/mine/b.txt ";
  EXPECT_EQ(refusal("caf\xE9"), place + "is no text in UTF-8; save it as UTF-8\n");
  EXPECT_EQ(refusal(std::string("\xFF\xFE"
                                "d\0o\0g\0",
                                8)),
            place + "is no text in UTF-8; save it as UTF-8\n");
  EXPECT_EQ(refusal(std::string("d\0o\0g\0", 6)), place + "is no text in UTF-8; save it as UTF-8\n");
  for (const char* empty : {"", " \r\n", "\xEF\xBB\xBF"}) {
    EXPECT_EQ(refusal(empty), place +
                                  "is empty; write the picture's caption into it, or take it away and write "
                                  "data.caption\n");
  }
  EXPECT_EQ(refusal(std::string(65537, 'x')), place + "is larger than 64 KiB; write one caption into it\n");
  EXPECT_EQ(refusal(std::string(65536, 'x')), "");
  EXPECT_EQ(
      said(compile_train(kMine, files().file("/jobs/mine/a.txt", "").file("/jobs/mine/b.txt", ""))),
      "train.toml:7:12: error: /jobs/mine/a.txt is empty; write the picture's caption into it, or take it "
      "away and write data.caption (1 more of its captions can't be used)\n");
}

TEST(TrainingPictures, HaveCaptionsWithoutControlCharacters) {
  const auto found = planned(kMine, files().file("/jobs/mine/b.txt", "a\x1B[31m\x7F dog"));
  EXPECT_EQ(found.training.data.pictures[1].caption, "a [31m dog");
}

TEST(TrainingPictures, WhoseNamesAreNotUtf8AreRefused) {
  EXPECT_THAT(
      said(compile_train(kMine + "caption = \"dog\"\n", files().image("/jobs/mine/\xE9.png", {8, 8}))),
      HasSubstr("7:12: error: the name of the picture \"/jobs/mine/\xEF\xBF\xBD.png\" is not UTF-8; rename "
                "it"));
}

TEST(TrainingPicturesIdentity, HangsOnTheirBytesAndCaptions) {
  const auto identity = [](const MapCatalog& catalog) { return planned(kMine, catalog).identity; };
  const auto now = identity(files());
  EXPECT_NE(now, planned("").identity);
  EXPECT_NE(identity(files().file("/jobs/mine/b.txt", "another dog")), now);
  EXPECT_NE(identity(files().image("/jobs/mine/c.png", {8, 8}).file("/jobs/mine/c.txt", "a cat")), now);
  EXPECT_EQ(identity(files().file("/jobs/mine/notes.txt", "of no picture")), now);
  EXPECT_EQ(identity(files().file("/jobs/mine/b.txt", "a \"dog\" asleep\n")), now);
  const std::string vae = "network = \"vae\"\n" + kMine;
  EXPECT_EQ(planned(vae, files().file("/jobs/mine/b.txt", "another dog")).identity, planned(vae).identity);
}

TEST(TrainingPicturesJson, ComesBackAsItWas) {
  const auto before = planned("lora_rank = 2\n" + kMine);
  const std::string json = dsl::training_to_json(before);
  const auto read = dsl::training_from_json(json);
  ASSERT_TRUE(std::holds_alternative<dsl::PlannedTraining>(read)) << std::get<dsl::Trouble>(read).sentence;
  const auto& after = std::get<dsl::PlannedTraining>(read);
  EXPECT_EQ(after.training.data.pictures, before.training.data.pictures);
  EXPECT_EQ(dsl::training_to_json(after), json);
  EXPECT_EQ(jobs::sha256(dsl::training_recipe(after)), before.identity);
  EXPECT_THAT(dsl::training_recipe(before), Not(HasSubstr("/jobs/mine")));
  EXPECT_THAT(dsl::training_to_json(planned("")), Not(HasSubstr("pictures")))
      << "what has none reads as it always did";
}

}  // namespace
}  // namespace pia::tests
