// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <ctime>
#include <thread>

#include "farm/training/train_silence.hpp"
#include "tests/farm/commands/predecessor.hpp"
#include "tests/support/wait_until.hpp"

namespace pia::tests {
namespace {

using jobs::ExitCode;
using testing::HasSubstr;

// A training of a line by the fake trainer, as a user starts it.
class TrainVerb : public testing::Test {
 protected:
  TrainVerb() { write(""); }

  void write(const std::string& more, int steps = 30) const {
    write_file(home.folder / "line.toml", "format = 1\nkind = \"train\"\n[train]\nmodel = \"" +
                                              home.own_model_once() +
                                              "/model\"\nsteps = " + std::to_string(steps) +
                                              "\nbatch = 4\ncheckpoint_every = 5\n" + more);
  }
  std::vector<std::string> words(const std::string& step_seconds = "0") const {
    return {"train", "line.toml", "--trainer", "pia-train-fake", "--step-seconds", step_seconds};
  }
  Answer train() const { return home.call(words()); }
  std::string file(const std::string& name) const {
    return file_content(home.folder / "renders/line/" + name);
  }
  void wait_for_a_step() const {
    EXPECT_TRUE(tests::wait_until([this] { return !file("loss.tsv").empty(); }));
  }

  struct ModelHome : Home {
    std::string own_model_once() const {
      if (!std::filesystem::exists(folder / "models")) own_model();
      return folder / "models";
    }
  };
  ModelHome home;
};

TEST_F(TrainVerb, TrainsAndIsThenDone) {
  const Answer answer = train();
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.out << answer.err;
  EXPECT_THAT(answer.out,
              HasSubstr("the trained model is in " + home.folder.path() + "/renders/line/model\n"));
  EXPECT_EQ(file("model/training.toml"), file_content(home.folder / "line.toml"));
  EXPECT_THAT(file("report.txt"), HasSubstr("state       done"));
  EXPECT_THAT(file("report.html"), HasSubstr("<svg"));
  EXPECT_THAT(train().out, HasSubstr("nothing to do: the model is in "));
  EXPECT_THAT(home.call({"status", "line.toml"}).out, HasSubstr("30 of 30 told, 30 safe, 1 start"));
  EXPECT_THAT(home.call({"status", "renders/line", "--json"}).out, HasSubstr("\"done\":true"));
  EXPECT_THAT(home.call({"journal", "renders/line"}).out, HasSubstr("\"event\":\"training_checkpointed\""));
}

TEST_F(TrainVerb, ThatNeverSaysAWordIsGivenUp) {
  std::vector<std::string> call = words("600");
  call.insert(call.end(), {"--silence", "0.1"});
  const Answer answer = home.call(call);
  EXPECT_TRUE(answer.is(ExitCode::internal)) << answer.out << answer.err;
  EXPECT_THAT(
      answer.out,
      HasSubstr("gave up after 3 starts without a new checkpoint: nothing was heard of pia-train-fake"));
}

TEST(TrainSilence, IsLongerThanStepsTakeAndThanAPauseOfAll) {
  using std::chrono::seconds;
  farm::TrainSilence silence(seconds(10));
  scheduler::TimePoint now{0};
  const auto pass = [&](int time) {
    for (int i = 0; i < time; ++i) silence.listen(now += seconds(1));
  };
  silence.begin();
  pass(60);
  EXPECT_FALSE(silence.is_too_long()) << "it begins";
  pass(2);
  EXPECT_TRUE(silence.is_too_long());
  silence.heard_of_a_step();
  pass(3);
  silence.heard_of_a_step();
  pass(60);
  EXPECT_FALSE(silence.is_too_long()) << "a step took 3 s";
  pass(1);
  EXPECT_TRUE(silence.is_too_long());
  silence.heard();
  pass(9);
  silence.heard_of_a_step();
  EXPECT_EQ(silence.limit(), seconds(60)) << "what else was done is no step";
  silence.listen(now += seconds(1000));
  EXPECT_FALSE(silence.is_too_long()) << "who listens stood still with them";
}

TEST_F(TrainVerb, WaitsForWhoHasTheRunDirectory) {
  const Predecessor other(home);
  std::vector<std::string> call = words();
  call.insert(call.end(), {"--out", home.folder / "run", "--wait"});
  const Answer answer = home.call(call);
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.out << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("; waiting until it ends\n"));
}

TEST_F(TrainVerb, BugATrainingThatWaitedMissedWhatWasEditedMeanwhile) {
  std::vector<std::string> call = words();
  call.insert(call.end(), {"--out", home.folder / "run", "--wait"});
  EXPECT_TRUE(home.call(call).is(ExitCode::all_done));
  const Predecessor other(home, [this] { write("", 40); });
  const Answer answer = home.call(call);
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.out << answer.err;
  EXPECT_THAT(home.call({"status", home.folder / "run"}).out, HasSubstr("40 of 40 told"));
}

TEST_F(TrainVerb, BugATrainingThatWaitedTookADirectoryThatHadBecomeAnothers) {
  EXPECT_TRUE(home.call({"train", "line.toml", "--trainer", "pia-train-fake", "--set", "job.name=other"})
                  .is(ExitCode::all_done));
  const Predecessor other(home, [this] {
    std::filesystem::copy_file(home.folder / "renders/other/training.json",
                               home.folder / "run/training.json");
  });
  std::vector<std::string> call = words();
  call.insert(call.end(), {"--out", home.folder / "run", "--wait"});
  const Answer answer = home.call(call);
  EXPECT_TRUE(answer.is(ExitCode::bad_config)) << answer.out << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("belongs to the training \"other\""));
}

TEST_F(TrainVerb, BugATrainersHelpSpokeOfTheMainFunction) {
  const Answer help = home.call({"--help"}, "pia-train-fake");
  EXPECT_TRUE(help.is(ExitCode::all_done)) << help.err;
  EXPECT_THAT(help.out, HasSubstr("trains for pia-farmd; not meant to be started by hand"));
  const Answer bad = home.call({"--epochs", "1"}, "pia-train-fake");
  EXPECT_TRUE(bad.is(ExitCode::bad_usage));
  EXPECT_THAT(bad.err, HasSubstr("pia-train-fake: --"));
}

TEST_F(TrainVerb, CheckAndPlanSayWhatItComesTo) {
  EXPECT_THAT(home.call({"check", "line.toml"}).out, HasSubstr("checked: a training of 30 steps"));
  const Answer plan = home.call({"plan", "line.toml"});
  EXPECT_THAT(plan.out, HasSubstr("120 clips seen in all"));
  EXPECT_FALSE(std::filesystem::exists(home.folder / "renders"));
  write("stps = 3\n");
  const Answer wrong = home.call({"check", "line.toml"});
  EXPECT_TRUE(wrong.is(ExitCode::bad_config));
  EXPECT_THAT(wrong.err,
              HasSubstr("line.toml:8:1: error: unknown key \"stps\" in [train]; did you mean \"steps\"?"));
  EXPECT_THAT(home.call({"train", "job.toml"}).err,
              HasSubstr("job.toml is a job that renders; start it with"));
}

TEST_F(TrainVerb, AnotherTrainingInTheSameDirectoryIsRefused) {
  EXPECT_TRUE(train().is(ExitCode::all_done));
  write("[optimizer]\nlearning_rate = 0.5\n", 40);
  const Answer other = train();
  EXPECT_TRUE(other.is(ExitCode::bad_config)) << other.out;
  EXPECT_THAT(other.err,
              HasSubstr("holds checkpoints of another training:\n  optimizer.learning_rate: 0.5, and "));
  EXPECT_THAT(home.call({"status", "renders/line"}).out, HasSubstr("state       done"))
      << "what is kept stays the record of what was trained";
  EXPECT_THAT(home.call({"train", "line.toml", "--set", "job.name=new", "--out", "renders/line"}).err,
              HasSubstr("belongs to the training \"line\""));
}

TEST_F(TrainVerb, ItsOwnCheckpointsCountNotWhatIsWrittenBeside) {
  EXPECT_TRUE(train().is(ExitCode::all_done));
  const std::string path = home.folder / "renders/line/training.json";
  std::string json = file_content(path);
  const auto digit = json.find('"', json.find(':', json.find("\"identity\""))) + 1;
  json[digit] = json[digit] == '0' ? '1' : '0';
  std::ofstream(path) << json;
  std::filesystem::remove_all(home.folder / "renders/line/model");
  const Answer again = train();
  EXPECT_TRUE(again.is(ExitCode::all_done)) << again.out << again.err;
  EXPECT_THAT(again.out, HasSubstr("goes on from step 30"));
}

TEST_F(TrainVerb, ADamagedRecordIsWrittenAnew) {
  EXPECT_TRUE(train().is(ExitCode::all_done));
  std::ofstream(home.folder / "renders/line/training.json") << "{";
  EXPECT_TRUE(train().is(ExitCode::all_done));
  std::filesystem::remove_all(home.folder / "renders/line/model");
  EXPECT_TRUE(train().is(ExitCode::all_done));
  EXPECT_THAT(home.call({"status", "renders/line"}).out, HasSubstr("state       done"));
}

TEST_F(TrainVerb, FewerStepsThanWereTrainedAreRefused) {
  EXPECT_TRUE(train().is(ExitCode::all_done));
  const Answer shorter = home.call({"train", "line.toml", "--set", "steps=20"});
  EXPECT_TRUE(shorter.is(ExitCode::bad_config)) << shorter.out;
  EXPECT_THAT(shorter.err, HasSubstr("is at step 30 already, beyond steps = 20; give it that many"));
  EXPECT_THAT(home.call({"status", "renders/line"}).out, HasSubstr("30 of 30 told"));
}

TEST_F(TrainVerb, AnOutputThatIsSomebodyElsesIsRefusedBeforeAnyStep) {
  std::ofstream(home.folder / "mine.safetensors") << "precious";
  std::filesystem::create_directories(home.folder / "photos/2026");
  for (const std::string place : {"mine.safetensors", "photos"}) {
    const Answer answer = home.call({"train", "line.toml", "--set", "output.model=" + place});
    EXPECT_TRUE(answer.is(ExitCode::bad_config)) << answer.out;
    EXPECT_THAT(answer.err, HasSubstr(place + " is there"));
    EXPECT_FALSE(std::filesystem::exists(home.folder / "renders/line/loss.tsv"));
  }
  EXPECT_EQ(std::filesystem::file_size(home.folder / "mine.safetensors"), 8U);
}

TEST_F(TrainVerb, TheReportOfATrainingThatFailedSaysSo) {
  write("[optimizer]\nlearning_rate = 10\n");
  EXPECT_TRUE(train().is(ExitCode::bad_config));
  std::ostringstream report;
  report << std::ifstream(home.folder / "renders/line/report.txt").rdbuf();
  EXPECT_THAT(report.str(), HasSubstr("state       stopped: the loss of step"));
}

TEST_F(TrainVerb, WhatIsOfRendersAloneSaysSo) {
  EXPECT_TRUE(train().is(ExitCode::all_done));
  for (const char* verb : {"watch", "verify"}) {
    EXPECT_THAT(home.call({verb, "renders/line"}).err,
                HasSubstr("renders/line is of a training: status shows how far it is"))
        << verb;
  }
}

// Of a process that ends meanwhile there is nothing to read; an iterator over the file would throw.
std::string command_line(const std::filesystem::path& process) {
  std::ostringstream line;
  line << std::ifstream(process / "cmdline", std::ios::binary).rdbuf();
  return line.str();
}

// The pids of the programs called so that work in the folder `place`.
std::vector<pid_t> working(const std::string& program, const std::string& place) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string words = command_line(entry.path());
    const auto end = words.find('\0');
    const bool is_it = end != std::string::npos && words.substr(0, end).ends_with("/" + program);
    std::error_code error;
    const auto folder = std::filesystem::read_symlink(entry.path() / "cwd", error);
    if (is_it && folder == place) found.push_back(std::stoi(entry.path().filename().string()));
  }
  return found;
}

TEST_F(TrainVerb, KilledAtAnyMomentGoesOnBitByBit) {
  EXPECT_TRUE(train().is(ExitCode::all_done));
  const std::string curve = file("loss.tsv");
  const std::string model = file("model/line.txt");
  std::filesystem::remove_all(home.folder / "renders");
  int kills = 0;
  for (const char* victim : {"pia-farmd", "pia-train-fake", "pia-farmd", "pia-train-fake"}) {
    std::atomic<bool> over = false;
    std::thread run([&] {
      home.call(words("0.02"));
      over = true;
    });
    EXPECT_TRUE(tests::wait_until([&] { return over || !working(victim, home.folder.path()).empty(); }));
    // Wherever it is by then: before its first step, between checkpoints, in one.
    std::this_thread::sleep_for(std::chrono::milliseconds(70 * kills));
    for (const pid_t pid : working(victim, home.folder.path())) {
      kills += kill(pid, SIGKILL) == 0 ? 1 : 0;
    }
    run.join();
  }
  EXPECT_GT(kills, 0);
  EXPECT_TRUE(train().is(ExitCode::all_done));
  EXPECT_EQ(file("loss.tsv"), curve);
  EXPECT_EQ(file("model/line.txt"), model);
}

TEST_F(TrainVerb, ASignalKeepsACheckpointAndStops) {
  write("", 100000);
  Answer answer;
  std::thread run([&] { answer = home.call(words("0.01")); });
  wait_for_a_step();
  for (const pid_t pid : working("pia-farmd", home.folder.path())) kill(pid, SIGINT);
  run.join();
  EXPECT_TRUE(answer.is(ExitCode::run_again)) << answer.out << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("the same command goes on from step "));
  EXPECT_THAT(home.call({"status", "line.toml"}).out, HasSubstr("stopped; run the same command again"));
}

TEST_F(TrainVerb, BugAProcessThatHungWasNoticedByNobody) {
  write("", 60);
  Answer answer;
  std::vector<std::string> call = words("0.05");
  call.insert(call.end(), {"--silence", "2"});
  std::thread run([&] { answer = home.call(call); });
  wait_for_a_step();
  for (const pid_t pid : working("pia-train-fake", home.folder.path())) kill(pid, SIGSTOP);
  run.join();
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.out << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("nothing was heard of pia-train-fake for "));
  EXPECT_THAT(answer.out, HasSubstr("it starts again from its last checkpoint\n"));
}

// The batch process of a Slurm job of two nodes: scontrol tells of it and notes what is asked of it, srun
// starts one process instead of one a node.
class TrainInAJob : public TrainVerb {
 protected:
  TrainInAJob() {
    std::filesystem::create_directories(home.folder / "bin");
    program("scontrol", "[ $1 = requeue ] && echo $* >> " + (home.folder / "asked") + "\ncat " +
                            (home.folder / "job") + "\n");
    job_is("JobState=RUNNING EndTime=Unknown");
    program("srun", "echo $* >> " + (home.folder / "started") +
                        "\nwhile [ \"${1#--}\" != \"$1\" ]; do shift; done\n\"$@\" && exit\nexit 137\n");
    setenv("PATH", ((home.folder / "bin") + ":" + path_).c_str(), 1);
    setenv("SLURM_JOB_ID", "9", 1);
  }
  ~TrainInAJob() override {
    setenv("PATH", path_.c_str(), 1);
    for (const char* name : {"SLURM_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_NTASKS"}) unsetenv(name);
  }

  /// What becomes of a long training in which somebody signals all of these.
  Answer signalled(const std::string& victim, int signal) const {
    write("", 100000);
    Answer answer;
    std::thread run([&] { answer = home.call(words("0.01")); });
    wait_for_a_step();
    for (const pid_t pid : working(victim, home.folder.path())) kill(pid, signal);
    run.join();
    return answer;
  }
  void job_is(const std::string& facts) const {
    write_file(home.folder / "job", "JobId=9 " + facts + " Nodes=a,b CPU_IDs=0-1 Mem=0 GRES=\n");
  }
  std::string noted(const std::string& name) const { return file_content(home.folder / name); }
  void program(const std::string& name, const std::string& text) const {
    write_file(home.folder / "bin/" + name, "#!/bin/sh\n" + text);
    std::filesystem::permissions(home.folder / "bin/" + name, std::filesystem::perms::owner_all);
  }

 private:
  std::string path_ = getenv("PATH");
};

TEST_F(TrainInAJob, BugASrunThatStartedNothingWasTakenForATrainedModel) {
  program("srun", "[ -e " + (home.folder / "once") + " ] || exec touch " + (home.folder / "once") +
                      "\nwhile [ \"${1#--}\" != \"$1\" ]; do shift; done\nexec \"$@\"\n");
  const Answer answer = train();
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.out << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("exited with status 0 before the end; it starts again"));
  EXPECT_FALSE(file("model/training.json").empty());
}

// As often as slurmd may refuse after a node's death, which passes.
TEST_F(TrainInAJob, StartsThatSlurmRefusesCountForLess) {
  const std::string tries = home.folder / "tries";
  program("srun", "echo x >> " + tries + "\n[ $(wc -l < " + tries + ") -gt 3 ] || exit 1\n" +
                      "while [ \"${1#--}\" != \"$1\" ]; do shift; done\nexec \"$@\"\n");
  const Answer answer = train();
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.out << answer.err;
}

TEST_F(TrainInAJob, StartsAProcessOnEachOfItsNodes) {
  const Answer answer = train();
  EXPECT_TRUE(answer.is(ExitCode::all_done)) << answer.out << answer.err;
  EXPECT_THAT(noted("started"), HasSubstr("--ntasks=2 --nodelist=a,b"));
  EXPECT_THAT(noted("started"), HasSubstr("--kill-on-bad-exit=1"));
  EXPECT_THAT(noted("started"), HasSubstr("--ranks 2"));
  EXPECT_EQ(noted("asked"), "");
}

TEST_F(TrainInAJob, WarnedAsksToBeRunAgain) {
  const Answer answer = signalled("pia-farmd", SIGUSR1);
  EXPECT_TRUE(answer.is(ExitCode::run_again)) << answer.out << answer.err;
  EXPECT_EQ(noted("asked"), "requeue 9\n") << answer.out;
  EXPECT_THAT(home.call({"journal", "renders/line"}).out, HasSubstr("\"code\":75"));
}

TEST_F(TrainInAJob, BugOneThatMustNotComeBackWasAskedFor) {
  job_is("JobState=RUNNING Requeue=0 EndTime=Unknown");
  const Answer answer = signalled("pia-farmd", SIGUSR1);
  EXPECT_TRUE(answer.is(ExitCode::run_again)) << answer.out << answer.err;
  EXPECT_EQ(noted("asked"), "") << answer.out;
  EXPECT_THAT(answer.out, HasSubstr("submitted with --no-requeue"));
}

TEST_F(TrainInAJob, CancelledDoesNotComeBack) {
  job_is("JobState=CANCELLED EndTime=Unknown");
  const Answer answer = signalled("pia-farmd", SIGTERM);
  EXPECT_TRUE(answer.is(ExitCode::run_again)) << answer.out << answer.err;
  EXPECT_EQ(noted("asked"), "") << answer.out;
}

// Its end is near at once: the margin is ten seconds, the last moment eight.
TEST_F(TrainInAJob, WhoseTimeIsNearlyOverKeepsACheckpointAndAsksToBeRunAgain) {
  char end[32];
  const std::time_t then = std::time(nullptr) + 14;
  std::strftime(end, sizeof end, "%Y-%m-%dT%H:%M:%S", std::localtime(&then));
  job_is("JobState=RUNNING EndTime=" + std::string(end));
  write("", 100000);
  const Answer answer = home.call(words("0.01"));
  EXPECT_TRUE(answer.is(ExitCode::run_again)) << answer.out << answer.err;
  EXPECT_EQ(noted("asked"), "requeue 9\n") << answer.out;
}

TEST_F(TrainInAJob, BugOneWhoseTimeIsTooShortForACheckpointWasRunAgainForEver) {
  char end[32];
  const std::time_t then = std::time(nullptr) + 10;
  std::strftime(end, sizeof end, "%Y-%m-%dT%H:%M:%S", std::localtime(&then));
  job_is("JobState=RUNNING EndTime=" + std::string(end));
  const Answer answer = home.call(words("60"));
  EXPECT_TRUE(answer.is(ExitCode::run_again)) << answer.out << answer.err;
  EXPECT_EQ(noted("asked"), "") << answer.out;
  EXPECT_THAT(answer.out, HasSubstr("too short for a checkpoint, so it is not run again"));
}

TEST_F(TrainInAJob, BugTheCauseOfAFailureWasLostBehindSrunsExitCode) {
  write("[optimizer]\nlearning_rate = 10\n", 3000);
  const Answer answer = home.call(words("0"));
  EXPECT_TRUE(answer.is(ExitCode::bad_config)) << answer.out << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("is not a number: the training came apart"));
}

TEST_F(TrainInAJob, StoppedByHandDoesNotComeBack) {
  const Answer answer = signalled("pia-farmd", SIGINT);
  EXPECT_TRUE(answer.is(ExitCode::run_again)) << answer.out << answer.err;
  EXPECT_EQ(noted("asked"), "");
  EXPECT_THAT(answer.out, HasSubstr("stopped by hand"));
}

TEST_F(TrainInAJob, WhoseProcessesAloneAreToldAsksToBeRunAgain) {
  const Answer answer = signalled("pia-train-fake", SIGTERM);
  EXPECT_TRUE(answer.is(ExitCode::run_again)) << answer.out << answer.err;
  EXPECT_EQ(noted("asked"), "requeue 9\n") << answer.out;
}

TEST_F(TrainInAJob, BugAWarningDuringTheWaitEndedItForGood) {
  const Predecessor other(home, [this] {
    for (const pid_t pid : working("pia-farmd", home.folder.path())) kill(pid, SIGUSR1);
    EXPECT_TRUE(
        tests::wait_until([this] { return noted("stdout").find("to stop while") != std::string::npos; }));
  });
  std::vector<std::string> call = words();
  call.insert(call.end(), {"--out", home.folder / "run", "--wait"});
  const Answer answer = home.call(call);
  EXPECT_TRUE(answer.is(ExitCode::run_again)) << answer.out << answer.err;
  EXPECT_EQ(noted("asked"), "requeue 9\n") << answer.out;
}

TEST_F(TrainInAJob, RefusesWhatCanNotBeShared) {
  setenv("SLURM_NTASKS", "6", 1);
  const Answer more = train();
  EXPECT_TRUE(more.is(ExitCode::bad_usage)) << more.err;
  EXPECT_THAT(more.err, HasSubstr("this Slurm job starts 6 processes, and a batch of 4 "));
  setenv("SLURM_ARRAY_TASK_ID", "3", 1);
  EXPECT_THAT(train().err, HasSubstr("give one job more nodes instead: sbatch --nodes=4 "));
}

TEST_F(TrainVerb, UnderMpirunSaysHowToShareABatch) {
  for (const auto& [name, value] : {std::pair("OMPI_COMM_WORLD_RANK", "1"), {"OMPI_COMM_WORLD_SIZE", "2"}})
    setenv(name, value, 1);
  const Answer answer = train();
  unsetenv("OMPI_COMM_WORLD_RANK");
  unsetenv("OMPI_COMM_WORLD_SIZE");
  EXPECT_TRUE(answer.is(ExitCode::bad_usage)) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("train line.toml --workers 2"));
}

}  // namespace
}  // namespace pia::tests
