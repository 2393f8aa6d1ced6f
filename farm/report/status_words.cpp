// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "farm/report/measures.hpp"
#include "farm/report/sentences.hpp"
#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

using End = AttemptFacts::End;

struct AtWork {
  const ShotFacts* shot = nullptr;
  const AttemptFacts* attempt = nullptr;
};

/// What a worker of the last start is at.
AtWork work_of_worker(const RunFacts& facts, int worker) {
  const int last = static_cast<int>(facts.starts.size()) - 1;
  for (const ShotFacts& shot : facts.shots) {
    if (shot.attempts.empty()) continue;
    const AttemptFacts& attempt = shot.attempts.back();
    if (attempt.end == End::none && attempt.start == last && attempt.worker == worker)
      return {&shot, &attempt};
  }
  return {};
}

bool is_over(const RunFacts& facts, double now) {
  return now <= 0 || facts.starts.back().code.has_value();
}

std::string state_of_worker(const RunFacts& facts, int number, const WorkerFacts& worker, double now) {
  if (!worker.lost.empty()) return "lost: " + printable(worker.lost);
  const AtWork work = work_of_worker(facts, number);
  if (is_over(facts, now)) return work.shot == nullptr ? "went home" : "was cut off";
  if (work.shot != nullptr) {
    return "renders " + printable(work.shot->name) + ", attempt " + std::to_string(work.attempt->attempt) +
           ", for " + duration_words(now - work.attempt->began);
  }
  return worker.rests.empty() ? "is free" : "rests: " + printable(worker.rests);
}

std::string where(const RunFacts& facts, const AttemptFacts& attempt) {
  const auto& crew = facts.starts.at(static_cast<std::size_t>(attempt.start)).crew;
  const auto worker = crew.find(attempt.worker);
  return place_name(attempt.worker, worker == crew.end() ? WorkerFacts{} : worker->second);
}

std::string steps_words(const AttemptFacts& attempt, const ShotFacts& shot) {
  if (!attempt.reached) return "";
  return (attempt.from && *attempt.from > 0 ? ", from step " + std::to_string(*attempt.from)
                                            : std::string()) +
         ", up to step " + std::to_string(*attempt.reached) + " of " + std::to_string(shot.steps);
}

std::string end_words(const AttemptFacts& attempt, bool over) {
  switch (attempt.end) {
    case End::committed:
      return "done";
    case End::failed:
      return "failed: " + printable(attempt.reason);
    case End::stopped:
      return "stopped, and kept";
    case End::worker_lost:
      return "its worker was lost; that costs no attempt";
    case End::cut_off:
      return "cut off with all that ran; that costs no attempt";
    case End::none:
      return over ? "cut off" : "runs";
  }
  return "";
}

std::string phases_line(const AttemptFacts& attempt) {
  const jobs::Timings& took = attempt.timings;
  // Journals of older builds know the whole alone, which is in `denoise`.
  if (attempt.end != End::committed || took.steps_done == 0) return "";
  return "    loading " + duration_words(took.load) + ", encoding " + duration_words(took.encode) +
         ", denoising " + duration_words(took.denoise) + ", decoding " + duration_words(took.decode) + "\n";
}

std::string done_words(const ShotFacts& shot) {
  std::string text = "is done";
  if (shot.attempts.empty()) text += "; the journal knows of no attempt at it, its result was found";
  text += "\n";
  if (!shot.measures.empty()) text += "  " + measure_words(shot.measures) + "\n";
  for (const std::string& video : shot.videos) text += "  " + printable(video) + "\n";
  return text;
}

std::string attempt_line(const RunFacts& facts, const ShotFacts& shot, const AttemptFacts& attempt,
                         const ReportWords& words, bool over) {
  const double took = attempt.ended - attempt.began;
  return "  " + (attempt.began > 0 ? words.when(attempt.began) + "  " : std::string()) + "attempt " +
         std::to_string(attempt.attempt) + " on " + printable(where(facts, attempt)) +
         steps_words(attempt, shot) + (took > 0 ? ", " + duration_words(took) : "") + ": " +
         end_words(attempt, over) + "\n" + phases_line(attempt);
}

/// Why it is not being rendered.
std::string waiting_sentence(const RunFacts& facts, bool over) {
  if (over) return "waits for the next start: the same command goes on";
  int waiting = 0;
  for (const ShotFacts& shot : facts.shots) {
    const bool runs = !shot.attempts.empty() && shot.attempts.back().end == End::none;
    waiting += !shot.done && !shot.gave_up && !runs ? 1 : 0;
  }
  const StartFacts& start = facts.starts.back();
  int busy = 0;
  int lost = 0;
  int rests = 0;
  for (int number = 0; number < start.workers; ++number) {
    busy += work_of_worker(facts, number).shot != nullptr ? 1 : 0;
    const auto known = start.crew.find(number);
    lost += known != start.crew.end() && !known->second.lost.empty() ? 1 : 0;
    rests += known != start.crew.end() && !known->second.rests.empty() ? 1 : 0;
  }
  return "waits: " + std::to_string(busy) + " of " + counted(start.workers, "worker") + " are at work" +
         (lost > 0 ? ", " + std::to_string(lost) + " lost" : "") +
         (rests > 0 ? ", " + std::to_string(rests) + " at rest" : "") + ", and " +
         std::to_string(waiting - 1) + " more shots wait";
}

}  // namespace

std::string workers_text(const RunFacts& facts, const ReportWords& words, double now) {
  if (facts.starts.empty()) return "nothing was started yet\n";
  const StartFacts& start = facts.starts.back();
  std::string text = start.began > 0 ? "since " + words.when(start.began) + ": " : std::string();
  text += counted(start.workers, "worker") + ", start " +
          std::to_string(facts.starts.size() - facts.command) + " of this command" +
          (is_over(facts, now) ? "; it is over\n" : "\n");
  for (int number = 0; number < start.workers; ++number) {
    const auto known = start.crew.find(number);
    const WorkerFacts worker = known == start.crew.end() ? WorkerFacts{} : known->second;
    text += padded(std::to_string(number + 1), 5) +
            padded(printable(worker.host.empty() ? "here" : place_name(number, worker)), 24) +
            padded(counted(worker.done, "shot") + " done" +
                       (worker.failed > 0 ? ", " + std::to_string(worker.failed) + " failed" : ""),
                   24) +
            state_of_worker(facts, number, worker, now) + "\n";
  }
  return text;
}

std::string why_text(const RunFacts& facts, const ShotFacts& shot, const ReportWords& words, double now) {
  const bool over = facts.starts.empty() || is_over(facts, now);
  std::string text = printable(shot.name) + "  " + to_hex(shot.id) + "\n";
  for (const AttemptFacts& attempt : shot.attempts) text += attempt_line(facts, shot, attempt, words, over);
  if (shot.done) return text + done_words(shot);
  if (shot.gave_up) {
    return text + "was given up: " + printable(shot.reason) + "\n  again: " + again(shot, words) + "\n";
  }
  const bool runs = !shot.attempts.empty() && shot.attempts.back().end == End::none && !over;
  if (runs) return text + "is being rendered\n";
  return text + waiting_sentence(facts, over) + "\n";
}

}  // namespace pia::farm
