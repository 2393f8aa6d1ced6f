// SPDX-License-Identifier: Apache-2.0
#include "slurm/generation.hpp"

#include <algorithm>

namespace pia::slurm {
namespace {

using jobs::ExitCode;

bool is_final(ExitCode code) {
  switch (code) {
    case ExitCode::all_done:
    case ExitCode::some_failed:
    case ExitCode::bad_usage:
    case ExitCode::bad_config:
    case ExitCode::bad_input:
      return true;
    case ExitCode::unavailable:
    case ExitCode::internal:
    case ExitCode::run_again:
      return false;
  }
  return false;
}

std::string what_happened(int number, const GenerationEnd& end) {
  return "generation " + std::to_string(number) + " ended too early (" + end.how +
         (end.trouble.empty() ? "" : "; " + end.trouble) + ")";
}

Verdict end_of_it(const std::string& story) {
  return {.code = ExitCode::internal,
          .sentence =
              story +
              ", so another would burn the night: look into logs/ of the run directory, mend the cause, and "
              "run the same command again"};
}

std::chrono::seconds pause_after(int stillborn) {
  constexpr int kLongest = 3;  // 8 s
  return std::chrono::seconds(stillborn > 0 ? 1 << std::min(stillborn - 1, kLongest) : 0);
}

void count(Generations& generations, const GenerationEnd& end) {
  const bool fruitful = end.kept > generations.kept;
  generations.kept = end.kept;
  generations.stillborn = fruitful || end.began ? 0 : generations.stillborn + 1;
  if (fruitful) generations.fruitless = 0;
  if (!fruitful && end.began) ++generations.fruitless;
}

}  // namespace

Verdict judge(Generations& generations, const GenerationEnd& end) {
  if (end.said && is_final(*end.said)) return {.code = *end.said};
  if (end.drained) return {.code = ExitCode::run_again};
  count(generations, end);
  const std::string story = what_happened(generations.number, end);
  if (generations.fruitless >= kFruitlessGenerations) {
    return end_of_it(story + "; " + std::to_string(kFruitlessGenerations) +
                     " generations in a row kept nothing new");
  }
  if (generations.stillborn >= kStillbornGenerations) {
    return end_of_it(
        story + "; " + std::to_string(kStillbornGenerations) +
        " generations in a row did not begin: Slurm could not launch their ranks, or these never met");
  }
  ++generations.number;
  return {.next = Verdict::Next::relaunch,
          .pause = pause_after(generations.stillborn),
          .sentence = story + "; going on as generation " + std::to_string(generations.number)};
}

}  // namespace pia::slurm
