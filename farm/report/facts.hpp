// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/core/exit_code.hpp"
#include "jobs/core/measures.hpp"
#include "jobs/core/plan.hpp"
#include "jobs/core/result.hpp"
#include "storage/journal.hpp"

namespace pia::farm {

// What a run directory's journal says of all that was ever started there (commands of a user, their
// generations and requeues), and of the last command. Moments are seconds on the wall's clock, 0 where the
// journal does not tell.

/// One try at a shot.
struct AttemptFacts {
  int worker = 0;   ///< counts from 0
  int start = 0;    ///< under which start: place in RunFacts::starts
  int attempt = 1;  ///< its number
  double began = 0;
  double ended = 0;
  enum class End { none, committed, failed, stopped, worker_lost, cut_off } end = End::none;
  std::string reason = {};     ///< of a failure
  std::optional<int> from;     ///< the step that it went on from
  std::optional<int> reached;  ///< the last step that was heard of
  int kept = 0;                ///< of one that was stopped: the step that its checkpoint goes on from
  jobs::Timings timings = {};  ///< of a commit
};

struct ShotFacts {
  jobs::ShotId id;
  std::string name;
  int steps = 0;
  std::vector<AttemptFacts> attempts = {};  ///< under all starts, in order
  bool done = false;                        ///< committed at any time
  bool gave_up = false;                     ///< within the last command that concerned it
  std::string reason = {};                  ///< of giving up
  std::vector<std::string> videos = {};     ///< paths of those that are there; facts_of leaves it be
  jobs::Measures measures = {};             ///< of the last commit
  int since = 0;                            ///< the first start of that command: place in RunFacts::starts

  bool counts(const AttemptFacts& attempt) const { return attempt.start >= since; }  ///< of that command
};

/// A worker of one start.
struct WorkerFacts {
  std::string host = {};  ///< empty: on the machine of the run
  std::string gpu = {};
  std::string lost = {};  ///< why; empty: it is not
  std::string rests = {};
  double left = 0;  ///< when it was lost
  double busy = 0;  ///< seconds in attempts that are over
  int done = 0;
  int failed = 0;  ///< attempts
};

/// A start of a command: a generation of ranks, or a process on one machine.
struct StartFacts {
  std::uint64_t epoch = 0;
  double began = 0;
  double ended = 0;  ///< its own word, else the last that the journal has of it
  int workers = 1;
  std::string device = {};
  std::optional<jobs::ExitCode> code = {};  ///< that it ended with; nothing: it was cut off, or still runs
  bool drained = false;
  std::string trouble = {};
  std::map<int, WorkerFacts> crew = {};  ///< by number

  double lasted() const { return ended > began ? ended - began : 0; }
  int done() const;     ///< shots that it committed, whether they are still in the plan or not
  int failed() const;   ///< attempts
  double busy() const;  ///< seconds of all its workers in attempts that are over
};

struct RunFacts {
  std::string job_name;
  std::string out;
  std::vector<ShotFacts> shots;  ///< in the order of the plan
  /// Shots that were begun, but are not in the plan: drafts, and what was planned before an edit.
  std::map<jobs::ShotId, ShotFacts> others;
  std::vector<StartFacts> starts;  ///< all, in order
  std::size_t command = 0;         ///< place in `starts` of the first one of the last command
  std::set<jobs::ShotId> only;     ///< the shots that the last command chose; empty: all, or too many to tell
  bool rule_made = false;  ///< a model is the tiny rule-made one; no journal tells, so facts_of leaves it be

  int done() const;
  int failed() const;         ///< given up, and not done
  int done_before() const;    ///< without an attempt of this command
  int not_asked_for() const;  ///< left, and the last command chose others
  int left() const { return static_cast<int>(shots.size()) - done() - failed(); }
};

/// Folds the journal's records. Those that can't be read don't count.
RunFacts facts_of(const jobs::Plan& plan, const std::vector<storage::Record>& records);

/// What was survived under all starts, and what it cost: steps are those of shots in the plan, and those of
/// a result that was rendered again, as it was gone, are not done twice.
struct Losses {
  int starts_cut_off = 0;  ///< without a word of their end; the last start is not among them
  int crashes = 0;         ///< attempts that failed, also at shots that are not in the plan
  int workers = 0;
  std::int64_t steps = 0;         ///< done in all, as far as the journal knows
  std::int64_t steps_redone = 0;  ///< of them, done a second time
};
Losses losses_of(const RunFacts& facts);

/// Seconds of all workers together, under all starts.
struct Phases {
  double load = 0;
  double encode = 0;
  double denoise = 0;
  double decode = 0;
  double kept = 0;     ///< attempts that were not committed, as far as later ones went on from their steps
  double in_vain = 0;  ///< as far as they did not
  double others = 0;   ///< shots that are not in the plan
  double sum() const { return load + encode + denoise + decode + kept + in_vain + others; }
};
Phases phases_of(const RunFacts& facts);

/// One GPU, or one worker where there is none, over all starts.
struct PlaceFacts {
  std::string name;  ///< "node07 GPU 1", "worker 3"
  double present = 0;
  double busy = 0;
  int done = 0;
  int failed = 0;
  std::vector<std::string> troubles = {};
};
std::vector<PlaceFacts> places_of(const RunFacts& facts);

/// "node07 GPU 1"; "worker 3" where no host is known.
std::string place_name(int worker, const WorkerFacts& facts);

}  // namespace pia::farm
