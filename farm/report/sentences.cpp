// SPDX-License-Identifier: Apache-2.0
#include "farm/report/sentences.hpp"

#include <algorithm>
#include <cmath>

#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;

constexpr std::size_t kShortId = 12;
constexpr double kNearlyAll = 0.95;

std::string same_day(const std::string& first, const std::string& second) {
  const auto space = first.find(' ');
  const bool same = space != std::string::npos && second.substr(0, space) == first.substr(0, space);
  return same ? second.substr(space + 1) : second;
}

double seconds_at_work(const RunFacts& facts) {
  double sum = 0;
  for (const StartFacts& start : facts.starts) sum += start.lasted();
  return sum;
}

std::string span_words(const RunFacts& facts, double span) {
  const double at_work = seconds_at_work(facts);
  const std::string text = duration_words(span);
  // Between two starts of one command are moments that nobody counts.
  return at_work > kNearlyAll * span ? text
                                     : text + ", the farm running for " + duration_words(at_work) + " of it";
}

std::string left_words(const RunFacts& facts) {
  const int left = facts.left();
  const int not_asked_for = facts.not_asked_for();
  const std::string text = std::to_string(left) + " left";
  if (not_asked_for == 0) return text;
  return text + (not_asked_for == left ? " (not asked for)"
                                       : " (" + std::to_string(not_asked_for) + " of them not asked for)");
}

}  // namespace

std::string count_sentence(const RunFacts& facts) {
  const int before = facts.done_before();
  std::string text = std::to_string(facts.done()) + " of " +
                     counted(static_cast<std::int64_t>(facts.shots.size()), "shot") + " done";
  if (before > 0) text += " (" + std::to_string(before) + " before this command)";
  return text + ", " + std::to_string(facts.failed()) + " failed, " + left_words(facts);
}

std::string time_sentence(const RunFacts& facts, const ReportWords& words) {
  if (facts.starts.empty()) return "nothing was started yet";
  const StartFacts& last = facts.starts.back();
  const double began = facts.starts.front().began;
  std::string text;
  if (began > 0 && last.ended >= began) {
    const std::string first = words.when(began);
    text = first + " to " + same_day(first, words.when(last.ended)) + " (" +
           span_words(facts, last.ended - began) + "), ";
  }
  return text + counted(static_cast<std::int64_t>(facts.starts.size()), "start") + ", " +
         counted(last.workers, "worker") + (last.device.empty() ? "" : ", device " + last.device);
}

std::string frames_sentence(const RunFacts& facts) {
  if (facts.done() == 0) return "";
  if (!facts.starts.empty() && facts.starts.back().device == "fake") return std::string(kRehearsalSentence);
  return facts.rule_made ? std::string(kRuleMadeSentence) : "";
}

std::string end_sentence(const RunFacts& facts) {
  if (facts.starts.empty()) return "";
  const StartFacts& last = facts.starts.back();
  if (!last.code) return "it still runs, or was cut off: the same command goes on from here";
  if (last.drained) return "it was stopped on request: the same command goes on from here";
  if (!last.trouble.empty()) return "it could not go on: " + printable(last.trouble);
  if (facts.left() == 0) return "it ran to its end";
  // What was not asked for is left, too, and doesn't keep a command from its end.
  const bool ended = *last.code == ExitCode::all_done || *last.code == ExitCode::some_failed;
  return ended ? "it did all that it was asked for"
               : "it is not finished: the same command goes on from here";
}

std::string losses_sentence(const Losses& losses) {
  if (losses.starts_cut_off + losses.crashes + losses.workers == 0) return "nothing had to be survived";
  return "survived: " + counted(losses.starts_cut_off, "start") + " cut off, " +
         counted(losses.crashes, "failed attempt") + ", " + counted(losses.workers, "lost worker");
}

std::string redone_sentence(const Losses& losses) {
  const std::string share =
      losses.steps > 0
          ? " (" + percent(static_cast<double>(losses.steps_redone) / static_cast<double>(losses.steps)) + ")"
          : "";
  return counted(losses.steps_redone, "step") + " of " + std::to_string(losses.steps) + " done twice" +
         share + (losses.starts_cut_off > 0 ? ", besides those of attempts that were cut off" : "");
}

std::vector<PhaseLine> phase_lines(const RunFacts& facts) {
  const Phases phases = phases_of(facts);
  std::vector<PhaseLine> lines = {{"loading models", phases.load},
                                  {"encoding text and picture", phases.encode},
                                  {"denoising", phases.denoise},
                                  {"decoding", phases.decode}};
  if (phases.kept > 0) lines.push_back({"stopped or cut short, and kept", phases.kept});
  lines.push_back({"attempts that came to nothing", phases.in_vain});
  if (phases.others > 0) lines.push_back({"shots not in this plan", phases.others});
  for (PhaseLine& line : lines) line.share = phases.sum() > 0 ? line.seconds / phases.sum() : 0;
  return lines;
}

std::string again(const ShotFacts& shot, const ReportWords& words) {
  return words.program + " render --shot " + to_hex(shot.id).substr(0, kShortId) + " " + words.render_flags +
         words.job_words;
}

double utilisation(const PlaceFacts& place) {
  return place.present > 0 ? std::clamp(place.busy / place.present, 0.0, 1.0) : 0;
}

std::string percent(double share) {
  return std::to_string(static_cast<int>(std::lround(100 * share))) + " %";
}

}  // namespace pia::farm
