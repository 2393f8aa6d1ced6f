// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "farm/clocks.hpp"
#include "farm/commands/job.hpp"
#include "farm/commands/verbs.hpp"
#include "farm/internal/record_numbers.hpp"
#include "farm/report/words.hpp"
#include "farm/run_directory.hpp"
#include "farm/run_history.hpp"
#include "farm/watchers/words.hpp"
#include "jobs/core/error.hpp"
#include "storage/checkpoint_store.hpp"
#include "storage/journal.hpp"
#include "storage/shot_store.hpp"

namespace pia::farm {
namespace {

class Findings {
 public:
  void damaged(const std::string& sentence) {
    ++count_;
    std::printf("damaged: %s\n", printable(sentence).c_str());
  }
  int count() const { return count_; }

 private:
  int count_ = 0;
};

/// Nothing if that can't be told any more.
using Planned = std::optional<std::set<jobs::ShotId>>;

Planned planned_in(storage::FileOps& files, const std::string& folder, Findings& findings) {
  try {
    std::set<jobs::ShotId> ids;
    for (const jobs::PlannedShot& shot : require_kept_plan(files, folder).shots) ids.insert(shot.id);
    return ids;
  } catch (const jobs::InputError& error) {
    findings.damaged(error.what());
    return std::nullopt;
  }
}

/// Those that are whole.
std::set<jobs::ShotId> verify_results(const storage::ShotStore& store, const RunHistory& history,
                                      const Planned& planned, Findings& findings) {
  std::set<jobs::ShotId> whole;
  for (const jobs::ShotId& id : store.ids()) {
    try {
      store.load(id);
      whole.insert(id);
    } catch (const jobs::Error& error) {
      findings.damaged(error.what());
    }
  }
  for (const auto& [id, size] : history.committed) {
    // What is no longer planned may be gone: `gc` removes it.
    if ((!planned || planned->contains(id)) && !store.size(id)) {
      findings.damaged(store.path(id) + " was committed and is gone; running the job renders it again");
    }
  }
  return whole;
}

/// A gap before the record of this number has lost nothing: every planned shot has its result by now, or the
/// journal tells of it later on.
std::uint64_t settled_until(const std::vector<storage::Record>& records,
                            const std::set<jobs::ShotId>& planned, const std::set<jobs::ShotId>& whole) {
  std::map<jobs::ShotId, std::uint64_t> last_word;
  for (const storage::Record& record : records) {
    if (const auto shot = shot_of(record)) last_word[*shot] = record.sequence;
  }
  std::uint64_t until = std::numeric_limits<std::uint64_t>::max();
  for (const jobs::ShotId& shot : planned) {
    if (!whole.contains(shot)) until = std::min(until, last_word[shot]);
  }
  return until;
}

std::string time_words(const std::vector<storage::Record>& records, std::uint64_t sequence) {
  const auto record =
      std::find_if(records.begin(), records.end(), [&](const auto& one) { return one.sequence == sequence; });
  if (record == records.end()) return "";
  const double at = seconds_in(nlohmann::json::parse(record->payload, nullptr, false), "at");
  return at > 0 ? " (after " + local_time(at) + ")" : "";
}

void verify_journal(const storage::Replay& replay, std::uint64_t settled, Findings& findings) {
  for (const auto& [sentence, after] : replay.complaints) {
    if (!after) {
      findings.damaged(sentence);
    } else if (*after < settled) {
      std::printf("note: %s%s; nothing is missing because of it\n", printable(sentence).c_str(),
                  time_words(replay.records, *after).c_str());
    } else {
      findings.damaged(sentence + time_words(replay.records, *after) +
                       "; results may be missing because of it: running the job makes them again");
    }
  }
}

/// A good checkpoint is also refused where its dtype isn't the one asked for, in words that name that dtype;
/// a damaged one is refused in the same words whatever is asked for.
std::vector<std::string> damage(const storage::CheckpointStore& store, const jobs::ShotId& id) {
  const auto first = store.load(id, jobs::Dtype::fp32, "").rejected;
  const auto second = store.load(id, jobs::Dtype::fp16, "").rejected;
  std::vector<std::string> both;
  for (const std::string& sentence : first) {
    if (std::find(second.begin(), second.end(), sentence) != second.end()) both.push_back(sentence);
  }
  return both;
}

std::int64_t verify_checkpoints(storage::FileOps& files, const std::string& folder, Findings& findings) {
  const storage::CheckpointStore store(files, folder);
  std::int64_t good = 0;
  for (const jobs::ShotId& id : store.ids()) {
    const auto sentences = damage(store, id);
    for (const std::string& sentence : sentences) findings.damaged(sentence);
    if (sentences.empty()) ++good;
  }
  return good;
}

}  // namespace

jobs::ExitCode verify(const VerifyOptions& options, const Surroundings& surroundings) {
  const auto files = storage::make_posix_file_ops();
  const std::string folder = find_run_directory(options.job, surroundings);
  Findings findings;
  const storage::Replay replay = storage::replay(*files, folder);
  std::vector<std::string> complaints;
  const RunHistory history = fold(replay.records, complaints);
  for (const std::string& complaint : complaints) findings.damaged(complaint);
  const Planned planned = planned_in(*files, folder, findings);
  const auto whole = verify_results(storage::ShotStore(*files, folder), history, planned, findings);
  verify_journal(replay, planned ? settled_until(replay.records, *planned, whole) : 0, findings);
  const std::int64_t checkpoints = verify_checkpoints(*files, folder, findings);
  const auto records = static_cast<std::int64_t>(replay.records.size());
  std::printf(
      "verified: %s, checkpoints of %s, %s; %s\n",
      counted(static_cast<std::int64_t>(whole.size()), "result").c_str(),
      counted(checkpoints, "shot").c_str(), counted(records, "journal record").c_str(),
      findings.count() == 0 ? "nothing is damaged" : (std::to_string(findings.count()) + " damaged").c_str());
  return findings.count() == 0 ? jobs::ExitCode::all_done : jobs::ExitCode::some_failed;
}

}  // namespace pia::farm
