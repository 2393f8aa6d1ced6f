// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "farm/commands/run_parts.hpp"
#include "renderer/weights/safetensors.hpp"
#include "storage/lease.hpp"
#include "tests/farm/commands/program.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using tests::Answer;
using tests::file_content;
using tests::Home;
using tests::write_file;
using Json = nlohmann::json;

std::string first_result(const Home& home) {
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(home.folder / "renders/small/shots")) {
    if (entry.path().extension() == ".h5") return entry.path();
  }
  return {};
}

TEST(Program, RendersAJobWithoutNamingTheVerb) {
  const Home home;
  const Answer answer = home.rehearse({"job.toml"});
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("2 clips of 2 in renders/small/videos: 2 rendered now"));
  EXPECT_THAT(answer.out, HasSubstr("This was a rehearsal"));
}

TEST(Program, DoesNothingTheSecondTimeAndOnlyWhatChangedTheThird) {
  Home home;
  home.rehearse({"job.toml"});
  EXPECT_THAT(home.rehearse({"job.toml"}).out,
              HasSubstr("2 clips of 2 in renders/small/videos: all rendered before"));
  home.job("[[shot]]\nname = \"three\"\nprompt = \"a cow\"\n");
  EXPECT_THAT(home.rehearse({"job.toml"}).out,
              HasSubstr("3 clips of 3 in renders/small/videos: 1 rendered now, 2 before"));
}

TEST(Program, TakesARunDirectoryForTheJobItCameFrom) {
  const Home home;
  home.rehearse({"job.toml", "--out", "there"});
  const Answer again = home.rehearse({"run", "there/"});
  EXPECT_TRUE(again.is(ExitCode::all_done)) << again.err;
  EXPECT_THAT(again.out, HasSubstr("2 clips of 2 in there/videos: all rendered before"));
}

TEST(Program, EndsWith3AndTheCommandThatRepeatsAShotThatFailed) {
  const Home home;
  const Answer answer = home.rehearse({"job.toml", "--set", "steps=2"}, "fail@1");
  EXPECT_TRUE(answer.is(ExitCode::some_failed)) << answer.err;
  const std::size_t at = answer.err.find("again: pia-farm render --shot ");
  ASSERT_NE(at, std::string::npos) << answer.err;
  EXPECT_THAT(answer.err.substr(at),
              HasSubstr(" --renderer fake:fail@1 --step-seconds 0 --set steps=2 job.toml\n"));
  const std::string id = answer.err.substr(at + 30, 12);
  const Answer repeated = home.rehearse({"render", "--shot", id, "--set", "steps=2", "job.toml"});
  EXPECT_TRUE(repeated.is(ExitCode::all_done)) << repeated.err;
  EXPECT_THAT(repeated.out, HasSubstr("1 clip of 1"));
}

/// The words of a command line as a shell would split them, without the program; nothing in it is quoted.
std::vector<std::string> words_after(const std::string& text, const std::string& lead) {
  const std::size_t at = text.find(lead);
  if (at == std::string::npos) return {};
  std::istringstream line(text.substr(at + lead.size(), text.find('\n', at) - at - lead.size()));
  return {std::istream_iterator<std::string>(line), {}};
}

TEST(Program, BugTheRepeatCommandForgotHowTheFakeRendererWasTold) {
  const Home home;
  const Answer failed = home.rehearse({"job.toml", "--workers", "2"}, "nan@2");
  ASSERT_TRUE(failed.is(ExitCode::some_failed)) << failed.err;
  const auto words = words_after(failed.err, "again: pia-farm ");
  ASSERT_FALSE(words.empty()) << failed.err;
  const Answer repeated = home.call(words);
  EXPECT_TRUE(repeated.is(ExitCode::some_failed)) << repeated.err;
  EXPECT_THAT(repeated.err, HasSubstr("3 failed: "));
  const Answer told = home.call(words_after(home.call({"status", "job.toml"}).out, "again: pia-farm "));
  EXPECT_TRUE(told.is(ExitCode::some_failed)) << told.err;
}

TEST(Program, BugAChangedModelWasRenderedFromAKeptPlan) {
  const Home home;
  const std::string model = home.own_model();
  home.job("", model);
  home.rehearse({"job.toml"}, "fail@1");
  const std::vector<std::string> words = {"render", "renders/small", "--shot", "one"};
  EXPECT_TRUE(home.rehearse(words).is(ExitCode::all_done));
  write_file(model + "/motion/config.json", file_content(model + "/motion/config.json") + "\n");
  const Answer answer = home.rehearse({"render", "renders/small", "--shot", "two"});
  EXPECT_TRUE(answer.is(ExitCode::bad_input)) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr(model + "/motion has changed since the job was planned"));
  EXPECT_TRUE(home.rehearse(words).is(ExitCode::all_done)) << "what is done needs no model";
}

TEST(Program, ShowsTheClipsInAGalleryThatTheRunWritesAndTheVerbWritesAnew) {
  const Home home;
  EXPECT_TRUE(home.call({"gallery", "job.toml"}).is(ExitCode::bad_input)) << "nothing was rendered yet";
  home.rehearse({"job.toml"});
  const std::string path = home.folder / "renders/small/gallery/index.html";
  EXPECT_THAT(file_content(path), HasSubstr("2 of 2 clips"));
  const Answer answer = home.call({"gallery", "job.toml", "--set", "output.gallery.cols=name"});
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.err;
  EXPECT_EQ(answer.out, path + "\n");
  EXPECT_THAT(file_content(path), HasSubstr("<th>name: one</th>"));
  EXPECT_TRUE(home.call({"gallery", "renders/small"}).is(ExitCode::all_done));
  EXPECT_THAT(file_content(path), HasSubstr("<th>prompt: a dog</th>"));
}

TEST(Program, BugVideosKeptAnEarlierSpeed) {
  const Home home;
  home.rehearse({"job.toml"});
  const auto videos = [&] { return tests::contents(home.folder / "renders/small/videos"); };
  const auto before = videos();
  const Answer faster = home.rehearse({"job.toml", "--set", "fps=12"});
  EXPECT_THAT(faster.out, HasSubstr("all rendered before"));
  EXPECT_NE(videos(), before);
  EXPECT_THAT(home.call({"encode", "job.toml"}).err, HasSubstr("2 videos made"));
  EXPECT_EQ(videos(), before);
}

TEST(Program, KeepsTheWholePlanWhenOneShotIsRendered) {
  const Home home;
  EXPECT_TRUE(home.rehearse({"render", "--shot", "two", "job.toml"}).is(ExitCode::all_done));
  const Json status = Json::parse(home.call({"status", "renders/small", "--json"}).out);
  EXPECT_EQ(status["counts"]["shots"], 2);
  EXPECT_EQ(status["counts"]["done"], 1);
  EXPECT_EQ(status["shots"][1]["state"], "done");
}

TEST(Program, BugARepeatOfOneShotMadeStatusForgetTheOtherFailures) {
  const Home home;
  ASSERT_TRUE(home.rehearse({"job.toml"}, "fail@1").is(ExitCode::some_failed));
  for (const std::vector<std::string>& again :
       {std::vector<std::string>{"render", "--shot", "one", "job.toml"},
        {"job.toml", "--only", "name=one"}}) {
    EXPECT_TRUE(home.rehearse(again).is(ExitCode::all_done));
    const Json status = Json::parse(home.call({"status", "job.toml", "--json"}).out);
    EXPECT_EQ(status["shots"][0]["state"], "done");
    EXPECT_EQ(status["shots"][1]["state"], "failed");
    EXPECT_THAT(status["shots"][1]["reason"].get<std::string>(), HasSubstr("fake script"));
    EXPECT_THAT(home.call({"status", "job.toml"}).out, HasSubstr("again: pia-farm render --shot "));
  }
}

TEST(RunFlags, BugAStoppedRunOfChosenShotsSaidToGoOnWithTheFirstAlone) {
  EXPECT_EQ(run_flags({.job = {.target = "job.toml", .only = {"name=*o*", "seed=1"}}, .workers = 3}),
            "--workers 3 --only 'name=*o*' --only seed=1 ");
}

TEST(Program, BugStatusNamedAProcess0ForADamagedLease) {
  const Home home;
  ASSERT_TRUE(home.rehearse({"job.toml"}).is(ExitCode::all_done));
  for (const auto& [file, bytes] : tests::contents(home.folder / "renders/small/lease")) {
    write_file(file, bytes.substr(0, bytes.size() / 2));
  }
  const Answer answer = home.call({"status", "job.toml"});
  EXPECT_THAT(answer.out, HasSubstr("its lease is damaged"));
  EXPECT_THAT(answer.out, Not(HasSubstr("process 0")));
}

TEST(Program, ListsEveryErrorOfAJobFileAndEndsWith65) {
  Home home;
  home.job("[[shot]]\nimage = \"cat.png\"\n[[shot]]\nmagnitued = \"large\"\n");
  const Answer answer = home.call({"check", "job.toml"});
  EXPECT_TRUE(answer.is(ExitCode::bad_config));
  EXPECT_THAT(answer.out, IsEmpty());
  EXPECT_THAT(answer.err, HasSubstr("job.toml:19:9: error: "));
  EXPECT_THAT(answer.err, HasSubstr("did you mean \"magnitude\"?"));
  EXPECT_THAT(answer.err, HasSubstr("job.toml has 2 errors; mend them and run again\n"));
}

TEST(Program, ChecksForEditorsInLinesOfJson) {
  Home home;
  home.job("[[shot]]\nmagnitued = \"large\"\n");
  const Answer answer = home.call({"check", "job.toml", "--json"});
  EXPECT_TRUE(answer.is(ExitCode::bad_config));
  EXPECT_THAT(answer.err, Not(HasSubstr("unknown key")));
  const Json line = Json::parse(answer.out);
  EXPECT_EQ(line["file"], "job.toml");
  EXPECT_EQ(line["line"], 19);
  EXPECT_EQ(line["suggestion"], "magnitude");
  home.job();
  EXPECT_EQ(home.call({"check", "job.toml", "--json"}).out, "");
}

TEST(Program, ChecksAGoodJobInOneLine) {
  const Home home;
  const Answer answer = home.call({"check", "job.toml"});
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.err;
  EXPECT_EQ(answer.out, "checked: 2 shots, nothing to complain about\n");
  EXPECT_THAT(answer.err, IsEmpty());
}

TEST(Program, PlansHowOftenAWorkerLoadsAModel) {
  const Home home;
  home.job("[[shot]]\nname = \"three\"\nmodel = \"" + home.own_model() + "/model\"\n");
  EXPECT_THAT(home.call({"plan", "job.toml"}).out,
              HasSubstr("; one worker loads weights 2 times, 1 switch\n"));
}

TEST(Program, PlansWithoutTouchingTheRunDirectory) {
  const Home home;
  const Answer text = home.call({"plan", "job.toml"});
  EXPECT_THAT(text.out, HasSubstr("to render           2   (done 0, duplicates 0)\n"));
  EXPECT_THAT(text.out, HasSubstr("6 denoising steps of 4 x 32x32, CFG on; on cpu\n"));
  const Json plan = Json::parse(home.call({"plan", "--json", "job.toml"}).out);
  EXPECT_EQ(plan["shots"].size(), 2U);
  EXPECT_EQ(plan["job"]["file"], home.folder / "job.toml");
  EXPECT_FALSE(std::filesystem::exists(home.folder / "renders"));
}

TEST(Program, SaysWhatARunWouldRenderAgainAndWhy) {
  Home home;
  EXPECT_THAT(home.call({"plan", "job.toml", "--diff"}).out, HasSubstr("no plan is kept in "));
  home.rehearse({"job.toml"});
  home.job(
      "[[shot]]\nname = \"three\"\nprompt = \"a cow\"\n[[override]]\nmatch = { name = \"one\" }\n"
      "set = { steps = 4 }\n");
  EXPECT_EQ(home.call({"plan", "job.toml", "--diff"}).out,
            "again       1 shot\n  one: steps 3 -> 4\nnew         1 shot: three\nunchanged   1 shot\n");
  EXPECT_TRUE(home.call({"plan", "job.toml", "--diff", "--json"}).is(ExitCode::bad_usage));
}

TEST(Program, KeepsADrawnSeedFromRunToRun) {
  Home home;
  home.job("[[shot]]\nname = \"three\"\nseed = -1\n");
  home.rehearse({"job.toml"});
  EXPECT_THAT(home.rehearse({"job.toml"}).out, HasSubstr("all rendered before"));
  const Json first = Json::parse(home.call({"plan", "job.toml", "--json"}).out);
  EXPECT_EQ(first["shots"], Json::parse(home.call({"plan", "renders/small", "--json"}).out)["shots"]);
}

TEST(Program, ExplainsWhereAValueCameFrom) {
  const Home home;
  const Answer answer = home.call({"plan", "job.toml", "--explain", "two", "--set", "fps=12"});
  EXPECT_THAT(answer.out, HasSubstr("steps            = 3   (job.toml:9:"));
  EXPECT_THAT(answer.out, HasSubstr("fps              = 12   (--set"));
  EXPECT_THAT(answer.out, HasSubstr("guidance_scale   = 7.5   (built in)"));
}

TEST(Program, RendersAndPlansOnlyTheShotsThatMatch) {
  const Home home;
  EXPECT_THAT(home.call({"plan", "job.toml", "--only", "name=t*"}).out,
              HasSubstr("2 combinations = 2 shots, of which --only keeps 1\n"));
  EXPECT_TRUE(home.rehearse({"job.toml", "--only", "name=t*"}).is(ExitCode::all_done));
  EXPECT_THAT(home.call({"status", "job.toml"}).out, HasSubstr("1 of 2 shots done, 1 left\n"));
  const Answer none = home.rehearse({"job.toml", "--only", "name=tow"});
  EXPECT_TRUE(none.is(ExitCode::bad_usage));
  EXPECT_THAT(none.err, HasSubstr("--only name=tow: error: no shot matches this; did you mean \"two\"?"));
}

TEST(Program, ADraftIsRenderedBesideTheRealThing) {
  Home home;
  home.job("steps = 30\n");
  const auto steps = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"plan", "--json", "job.toml"});
    return Json::parse(home.call(words).out)["shots"][1]["steps"].get<int>();
  };
  EXPECT_EQ(steps({}), 30);
  EXPECT_EQ(steps({"--draft"}), 8);
  EXPECT_TRUE(home.rehearse({"job.toml", "--draft"}).is(ExitCode::all_done));
  EXPECT_TRUE(std::filesystem::exists(home.folder / "renders/small/videos/draft"));
}

TEST(Program, TellsWhatGridsAndOverridesComeTo) {
  Home home;
  home.job(
      "[[grid]]\nname = \"g\"\naxes.seed = \"1-4\"\nexclude = [{ seed = 2 }]\n[[grid]]\naxes.steps = [1]\n"
      "[[override]]\nmatch = { steps = 1 }\nset = { fps = 4 }\n");
  const std::string text = home.call({"plan", "job.toml"}).out;
  EXPECT_THAT(text, HasSubstr("job \"small\"         7 combinations - 1 excluded = 6 shots\n"));
  EXPECT_THAT(text, HasSubstr("grid \"g\"            4 combinations - 1 excluded = 3 shots\n"));
  EXPECT_THAT(text, HasSubstr("override #1         changes 1 shot\n"));
}

TEST(Program, PlansWhatPromptsAreDrawnFrom) {
  Home home;
  EXPECT_THAT(home.call({"plan", "job.toml"}).out, Not(HasSubstr("drawn (")));
  home.job(
      "[[shot]]\nname = \"three\"\nprompt = \"a cow in {rain|snow}\"\n[[shot]]\nname = \"four\"\n"
      "prompt = \"a {red|blue} cow in {rain|snow}\"\n[[shot]]\nname = \"five\"\nprompt = \"a cow \\\\{\"\n");
  EXPECT_THAT(home.call({"plan", "job.toml"}).out,
              HasSubstr("; 2 templates drawn ({rain|snow}, {red|blue})\n"));
}

TEST(Program, ShowsThePlanOfWhatNothingRendersYet) {
  Home home;
  home.job("[[shot]]\nname = \"three\"\nprompt = \"a cow\"\nsampler = \"euler\"\n");
  const Answer plan = home.call({"plan", "job.toml"});
  EXPECT_TRUE(plan.is(ExitCode::bad_config));
  EXPECT_THAT(plan.err, HasSubstr("sampler = \"euler\" can't be rendered yet"));
  EXPECT_THAT(plan.out, HasSubstr("to render           3   (done 0"));
  EXPECT_TRUE(home.rehearse({"job.toml"}).is(ExitCode::bad_config));
}

TEST(Program, LaysLorasOnTheModelsThatTheyFit) {
  Home home;
  const std::string layer = "unet.mid_block.attentions.0.proj_in.lora_";
  constexpr std::int64_t kWidth = 128;  // of jobs/toy/model/unet/config.json, at its lowest level
  const std::vector<std::byte> zeros(static_cast<std::size_t>(kWidth) * sizeof(float));
  const std::vector<renderer::TensorView> tensors{
      {.name = layer + "A.weight", .shape = {1, kWidth, 1, 1}, .bytes = zeros},
      {.name = layer + "B.weight", .shape = {kWidth, 1, 1, 1}, .bytes = zeros}};
  const auto bytes = renderer::safetensors_bytes(tensors);
  write_file(home.folder / "ink.safetensors",
             std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  home.job("[[shot]]\nname = \"three\"\nprompt = \"a cow <lora:ink:0.8>\"\n");
  const Answer plan = home.call({"plan", "job.toml"});
  EXPECT_TRUE(plan.is(ExitCode::all_done)) << plan.err;
  EXPECT_THAT(plan.out, HasSubstr("loras: ink@0.8\n"));
  EXPECT_TRUE(home.rehearse({"job.toml"}).is(ExitCode::all_done));

  write_file(home.folder / "ink.safetensors", "x");
  const Answer broken = home.call({"check", "job.toml"});
  EXPECT_TRUE(broken.is(ExitCode::bad_config));
  EXPECT_THAT(broken.err, HasSubstr("job.toml:20:10: error: LoRA \"ink\" can't be laid on model"));
}

TEST(Program, ExtendsAnotherJobFileAndDrawsFromWildcards) {
  Home home;
  std::filesystem::create_directories(home.folder / "wildcards");
  write_file(home.folder / "wildcards/mood.txt", "calm\n");
  write_file(home.folder / "other.toml",
             "format = 1\nextends = \"job.toml\"\n[[shot]]\nname = \"three\"\nprompt = \"__mood__\"\n");
  const Json plan = Json::parse(home.call({"plan", "--json", "other.toml"}).out);
  ASSERT_EQ(plan["shots"].size(), 1U);
  EXPECT_EQ(plan["shots"][0]["prompt"]["0"], "calm");
}

TEST(Program, AStrictCheckTakesWarningsForErrors) {
  Home home;
  home.job("[[override]]\nmatch = { steps = 99 }\nset = { fps = 4 }\n");
  EXPECT_TRUE(home.call({"check", "job.toml"}).is(ExitCode::all_done));
  EXPECT_TRUE(home.call({"check", "--strict", "job.toml"}).is(ExitCode::bad_config));
}

TEST(Program, SaysWhatFailedAndWhatIsLeftFromTheRunDirectoryAlone) {
  const Home home;
  const std::string id = Json::parse(home.call({"plan", "--json", "job.toml"}).out)["shots"][0]["id"];
  home.rehearse({"job.toml"}, "fail@1/" + id.substr(0, 12));
  std::filesystem::remove(home.folder / "job.toml");
  const Answer answer = home.call({"status", "renders/small"});
  EXPECT_TRUE(answer.is(ExitCode::all_done));
  EXPECT_THAT(answer.out, HasSubstr("nobody is at work\n1 of 2 shots done, 1 failed, 0 left\n"));
  EXPECT_THAT(answer.out, HasSubstr("fails because the fake script says so"));
  EXPECT_THAT(answer.out,
              HasSubstr("again: pia-farm render --shot " + id.substr(0, 12) + " --renderer fake:fail@1/" +
                        id.substr(0, 12) + " --step-seconds 0 renders/small\n"));
  const Answer again = home.rehearse({"render", "renders/small", "--shot", id.substr(0, 12)});
  EXPECT_TRUE(again.is(ExitCode::all_done)) << again.err;
}

TEST(Program, FindsTheRunDirectoryOfAJobWhosePictureIsGone) {
  const Home home;
  home.rehearse({"job.toml"});
  std::filesystem::remove(home.folder / "dog.png");
  EXPECT_THAT(home.call({"status", "job.toml"}).out, HasSubstr("2 of 2 shots done"));
}

TEST(Program, EncodesMissingVideosAgain) {
  const Home home;
  home.rehearse({"job.toml"});
  std::filesystem::remove_all(home.folder / "renders/small/videos");
  const Answer answer = home.call({"encode", "job.toml"});
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("2 videos made"));
  EXPECT_THAT(home.call({"encode", "renders/small"}).err, HasSubstr("0 videos made, 2 shots had theirs"));
  EXPECT_THAT(home.call({"encode", "renders/small", "--all"}).err, HasSubstr("2 videos made\n"));
}

TEST(Program, BugEncodeWroteVideosBesideARunningJob) {
  const Home home;
  home.rehearse({"job.toml"});
  const auto files = storage::make_posix_file_ops();
  auto taken = storage::take_lease({.files = *files,
                                    .run_directory = home.folder / "renders/small",
                                    .self = storage::describe_self("another", "now")});
  ASSERT_TRUE(std::holds_alternative<storage::Lease>(taken));
  const Answer answer = home.call({"encode", "job.toml", "--all"});
  EXPECT_TRUE(answer.is(ExitCode::unavailable));
  EXPECT_THAT(answer.err, HasSubstr("is in use by process"));
}

TEST(Program, SweepsVideosThatAKilledRunHadBegun) {
  const Home home;
  home.rehearse({"job.toml"});
  const std::string leftover = home.folder / "renders/small/videos/dropped.webp.e1-video.tmp";
  std::ofstream(leftover) << "half";
  home.rehearse({"job.toml"});
  EXPECT_FALSE(std::filesystem::exists(leftover));
}

TEST(Program, VerifiesWhatIsKeptAndNamesWhatIsDamaged) {
  const Home home;
  home.rehearse({"job.toml"});
  EXPECT_TRUE(home.call({"verify", "job.toml"}).is(ExitCode::all_done));
  const std::string file = first_result(home);
  std::string bytes = file_content(file);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_file(file, bytes);
  const Answer answer = home.call({"verify", "job.toml"});
  EXPECT_TRUE(answer.is(ExitCode::some_failed));
  EXPECT_THAT(answer.out, HasSubstr("damaged: "));
  EXPECT_THAT(answer.out, HasSubstr(file));
}

TEST(Program, PrintsTheJournalAsOneObjectALine) {
  const Home home;
  home.rehearse({"job.toml"});
  const std::string out = home.call({"journal", "job.toml"}).out;
  const Json first = Json::parse(out.substr(0, out.find('\n')));
  EXPECT_EQ(first["event"], "run_started");
  EXPECT_EQ(first["device"], "fake");
  EXPECT_THAT(out, HasSubstr("\"event\":\"shot_committed\""));
}

TEST(Program, SpeaksJsonLinesOnStdoutAlone) {
  const Home home;
  const Answer answer = home.rehearse({"run", "job.toml", "--json"});
  std::istringstream lines(answer.out);
  int committed = 0;
  for (std::string line; std::getline(lines, line);) {
    committed += Json::parse(line)["event"] == "shot_committed" ? 1 : 0;
  }
  EXPECT_EQ(committed, 2);
  EXPECT_THAT(answer.err, IsEmpty());
}

TEST(Program, RefusesARehearsalInARealRunsDirectoryByName) {
  const Home home;
  home.rehearse({"job.toml"});
  const Answer answer = home.call({"job.toml", "--set", "seed=1"});
  EXPECT_TRUE(answer.is(ExitCode::bad_config));
  EXPECT_THAT(answer.err,
              HasSubstr("holds a rehearsal (--renderer=fake); give this run another folder with --out"));
}

TEST(Program, NamesAMissingJobFileAndAFolderThatIsNoRun) {
  const Home home;
  const Answer missing = home.call({"no/such.toml"});
  EXPECT_TRUE(missing.is(ExitCode::bad_config));
  EXPECT_EQ(missing.err, "pia-farm: error: no/such.toml is not there; check the path\n");
  EXPECT_EQ(home.call({"check", "jop.toml"}).err,
            "pia-farm: error: jop.toml is not there; check the path; did you mean \"job.toml\"?\n");
  const Answer folder = home.call({"status", "."});
  EXPECT_TRUE(folder.is(ExitCode::bad_usage));
  EXPECT_THAT(folder.err, HasSubstr("holds no plan.json"));
}

TEST(Program, ReadsTheSiteFileAndComplainsAboutIt) {
  const Home home;
  write_file(home.folder / "site.toml", "[worker]\nthread = 3\n");
  const Answer answer = home.call({"check", "job.toml", "--farm", "site.toml"});
  EXPECT_TRUE(answer.is(ExitCode::bad_config));
  EXPECT_THAT(answer.err, HasSubstr("site.toml:2:1: error: "));
  write_file(home.folder / "site.toml", "[worker]\ndevice = \"cuda\"\n");
  EXPECT_TRUE(home.call({"check", "job.toml", "--farm", "site.toml"}).is(ExitCode::unavailable));
  EXPECT_TRUE(home.call({"check", "job.toml", "--farm", "none.toml"}).is(ExitCode::bad_config));
}

TEST(Program, BugARenderersHelpSpokeOfTheMainFunction) {
  const Home home;
  const Answer help = home.call({"--help"}, "pia-render-fake");
  EXPECT_TRUE(help.is(ExitCode::all_done)) << help.err;
  EXPECT_THAT(help.out, HasSubstr("renders shots for pia-farmd; not meant to be started by hand"));
  EXPECT_THAT(help.out, HasSubstr("--run-directory"));
  EXPECT_THAT(help.err, IsEmpty());
  const Answer bad =
      home.call({"--run-directory", ".", "--parent", "1", "--threads", "0"}, "pia-render-fake");
  EXPECT_TRUE(bad.is(ExitCode::bad_usage));
  EXPECT_THAT(bad.err, HasSubstr("pia-render-fake: --threads: "));
}

TEST(Gc, ListsWhatIsNoLongerPlannedAndRemovesItWithYesOnly) {
  Home home;
  home.job("[[shot]]\nname = \"three\"\nprompt = \"a cow\"\n");
  home.rehearse({"job.toml"});
  write_file(home.folder / "renders/small/videos/my own.txt", "notes");
  EXPECT_THAT(home.call({"gc", "job.toml"}).out, HasSubstr("nothing there is unplanned"));
  home.job();
  EXPECT_THAT(home.call({"gc", "job.toml"}).out, HasSubstr("nothing there is unplanned"))
      << "what the last run was for is kept";
  home.rehearse({"job.toml"});
  std::filesystem::create_symlink(PIA_GOLDEN, home.folder / "renders/small/videos/elsewhere");
  const auto before = tests::contents(home.folder / "renders");
  const Answer list = home.call({"gc", "job.toml"});
  EXPECT_THAT(list.out, HasSubstr("results that are no longer planned\n  shots/"));
  EXPECT_THAT(list.out, HasSubstr("videos that are no longer planned\n  videos/three-"));
  EXPECT_THAT(list.out, HasSubstr("logs that are no longer planned\n  logs/"));
  EXPECT_THAT(list.out, HasSubstr("3 files, "));
  EXPECT_THAT(list.out, HasSubstr("; remove them with: pia-farm gc --yes job.toml"));
  EXPECT_EQ(tests::contents(home.folder / "renders"), before);
  const Answer removed = home.call({"gc", "--yes", "job.toml"});
  EXPECT_THAT(removed.out, HasSubstr("removed: 3 files, "));
  EXPECT_THAT(home.call({"gc", "renders/small"}).out, HasSubstr("nothing there is unplanned"));
  EXPECT_TRUE(home.call({"verify", "renders/small"}).is(ExitCode::all_done));
  EXPECT_THAT(home.rehearse({"job.toml"}).out,
              HasSubstr("2 clips of 2 in renders/small/videos: all rendered"));
  EXPECT_EQ(file_content(home.folder / "renders/small/videos/my own.txt"), "notes");
}

TEST(Gc, BugADraftMadeEverythingElseUnplanned) {
  const Home home;
  home.rehearse({"job.toml"});
  home.rehearse({"job.toml", "--draft"});
  EXPECT_THAT(home.call({"gc", "job.toml"}).out, HasSubstr("nothing there is unplanned"));
  EXPECT_THAT(home.call({"gc", "renders/small"}).out, HasSubstr("nothing there is unplanned"));
}

TEST(Gc, BugAPlanThatCannotBeReadMadeEverythingUnplanned) {
  const Home home;
  home.rehearse({"job.toml"});
  const auto before = tests::contents(home.folder / "renders/small/shots");
  write_file(home.folder / "renders/small/plan.json", "{}");
  EXPECT_FALSE(home.call({"gc", "--yes", "job.toml"}).is(ExitCode::all_done));
  EXPECT_EQ(tests::contents(home.folder / "renders/small/shots"), before);
}

TEST(Gc, RemovesNothingWhileARunIsAtWork) {
  const Home home;
  home.rehearse({"job.toml"});
  const auto files = storage::make_posix_file_ops();
  const auto held = storage::take_lease({.files = *files,
                                         .run_directory = home.folder / "renders/small",
                                         .self = storage::describe_self("me", "now")});
  ASSERT_TRUE(std::holds_alternative<storage::Lease>(held));
  const Answer answer = home.call({"gc", "--yes", "job.toml"});
  EXPECT_TRUE(answer.is(ExitCode::unavailable));
  EXPECT_THAT(answer.err, HasSubstr("is in use by process"));
}

TEST(Watch, OfARunThatIsOverTellsHowItWent) {
  const Home home;
  home.rehearse({"job.toml"});
  const Answer answer = home.call({"watch", "renders/small"});
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("one: started by worker 1"));
  EXPECT_THAT(answer.out, HasSubstr("2 clips of 2 in renders/small/videos: 2 rendered now"));
  home.rehearse({"job.toml", "--set", "seed=7"}, "nan@2");
  EXPECT_TRUE(home.call({"watch", "job.toml"}).is(ExitCode::some_failed));
}

TEST(Program, DrawsPicturesOfTheToyWorldWithTheirTruth) {
  const Home home;
  const Answer answer =
      home.call({"toy-pictures", "toys", "--count", "11", "--size", "32", "--style", "neon"});
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("toys: 11 pictures of the toy world"));
  const std::string toys = home.folder / "toys";
  const auto cases = Json::parse(file_content(toys + "/cases.json"));
  ASSERT_EQ(cases.size(), 11U);
  EXPECT_EQ(cases[10]["kind"], "right");
  EXPECT_EQ(cases[9]["style"], "neon");
  EXPECT_THAT(file_content(toys + "/010.png"), HasSubstr("IHDR"));
  EXPECT_THAT(file_content(toys + "/sheet.png"), HasSubstr("IHDR"));
}

TEST(Program, DrawsWholeClipsOfTheToyWorld) {
  const Home home;
  EXPECT_TRUE(
      home.call({"toy-pictures", "toys", "--count", "1", "--size", "16", "--clips"}).is(ExitCode::all_done));
  EXPECT_TRUE(std::filesystem::exists(home.folder / "toys/000/0015.png"));
}

TEST(Program, RefusesAStyleThatTheToyWorldDoesNotHave) {
  const Home home;
  const Answer answer = home.call({"toy-pictures", "toys", "--style", "cubist"});
  EXPECT_TRUE(answer.is(ExitCode::bad_usage));
  EXPECT_THAT(answer.err, HasSubstr("choose from flat, comic, pastel, neon"));
  EXPECT_TRUE(home.call({"toy-pictures", "toys", "--count", "0"}).is(ExitCode::bad_usage));
}

}  // namespace
}  // namespace pia::farm
