// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/farm/commands/program.hpp"

namespace pia::tests {
namespace {

using jobs::ExitCode;
using testing::HasSubstr;
using testing::Not;

TEST(Slips, BugASlipOnTheCommandLineWasCountedAsTheFiles) {
  const Home home;
  const Answer set = home.call({"check", "job.toml", "--set", "stpes=3"});
  EXPECT_TRUE(set.is(ExitCode::bad_usage));
  EXPECT_THAT(set.err, HasSubstr("the command has 1 error; mend it and run again"));
  const Answer only = home.call({"plan", "job.toml", "--only", "imaage=x"});
  EXPECT_TRUE(only.is(ExitCode::bad_usage));
  EXPECT_THAT(only.err, HasSubstr("the command has 1 error"));
}

TEST(Slips, BugAnEmptyOutWasTakenAsNotGiven) {
  const Home home;
  const Answer answer = home.rehearse({"job.toml", "--out", ""});
  EXPECT_TRUE(answer.is(ExitCode::bad_usage));
  EXPECT_THAT(answer.err, HasSubstr("--out: needs a value"));
  EXPECT_FALSE(std::filesystem::exists(home.folder / "renders"));
}

TEST(Slips, BugAFileAsRunDirectoryWasToBeTriedForEver) {
  const Home home;
  const auto expect_refusal = [](const Answer& answer, const std::string& why) {
    EXPECT_TRUE(answer.is(ExitCode::bad_config)) << answer.code << answer.err;
    EXPECT_THAT(answer.err, HasSubstr(why));
    EXPECT_THAT(answer.err, HasSubstr("; give another folder with --out or [job] out\n"));
    EXPECT_THAT(answer.err, Not(HasSubstr("run the same command again")));
  };
  const auto refused = [&](const std::string& out, const std::string& why) {
    expect_refusal(home.rehearse({"job.toml", "--out", out}), why);
    expect_refusal(home.call({"train", PIA_SOURCE "/jobs/train_quick.toml", "--out", out}), why);
  };
  const std::string file = home.folder / "dog.png";
  std::filesystem::create_symlink("nowhere", home.folder / "link");
  refused("link", " is not a folder");
  refused("dog.png", file + " can't be a run directory: " + file + " is not a folder");
  refused("dog.png/a/b", file + "/a/b can't be a run directory: " + file + " is not a folder");
  refused("/proc/x", "/proc/x can't be a run directory: no folder can be made in /proc (");
}

TEST(Slips, BugPlanDiffKeptQuietAboutVideosThatARunMakesAnew) {
  const Home home;
  home.rehearse({"job.toml"});
  const Answer diff = home.call({"plan", "job.toml", "--diff", "--set", "fps=12"});
  EXPECT_EQ(diff.out, "unchanged   2 shots\n  new videos of 2 shots, without rendering: fps 8 -> 12\n");
  home.rehearse({"job.toml", "--set", "fps=12"});
  EXPECT_EQ(home.call({"plan", "job.toml", "--diff", "--set", "fps=12"}).out, "unchanged   2 shots\n");
}

TEST(Slips, BugVideosWithOtherLabelsWereSaidToBeMissing) {
  const Home home;
  home.rehearse({"job.toml"});
  const std::string model = home.own_model();
  home.job("", model);
  const std::string unchanged = "unchanged   2 shots\n";
  EXPECT_EQ(home.call({"plan", "job.toml", "--diff"}).out, unchanged) << "the same model under the same name";
  std::filesystem::rename(model + "/model", model + "/renamed");
  const std::string text = file_content(home.folder / "job.toml");
  const std::size_t at = text.find(model + "/model") + model.size() + 1;
  write_file(home.folder / "job.toml", text.substr(0, at) + "renamed" + text.substr(at + 5));
  EXPECT_EQ(home.call({"plan", "job.toml", "--diff"}).out,
            unchanged + "  new videos of 2 shots, without rendering: other labels: model\n");
  home.rehearse({"job.toml"});
  std::filesystem::remove_all(home.folder / "renders/small/videos");
  EXPECT_EQ(home.call({"plan", "job.toml", "--diff"}).out,
            unchanged + "  new videos of 2 shots, without rendering: they are missing\n");
}

TEST(Slips, BugAShotsNameWasToBeReadFromJson) {
  const Home home;
  const Answer missing = home.call({"render", "job.toml"});
  EXPECT_TRUE(missing.is(ExitCode::bad_usage));
  EXPECT_THAT(missing.err, HasSubstr("pia-farm plan JOB --list lists them"));
  const Answer unknown = home.call({"render", "job.toml", "--shot", "three"});
  EXPECT_TRUE(unknown.is(ExitCode::bad_usage));
  EXPECT_THAT(unknown.err, HasSubstr("(pia-farm plan JOB --list lists them)"));
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
  return times;
}

TEST(Slips, BugACommandThatReadsAJobTwiceComplainedTwice) {
  const Home home;
  home.job("[[shot]]\nname = \"close\"\nprompt = { 0 = \"a\", 1 = \"b\" }\n");
  home.rehearse({"job.toml"});
  const std::string warning = "too close to be seen";
  for (const char* verb : {"check", "plan", "gc"}) {
    EXPECT_EQ(count(home.call({verb, "job.toml"}).err, warning), 1U) << verb;
  }
  std::filesystem::remove_all(home.folder / "renders");
  home.job("[[shot]]\nstpes = 3\n");
  for (const char* verb : {"encode", "gallery", "gc", "status"}) {
    const Answer answer = home.call({verb, "job.toml"});
    EXPECT_TRUE(answer.is(ExitCode::bad_config)) << verb << answer.err;
    EXPECT_EQ(count(answer.err, "unknown key \"stpes\""), 1U) << verb << answer.err;
  }
}

TEST(Slips, BugWithItsStreamsClosedItPrintedIntoTheJournal) {
  const Home home;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "pia-farmd";
  const std::string line = "cd '" + home.folder.path() + "' && XDG_CACHE_HOME='" + (home.folder / "cache") +
                           "' '" + program + "' job.toml --renderer fake --step-seconds 0 <&- >&- 2>&-";
  EXPECT_EQ(std::system(line.c_str()), 0);
  const Answer answer = home.call({"verify", "job.toml"});
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.out << answer.err;
}

TEST(Slips, BugTwoJobFilesOfOneNameSharedARunDirectory) {
  const Home home;
  EXPECT_TRUE(home.rehearse({"job.toml"}).is(ExitCode::all_done));
  const auto before = contents(home.folder / "renders");
  std::filesystem::create_directory(home.folder / "other");
  std::filesystem::copy_file(home.folder / "job.toml", home.folder / "other/job.toml");
  std::filesystem::copy_file(home.folder / "dog.png", home.folder / "other/dog.png");
  for (const char* verb : {"run", "status", "gc", "verify"}) {
    const Answer answer = home.call({verb, "other/job.toml"});
    EXPECT_TRUE(answer.is(ExitCode::bad_config)) << verb;
    EXPECT_THAT(answer.err, HasSubstr("renders/small holds the job " + std::string(home.folder / "job.toml") +
                                      ", which is called the same; give this one a [job] name of its own, or "
                                      "another folder with --out or [job] out\n"));
  }
  EXPECT_EQ(contents(home.folder / "renders"), before);
  EXPECT_TRUE(home.rehearse({"other/job.toml", "--out", "renders/small"}).is(ExitCode::all_done));
}

TEST(Slips, ACopiedFolderGoesOnFromItsOwnClips) {
  const Home home;
  std::filesystem::create_directories(home.folder / "first");
  for (const char* name : {"job.toml", "dog.png"}) {
    std::filesystem::copy_file(home.folder / name, home.folder / ("first/" + std::string(name)));
  }
  EXPECT_TRUE(home.rehearse({"first/job.toml", "--out", "first/renders/small"}).is(ExitCode::all_done));
  std::filesystem::copy(home.folder / "first/renders", home.folder / "renders",
                        std::filesystem::copy_options::recursive);
  const Answer copied = home.rehearse({"job.toml"});
  EXPECT_TRUE(copied.is(ExitCode::all_done)) << copied.err;
}

TEST(Slips, AMovedJobFileKeepsItsRunDirectory) {
  const Home home;
  home.rehearse({"job.toml"});
  std::filesystem::create_directory(home.folder / "other");
  std::filesystem::rename(home.folder / "job.toml", home.folder / "other/job.toml");
  std::filesystem::rename(home.folder / "dog.png", home.folder / "other/dog.png");
  const Answer again = home.rehearse({"other/job.toml"});
  EXPECT_TRUE(again.is(ExitCode::all_done));
  EXPECT_THAT(again.out, HasSubstr("all rendered before"));
}

TEST(Slips, BugStatusKnewNothingOfAChangedJobFile) {
  const Home home;
  home.rehearse({"job.toml"});
  EXPECT_THAT(home.call({"status", "job.toml"}).out, Not(HasSubstr("other shots")));
  home.job("[[shot]]\nname = \"three\"\nprompt = \"a bird\"\n");
  EXPECT_THAT(home.call({"status", "job.toml"}).out,
              HasSubstr("job.toml asks for other shots than the last run: 1 new, 0 no longer wanted (plan "
                        "--diff lists them)\n"));
  const Answer why = home.call({"status", "job.toml", "--why", "three"});
  EXPECT_TRUE(why.is(ExitCode::bad_usage));
  EXPECT_THAT(why.err, HasSubstr("\"three\" is new in job.toml since the last run; the next one renders it"));
  EXPECT_THAT(home.call({"status", "job.toml", "--why", "four"}).err, HasSubstr("the job has no shot"));
}

TEST(Slips, BugAJobThatWasNotRunHereWasToldToBeNoRunDirectory) {
  const Home home;
  const Answer answer = home.call({"status", "job.toml"});
  EXPECT_TRUE(answer.is(ExitCode::bad_usage));
  EXPECT_THAT(answer.err, HasSubstr("/renders/small is not there: the job was not run yet, or from another "
                                    "folder; run it, go there, or give its --out\n"));
}

TEST(Slips, BugAShotByItsWordsInAnotherOrderWasNotGuessed) {
  const Home home;
  home.job("[[grid]]\nname = \"xy\"\naxes.prompt = [\"a dog\", \"a dog, barking\"]\naxes.seed = [1, 2]\n");
  const auto refused = [&](const std::string& word) {
    return home.call({"plan", "job.toml", "--explain", word}).err;
  };
  EXPECT_THAT(refused("s2-barking"),
              HasSubstr("; did you mean \"dog-model-small-a-dog-barking-s2\"? Give a name"));
  EXPECT_THAT(refused("barking"), HasSubstr("\"? Give a name, or at least 4 first digits of an id"));
  EXPECT_THAT(refused("tow"), HasSubstr("the job has no shot \"tow\"; did you mean \"two\"? Give a name"));
  EXPECT_THAT(refused("elephant"), HasSubstr("the job has no shot \"elephant\"; give a name"));
}

}  // namespace
}  // namespace pia::tests
