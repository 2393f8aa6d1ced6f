// SPDX-License-Identifier: Apache-2.0
#include "renderer/fake_script.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <thread>

#include "jobs/core/error.hpp"

namespace pia::renderer {
namespace {

constexpr std::array<std::string_view, 9> kWhat = {"crash", "kill",  "exit0", "hang", "fail",
                                                   "gpu",   "black", "nan",   "skip"};

[[noreturn]] void refuse(std::string_view part) {
  throw jobs::InputError("fake script: '" + std::string(part) +
                         "' is not what[@step][:attempt][/prefix] with what one of crash, kill, exit0, hang, "
                         "fail, gpu, black, nan, skip");
}

// Cuts what follows the last `mark` off `part`; empty if there is none.
std::string_view cut_after(std::string_view& part, char mark) {
  const std::size_t at = part.rfind(mark);
  if (at == std::string_view::npos) return {};
  const std::string_view tail = part.substr(at + 1);
  part = part.substr(0, at);
  return tail;
}

int number_or_zero(std::string_view digits, std::string_view part) {
  int value = 0;
  if (digits.empty()) return value;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0) refuse(part);
  return value;
}

FakeMishap parse_one(std::string_view part) {
  std::string_view rest = part;
  FakeMishap mishap;
  mishap.prefix = cut_after(rest, '/');
  mishap.attempt = number_or_zero(cut_after(rest, ':'), part);
  mishap.step = number_or_zero(cut_after(rest, '@'), part);
  mishap.what = rest;
  if (std::find(kWhat.begin(), kWhat.end(), rest) == kWhat.end()) refuse(part);
  return mishap;
}

bool concerns(const FakeMishap& mishap, const FakeMoment& moment) {
  return moment.shot_hex.starts_with(mishap.prefix) &&
         (mishap.attempt == 0 || mishap.attempt == moment.attempt);
}

}  // namespace

std::vector<FakeMishap> parse_fake_script(std::string_view script) {
  std::vector<FakeMishap> mishaps;
  while (!script.empty()) {
    const std::size_t comma = std::min(script.find(','), script.size());
    mishaps.push_back(parse_one(script.substr(0, comma)));
    script.remove_prefix(std::min(comma + 1, script.size()));
  }
  return mishaps;
}

void enact(const std::vector<FakeMishap>& script, const FakeMoment& moment) {
  for (const FakeMishap& mishap : script) {
    if (!concerns(mishap, moment) || mishap.step != moment.step) continue;
    if (mishap.what == "crash") {
      std::signal(SIGSEGV, SIG_DFL);
      std::raise(SIGSEGV);
    } else if (mishap.what == "kill") {
      std::raise(SIGKILL);
    } else if (mishap.what == "exit0") {
      ::_exit(0);
    } else if (mishap.what == "hang") {
      for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
    } else if (mishap.what == "fail") {
      throw jobs::InputError("shot " + moment.shot_hex + ": fails because the fake script says so");
    } else if (mishap.what == "gpu") {
      throw jobs::DeviceError("shot " + moment.shot_hex + ": the GPU failed because the fake script says so");
    }
  }
}

bool skips(const std::vector<FakeMishap>& script, const FakeMoment& moment) {
  return std::any_of(script.begin(), script.end(), [&](const FakeMishap& mishap) {
    return mishap.what == "skip" && mishap.step == moment.step && concerns(mishap, moment);
  });
}

bool shows(const std::vector<FakeMishap>& script, std::string_view what, const FakeMoment& moment) {
  return std::any_of(script.begin(), script.end(), [&](const FakeMishap& mishap) {
    return mishap.what == what && concerns(mishap, moment);
  });
}

}  // namespace pia::renderer
