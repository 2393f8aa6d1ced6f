// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "farm/report/measures.hpp"
#include "farm/report/sentences.hpp"
#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

constexpr std::size_t kShortId = 12;

std::string failures(const RunFacts& facts, const ReportWords& words) {
  std::string text;
  for (const ShotFacts& shot : facts.shots) {
    if (!shot.gave_up || shot.done) continue;
    text += "  " + printable(shot.name) + "  " + to_hex(shot.id).substr(0, kShortId) + "\n    " +
            printable(shot.reason) + "\n    again: " + again(shot, words) + "\n";
  }
  return text.empty() ? "" : "\nFailed\n" + text;
}

std::string measures(const RunFacts& facts) {
  std::string text;
  for (const MetricFacts& metric : metric_facts(facts)) {
    const auto line = [&](const char* name, const MeasuredShot& shot) {
      text += "    " + padded(name, 8) + padded(measure_words(metric.metric, shot.value), 10) +
              printable(shot.name) + "\n";
    };
    text += "  " + std::string(to_word(metric.metric)) + ", of " +
            counted(static_cast<std::int64_t>(metric.clips), "clip") + "\n";
    line("least", metric.least);
    line("median", metric.median);
    line("most", metric.most);
    for (const MetricFacts::End& end : metric.ends)
      text += "    " + end.title + ": " + printable(listed_clips(metric.metric, end)) + "\n";
  }
  return text.empty() ? "" : "\nMeasures of the clips (motion and flicker in 1/255)\n" + text;
}

std::string starts(const RunFacts& facts, const ReportWords& words) {
  const StartLines starts = start_lines(facts, words);
  std::string text = "\nStarts\n";
  if (starts.before > 0) text += "  " + std::to_string(starts.before) + " before\n";
  for (const StartLine& line : starts.lines) {
    text += "  " + padded(line.when, 21) + padded(line.took, 14) + padded(line.busy + " of work", 22) +
            line.shots + "; " + line.end + "\n";
  }
  return text;
}

std::string phases(const RunFacts& facts) {
  std::string text = "\nTime of all workers, by phase\n";
  for (const PhaseLine& line : phase_lines(facts)) {
    text +=
        "  " + padded(line.name, 32) + padded(duration_words(line.seconds), 14) + percent(line.share) + "\n";
  }
  return text;
}

std::string workers(const RunFacts& facts) {
  std::string text = "\nWorkers\n";
  for (const PlaceFacts& place : places_of(facts)) {
    text += "  " + padded(printable(place.name), 32) + padded(percent(utilisation(place)) + " at work", 14) +
            counted(place.done, "shot") +
            (place.failed > 0 ? ", " + counted(place.failed, "failed attempt") : "") + "\n";
    for (const std::string& trouble : place.troubles) text += "    " + printable(trouble) + "\n";
  }
  return text;
}

}  // namespace

std::string report_text(const RunFacts& facts, const ReportWords& words) {
  std::string text = "job " + printable(facts.job_name) + " in " + printable(facts.out) + "\n" +
                     count_sentence(facts) + "\n";
  if (const std::string frames = frames_sentence(facts); !frames.empty()) text += frames + "\n";
  text += time_sentence(facts, words) + "\n";
  if (facts.starts.empty()) return text;
  const Losses losses = losses_of(facts);
  text += end_sentence(facts) + "\n" + losses_sentence(losses) + "\n" + redone_sentence(losses) + "\n";
  return text + failures(facts, words) + measures(facts) + starts(facts, words) + phases(facts) +
         workers(facts);
}

}  // namespace pia::farm
