// SPDX-License-Identifier: Apache-2.0
// Something happens to one system call of a small job, then the job is run again: every_call PROGRAMS SHIM
// JOB SITE ALONE WORK CASES SEED [stalls]. ALONE holds the results of an undisturbed run, CASES of all cases
// are tried (0: all). With "stalls" they are calls that take $PIA_SHIM_SECONDS, of the coordinator and of the
// renderer, on one machine and with ranks that are lost after a tenth of that: nobody may be given up.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "jobs/core/error.hpp"
#include "storage/journal.hpp"
#include "storage/shot_store.hpp"

extern char** environ;

namespace {

using namespace pia;
namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{120};
constexpr int kAtATime = 3;
constexpr int kStallsAtATime = 5;  // they sleep
constexpr std::array<const char*, 2> kPrograms = {"pia-farmd", "pia-render-fake"};
constexpr std::array<const char*, 2> kProgramsOfRanks = {"pia-farm-rank", "pia-render-fake"};
constexpr const char* kStall = "stall";

struct Setting {
  std::string programs, shim, job, site, alone, work;
};

struct Case {
  std::string program;
  std::string fault;
  std::uint64_t at = 0;  ///< 0: nothing happens, the calls are counted
  enum class Farm { one_machine, ranks } farm = Farm::one_machine;
};

std::string words_of(const Case& one) {
  return one.program + " " + one.fault + " at call " + std::to_string(one.at) +
         (one.farm == Case::Farm::ranks ? " with ranks" : "");
}

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// Starts a program with these variables besides ours; its output goes to `log`. Returns waitpid's status;
/// nothing if it takes too long.
std::optional<int> run(std::vector<std::string> words, const std::vector<std::string>& variables,
                       const std::string& log) {
  std::vector<std::string> environment(variables);
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  const auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
  };
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, words[0].c_str(), &actions, nullptr, pointers(words).data(),
                                 pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return std::nullopt;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      return std::nullopt;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return status;
}

std::vector<std::string> command(const Setting& setting, const std::string& out, Case::Farm farm) {
  std::vector<std::string> words;
  if (farm == Case::Farm::ranks) words = {"mpirun", "--oversubscribe", "-n", "2"};
  const std::vector<std::string> same = {setting.programs + "/pia-farmd",
                                         setting.job,
                                         "--out",
                                         out,
                                         "--renderer=fake",
                                         "--step-seconds",
                                         "0",
                                         "--farm",
                                         setting.site};
  words.insert(words.end(), same.begin(), same.end());
  const char* seconds = std::getenv("PIA_SHIM_SECONDS");
  const double stall = seconds == nullptr ? 30 : std::atof(seconds);
  if (farm == Case::Farm::ranks) {
    words.insert(words.end(), {"--silence", std::to_string(stall / 10)});
  } else {
    words.insert(words.end(), {"--workers", "1"});
  }
  return words;
}

/// What is wrong with a run directory that should be as if nothing had happened; empty if nothing is.
std::string fault_in(const Setting& setting, const std::string& out) {
  const auto files = storage::make_posix_file_ops();
  const storage::ShotStore right(*files, setting.alone);
  const storage::ShotStore store(*files, out);
  if (right.ids().empty() || right.ids() != store.ids()) return "a shot is missing";
  for (const jobs::ShotId& id : right.ids()) {
    const auto one = right.load(id);
    const auto other = store.load(id);
    if (one->clip != other->clip || one->latents != other->latents) return "shot " + to_hex(id) + " differs";
  }
  std::map<std::string, int> commits;
  for (const storage::Record& record : storage::replay(*files, out).records) {
    if (record.type != storage::RecordType::shot_committed) continue;
    const auto shot = record.payload.find("\"shot\":\"");
    if (++commits[record.payload.substr(shot, 72)] > 1) return "a shot was committed twice";
  }
  if (commits.size() != right.ids().size()) return "a commit is not in the journal";
  for (const auto& entry : fs::recursive_directory_iterator(out)) {
    const std::string path = entry.path().string();
    const bool checkpoint = path.find("/checkpoints/") != std::string::npos && entry.is_regular_file();
    if (entry.path().extension() == ".tmp" || checkpoint) return path + " is left over";
  }
  for (const char* name : {"report.txt", "report.html", "status.tsv", "plan.json"}) {
    if (!fs::exists(out + "/" + name)) return std::string(name) + " is missing";
  }
  std::size_t videos = 0;
  for (const auto& entry : fs::recursive_directory_iterator(out + "/videos"))
    videos += entry.path().extension() == ".gif" ? 1 : 0;
  return videos == right.ids().size() ? "" : "a video is missing";
}

/// How a disturbed run may end: killed, as it was meant to be; all done; or not, with words on it.
std::string fault_in_end(const Case& one, std::optional<int> status, const std::string& log) {
  if (!status) return "it hangs";
  const bool kill_meant = one.program == kPrograms[0] && one.fault.substr(0, 4) == "kill";
  if (WIFSIGNALED(*status)) {
    return kill_meant && WTERMSIG(*status) == SIGKILL
               ? ""
               : "it died of signal " + std::to_string(WTERMSIG(*status));
  }
  const auto code = static_cast<jobs::ExitCode>(WEXITSTATUS(*status));
  const std::string said = text_of(log);
  const bool explained = said.find("run the same command again") != std::string::npos;
  if (code == jobs::ExitCode::all_done) return "";
  if (one.fault == kStall)
    return "it did not wait, and ended with exit code " + std::to_string(WEXITSTATUS(*status));
  // A video is a view: its shot is done all the same.
  const bool lacks_a_video = said.find("\nno video: ") != std::string::npos;
  const bool lost_a_shot = said.find(": given up;") != std::string::npos;
  if (explained && lacks_a_video && !lost_a_shot && code == jobs::ExitCode::some_failed) return "";
  if (explained && (code == jobs::ExitCode::run_again || code == jobs::ExitCode::unavailable)) return "";
  return "it ended with exit code " + std::to_string(WEXITSTATUS(*status));
}

/// After calls that only took long: nobody was given up, and nothing was done twice.
std::string somebody_lost(const std::string& out) {
  const auto files = storage::make_posix_file_ops();
  for (const storage::Record& record : storage::replay(*files, out).records) {
    const bool lost = record.type == storage::RecordType::worker_lost ||
                      record.type == storage::RecordType::attempt_failed ||
                      record.type == storage::RecordType::shot_stopped;
    if (lost) return "somebody was given up: " + record.payload;
  }
  return "";
}

/// Tries a case; returns what is wrong, or an empty text. `calls`: how many there were.
std::string try_case(const Setting& setting, const Case& one, const std::string& out, std::uint64_t& calls) {
  fs::remove_all(out);
  const std::string counter = out + ".count";
  const std::string log = out + ".log";
  fs::remove(log);
  fs::remove(out + ".call");
  std::ofstream(counter, std::ios::binary) << std::string(sizeof calls, '\0');
  const auto status =
      run(command(setting, out, one.farm),
          {"LD_PRELOAD=" + setting.shim, "PIA_SHIM_PROGRAM=" + one.program, "PIA_SHIM_FOLDER=" + out,
           "PIA_SHIM_COUNTER=" + counter, "PIA_SHIM_AT=" + std::to_string(one.at),
           "PIA_SHIM_FAULT=" + one.fault, "PIA_SHIM_LOG=" + out + ".call"},
          log);
  std::ifstream(counter, std::ios::binary).read(reinterpret_cast<char*>(&calls), sizeof calls);
  std::string wrong = fault_in_end(one, status, log);
  if (wrong.empty() && one.fault == kStall) wrong = somebody_lost(out);
  if (!wrong.empty()) return wrong;
  const auto again = run(command(setting, out, one.farm), {}, log);
  if (!again || !WIFEXITED(*again) || WEXITSTATUS(*again) != 0) return "the second run does not end well";
  try {
    return fault_in(setting, out);
  } catch (const jobs::Error& error) {
    return error.what();
  }
}

/// How many calls a program of that farm makes.
std::uint64_t calls_of(const Setting& setting, const Case& undisturbed) {
  std::uint64_t calls = 0;
  const std::string wrong = try_case(setting, undisturbed, setting.work + "/count", calls);
  std::printf("%s: %llu calls%s\n", undisturbed.program.c_str(), static_cast<unsigned long long>(calls),
              wrong.empty() ? "" : (", and undisturbed " + wrong).c_str());
  return calls;
}

std::vector<Case> all_cases(const Setting& setting) {
  std::vector<Case> cases;
  for (const char* program : kPrograms) {
    const std::uint64_t calls = calls_of(setting, {program, "0", 0});
    for (std::uint64_t at = 1; at <= calls; ++at) {
      for (const char* fault : {"kill-before", "kill-after", "short"}) cases.push_back({program, fault, at});
      for (const int number : {EIO, ENOSPC, EDQUOT, EINTR, ESTALE}) {
        cases.push_back({program, std::to_string(number), at});
      }
    }
  }
  return cases;
}

/// So many calls that take long, of each program and farm in turn.
std::vector<Case> stalls(const Setting& setting, std::size_t count, std::mt19937& dice) {
  std::vector<Case> undisturbed;
  for (const char* program : kPrograms) undisturbed.push_back({program, "0", 0});
  if (fs::exists(setting.programs + "/pia-farm-rank")) {
    for (const char* program : kProgramsOfRanks) undisturbed.push_back({program, "0", 0, Case::Farm::ranks});
  }
  undisturbed.resize(std::min(undisturbed.size(), count));
  std::vector<Case> cases;
  for (std::size_t i = 0; i < undisturbed.size(); ++i) {
    const std::uint64_t calls = std::max<std::uint64_t>(calls_of(setting, undisturbed[i]), 1);
    for (std::size_t n = i; n < count; n += undisturbed.size()) {
      cases.push_back({undisturbed[i].program, kStall, 1 + dice() % calls, undisturbed[i].farm});
    }
  }
  return cases;
}

class Campaign {
 public:
  Campaign(const Setting& setting, std::vector<Case> cases) : setting_(setting), cases_(std::move(cases)) {}

  /// How many cases went wrong.
  int run(int at_a_time) {
    std::vector<std::thread> threads;
    for (int i = 0; i < at_a_time; ++i) threads.emplace_back([this, i] { work(i); });
    for (std::thread& thread : threads) thread.join();
    return failures_;
  }
  int reached() const { return reached_; }

 private:
  void work(int number) {
    const std::string out = setting_.work + "/case-" + std::to_string(number);
    for (std::size_t i = next_++; i < cases_.size(); i = next_++) {
      std::uint64_t calls = 0;
      const std::string wrong = try_case(setting_, cases_[i], out, calls);
      reached_ += calls >= cases_[i].at ? 1 : 0;
      if (!wrong.empty()) tell(cases_[i], wrong, out);
    }
  }

  void tell(const Case& one, const std::string& wrong, const std::string& out) {
    const std::lock_guard lock(mutex_);
    ++failures_;
    std::printf("FAILED: %s (%s): %s\n", words_of(one).c_str(), text_of(out + ".call").c_str(),
                wrong.c_str());
    std::istringstream lines(text_of(out + ".log"));
    for (std::string line; std::getline(lines, line);) std::printf("  output: %s\n", line.c_str());
    std::fflush(stdout);
  }

  const Setting& setting_;
  std::vector<Case> cases_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<int> reached_ = 0;
  std::mutex mutex_;
  int failures_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 9 && argc != 10) return static_cast<int>(jobs::ExitCode::bad_usage);
  const Setting setting{argv[1], argv[2], argv[3], argv[4], argv[5], argv[6]};
  const auto wanted = static_cast<std::size_t>(std::stoul(argv[7]));
  std::mt19937 dice(static_cast<std::uint32_t>(std::stoul(argv[8])));
  const bool only_stalls = argc == 10;
  std::vector<Case> cases = only_stalls ? stalls(setting, wanted, dice) : all_cases(setting);
  if (wanted > 0 && !only_stalls) {
    std::shuffle(cases.begin(), cases.end(), dice);
    cases.resize(std::min(cases.size(), wanted));
  }
  const std::size_t tried = cases.size();
  Campaign campaign(setting, std::move(cases));
  const int failures = campaign.run(only_stalls ? kStallsAtATime : kAtATime);
  std::printf("%zu cases, %d of them reached, %d failed\n", tried, campaign.reached(), failures);
  return failures > 0 || campaign.reached() == 0 ? 1 : 0;
}
