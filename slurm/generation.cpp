// SPDX-License-Identifier: Apache-2.0
#include "slurm/generation.hpp"

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

}  // namespace

Verdict judge(Generations& generations, const GenerationEnd& end) {
  if (end.said && is_final(*end.said)) return {.code = *end.said};
  if (end.drained) return {.code = ExitCode::run_again};
  const bool fruitful = end.kept > generations.kept;
  generations.kept = end.kept;
  generations.fruitless = fruitful ? 0 : generations.fruitless + 1;
  const std::string story = what_happened(generations.number, end);
  if (generations.fruitless >= kFruitlessGenerations) {
    return {.code = ExitCode::internal,
            .sentence =
                story + "; " + std::to_string(kFruitlessGenerations) +
                " generations in a row kept nothing new, so another would burn the night: look into logs/ of "
                "the run directory, mend the cause, and run the same command again"};
  }
  ++generations.number;
  return {.next = Verdict::Next::relaunch,
          .sentence = story + "; going on as generation " + std::to_string(generations.number)};
}

}  // namespace pia::slurm
