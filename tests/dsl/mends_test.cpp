// SPDX-License-Identifier: Apache-2.0
// What messages say to write instead: it must be possible where the user is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

std::string of_shot(const std::string& keys, const std::vector<std::string>& sets = {}) {
  return said(compile_text(with_defaults("[[shot]]\nimage = \"labrador.png\"\n" + keys), sets));
}

std::string of_grid(const std::string& keys) {
  return said(compile_text(with_defaults("[[grid]]\n" + keys)));
}

std::string of_override(const std::string& keys) {
  return of_shot("tags = [\"special\"]\n[[override]]\n" + keys);
}

TEST(Pairs, BugSeveralValuesWereSentToAGridThatTheyWereIn) {
  EXPECT_EQ(of_grid("pairs = [{ image = \"labrador.png\", seed = [11, 12] }]\n"),
            "job.toml:6:43: error: a pair takes one seed; write the pair once for each: "
            "{ image = \"labrador.png\", seed = 11 }, { image = \"labrador.png\", seed = 12 }\n");
  EXPECT_THAT(of_grid("pairs = [{ image = \"labrador.png\", steps = [1, 2, 3], prompt = \"" +
                      std::string(100, 'x') + "\" }]\n"),
              HasSubstr("once for each: { ..., steps = 1 }, { ..., steps = 2 }, ...\n"));
  EXPECT_THAT(of_grid("pairs = [{ image = \"labrador.png\", seed = \"1-3\" }]\n"),
              HasSubstr("once for each: { image = \"labrador.png\", seed = ... }, ...\n"));
  EXPECT_THAT(
      of_grid("pairs = [{ image = [\"labrador.png\", \"odd.png\"], seed = [1, 2] }]\n"),
      AllOf(HasSubstr("{ image = \"labrador.png\", seed = ... }, { image = \"odd.png\", seed = ... }"),
            HasSubstr("{ image = ..., seed = 1 }, { image = ..., seed = 2 }")));
  EXPECT_THAT(
      of_grid("image = \"labrador.png\"\naxes.seed = [1]\ninclude = [{ seed = 1, steps = [2, 3] }]\n"),
      HasSubstr("an entry of include takes one value of steps; write the entry once for each: "
                "{ seed = 1, steps = 2 }, { seed = 1, steps = 3 }\n"));
}

TEST(Seed, BugSeveralForSeveralPicturesWereOnlySentToAnAxis) {
  const std::string several = "axes.image = [\"labrador.png\", \"odd.png\"]\n";
  EXPECT_EQ(
      of_grid(several + "seed = [1, 2, 3]\n"),
      "job.toml:7:8: error: seed takes one value; for a clip of each write axes.seed = [1, 2, 3]; every "
      "picture then gets all 3; for one seed a picture write pairs = [{ image = \"...\", seed = 1 }, "
      "...]\n");
  EXPECT_THAT(of_grid("axes.image = \"keyframes/*\"\nseed = \"1-3\"\n"),
              HasSubstr("; every picture then gets all; for one seed a picture write pairs"));
  EXPECT_THAT(of_grid("pairs = [{ image = \"labrador.png\" }, { image = \"odd.png\" }]\nseed = [1, 2]\n"),
              EndsWith("; every pair then gets all 2; for one seed a pair write seed = 1 into each\n"));
  EXPECT_THAT(of_grid("image = \"labrador.png\"\nseed = [1, 2, 3]\n"), EndsWith("axes.seed = [1, 2, 3]\n"));
  EXPECT_THAT(of_grid(several + "steps = [1, 2, 3]\n"), EndsWith("axes.steps = [1, 2, 3]\n"));
  for (const char* axes : {"axes.image = []\n", "axes.image = 3\n", "axes = 3\n", "axes = []\n"}) {
    EXPECT_THAT(of_grid(std::string(axes) + "seed = [1, 2]\n"), HasSubstr("axes.seed = [1, 2]")) << axes;
  }
}

TEST(PeerHabits, BugStyleWasUnknownWithoutAMend) {
  const std::string mend =
      "in [[shot]]; another style than the picture's is written mode = \"style_transfer\"\n";
  EXPECT_THAT(of_shot("style = \"anime\"\n"), HasSubstr("unknown key \"style\" " + mend));
  EXPECT_THAT(of_grid("image = \"labrador.png\"\naxes.seed = [1]\naxes.style = [\"a\", \"b\"]\n"),
              HasSubstr("unknown axis \"style\"; another style than"));
}

TEST(Override, BugKeysOfItsOwnWereToldWithoutTheirPlaces) {
  const std::string needs = "error: an [[override]] needs match and set; write ";
  EXPECT_EQ(of_override("tags = \"special\"\nsteps = 6\n"),
            "job.toml:8:1: " + needs + "match = { tags = \"special\" } and set = { steps = 6 }\n");
  EXPECT_EQ(of_override("id = \"0123\"\ncfg_scale = 3\n"),
            "job.toml:8:1: " + needs + "match = { id = \"0123\" } and set = { guidance_scale = 3 }\n");
  EXPECT_THAT(of_override("steps = 6\nprompt = \"" + std::string(50, 'x') + "\"\n"),
              HasSubstr(needs + "match = { image = \"...\" } and set = { steps = 6, prompt = \"...\" }\n"));
  EXPECT_THAT(of_override("tags = \"special\"\n"),
              HasSubstr(needs + "match = { tags = \"special\" } and set = { steps = 30 }\n"));
  EXPECT_THAT(of_override("tags = \"special\"\nset = { steps = 6 }\n"),
              HasSubstr(needs + "match = { tags = \"special\" }\n"));
  EXPECT_THAT(of_override("style = \"x\"\nset = { steps = 6 }\n"),
              HasSubstr(needs + "match = { image = \"...\" }\n"));
  EXPECT_THAT(of_override("match = { id = \"0123\" }\nset = { steps = 6 }\nprompt = [\"a\", \"b\"]\n"),
              HasSubstr("put prompt = ... into its set\n"));
  EXPECT_THAT(of_override("match = { tags = \"special\" }\nstepz = 6\nsteps = 7\n"),
              HasSubstr(needs + "set = { steps = 6 }\n"));
}

TEST(Override, BugTagWasSaidToBeTagsWhichCantStandThere) {
  EXPECT_EQ(
      of_override("tag = \"special\"\nset = { steps = 6 }\n"),
      "job.toml:8:1: error: an [[override]] needs match and set; write match = { tags = \"special\" }\n");
  EXPECT_EQ(
      of_override("match = { image = \"labrador\" }\nset = { steps = 6 }\ntag = \"special\"\n"),
      "job.toml:11:1: error: unknown key \"tag\" in [[override]]; put tags = \"special\" into its match\n");
  EXPECT_THAT(of_override("match = { image = \"labrador\" }\nset = { steps = 6 }\nframes = 12\n"),
              HasSubstr("\"frames\" can't stand in [[override]] itself; put frames = 12 into its set\n"));
  EXPECT_THAT(of_override("match = { image = \"labrador\" }\nset = { steps = 6 }\nloop = true\n"),
              HasSubstr("unknown key \"loop\" in [[override]]; a clip that comes back"));
}

std::string of_exclude(const std::string& axis, const std::string& exclude) {
  return of_grid((axis.starts_with("axes.image") ? "" : "image = \"labrador.png\"\n") + axis +
                 "\nexclude = [{ " + exclude + " }]\n");
}

TEST(Exclude, BugAPartOfANameMatchedNothingAndWasNotToldWhy) {
  EXPECT_EQ(
      of_exclude("axes.image = [\"labrador.png\", \"keyframes/raiden.png\"]", "image = \"lab\""),
      "job.toml:7:12: warning: exclude #1 { image = \"lab\" } matches no combination: axes.image has no "
      "\"lab\"; it has \"labrador\", \"raiden\"; write \"lab*\" for a part of a name\n");
  EXPECT_THAT(of_exclude("axes.image = \"keyframes/*\"", "image = \"den\""),
              EndsWith("it has \"raiden\", \"yae\"; write \"*den\" for a part of a name\n"));
  EXPECT_THAT(of_exclude("axes.image = \"keyframes/*\"", "image = \"a\""),
              EndsWith("write \"*a*\" for a part of a name\n"));
  EXPECT_THAT(of_exclude("axes.image = [\"twin.png\", \"twin.jpg\"]", "image = \"cat\""),
              EndsWith("it has \"twin.png\", \"twin.jpg\"\n"))
      << "names that tell them apart";
}

TEST(Exclude, BugAPartOfAPromptMatchedNothingAndWasNotToldWhy) {
  const std::string axis =
      "axes.prompt = [\"a yellow circle that is jumping over a wide blue river\", \"ä\"]";
  EXPECT_THAT(
      of_exclude(axis, "prompt = \"jumping\""),
      EndsWith(": axes.prompt has no \"jumping\"; it has \"a yellow circle that is jumping over a w…\", "
               "\"ä\"; write \"*jumping*\" for a part of a prompt\n"));
  EXPECT_THAT(of_exclude(axis, "prompt = \"jump*up\""), EndsWith("\"ä\"\n")) << "a pattern is no part";
}

TEST(Exclude, ThatRemovesNothingListsAFewOfMany) {
  EXPECT_THAT(of_exclude("axes.steps = \"1-100\"", "steps = 101"),
              EndsWith(": axes.steps has no 101; it has 1, 2, 3, 4, 5 and 95 more\n"));
  EXPECT_THAT(of_exclude("axes.magnitude = [\"small\", \"large\"]", "magnitude = \"larg\""),
              EndsWith("; it has \"small\", \"large\"; did you mean \"large\"?\n"));
}

TEST(Samplers, BugAnotherWordWasQuotedThanWasWritten) {
  EXPECT_EQ(of_shot("sampler = \"Euler a\"\n"),
            "job.toml:7:11: error: sampler = \"Euler a\" can't be rendered yet; write \"ddim\"\n");
  EXPECT_THAT(of_shot("", {"sampler=DPM++ 2M"}),
              HasSubstr("error: sampler = \"DPM++ 2M\" can't be rendered"));
  EXPECT_THAT(of_shot("sampler = \"euler\"\n"), HasSubstr("sampler = \"euler\" can't be rendered"));
  EXPECT_THAT(of_grid("image = \"labrador.png\"\naxes.sampler = [\"Euler\", \"PLMS\"]\n"),
              AllOf(HasSubstr("sampler = \"Euler\" can't"), HasSubstr("sampler = \"PLMS\" can't")));
}

TEST(NegativePrompt, BugWithoutGuidanceItHadSilentlyNoEffect) {
  const std::string warning =
      "warning: negative_prompt has no effect with guidance_scale = 1: without guidance nothing is steered "
      "away from it\n";
  EXPECT_EQ(of_shot("guidance_scale = 1\nnegative_prompt = \"fog\"\n"), "job.toml:8:19: " + warning);
  const std::string two =
      "[defaults]\nmodel = \"tiny\"\nmotion = \"pia.ckpt\"\nguidance_scale = 1\nnegative_prompt = \"fog\"\n"
      "[[shot]]\nimage = \"labrador.png\"\n[[shot]]\nimage = \"odd.png\"\n";
  EXPECT_EQ(said(compile_text("format = 1\n" + two)), "job.toml:6:19: " + warning) << "once a place";
  EXPECT_EQ(said(compile_text("format = 1\n" + two + "guidance_scale = 7\n")), "") << "one shot is guided";
  EXPECT_THAT(of_shot("guidance_scale = 0.5\nnegative_prompt = { 0 = \"a\", 8 = \"b\" }\n"),
              HasSubstr("8:19: warning: negative_prompt has no effect with guidance_scale = 0.5: "));
  EXPECT_THAT(of_shot("guidance_scale = 1\n", {"negative_prompt=fog"}),
              HasSubstr("--set negative_prompt=fog: " + warning));
}

TEST(NegativePrompt, ThatIsNotWrittenOrOverruledIsNoMatter) {
  for (const char* keys : {"guidance_scale = 1\n", "guidance_scale = 1\nnegative_prompt = \"\"\n",
                           "guidance_scale = 1.5\nnegative_prompt = \"fog\"\n"}) {
    EXPECT_EQ(of_shot(keys), "") << keys;
  }
  EXPECT_EQ(of_shot("negative_prompt = \"fog\"\n", {"guidance_scale=1"}), "");
}

TEST(Hints, BugAQuestionStoodBeforeTheRestOfTheSentence) {
  for (const char* keys : {"context = { lenght = 8 }\n", "prompt = { hed = \"a\", 0 = \"b\" }\n",
                           "loras = [{ id = \"a\", wieght = 1 }]\n", "[output]\npath = \"{promt}\"\n"}) {
    EXPECT_THAT(of_shot(keys), AllOf(HasSubstr("; did you mean \""), Not(HasSubstr("?;")))) << keys;
  }
}

}  // namespace
}  // namespace pia::tests
