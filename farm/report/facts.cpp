// SPDX-License-Identifier: Apache-2.0
#include "farm/report/facts.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "farm/internal/measures_json.hpp"
#include "farm/internal/record_numbers.hpp"
#include "renderer/renderer.hpp"

namespace pia::farm {
namespace {

using Json = nlohmann::json;
using storage::RecordType;
using End = AttemptFacts::End;

std::optional<int> number_in(const Json& json, const char* key) {
  const int value = count_in(json, key, -1);
  return value < 0 ? std::nullopt : std::optional(value);
}

std::set<jobs::ShotId> chosen_in(const Json& json) {
  std::set<jobs::ShotId> chosen;
  for (const Json& word : json.value("only", Json::array())) {
    const auto digest = jobs::digest_from_hex(word.is_string() ? word.get<std::string>() : "");
    if (digest) chosen.insert(jobs::ShotId{*digest});
  }
  return chosen;
}

/// Takes the records in, one after the other.
class Fold {
 public:
  explicit Fold(RunFacts& facts) : facts_(facts) {
    for (ShotFacts& shot : facts_.shots) by_id_[shot.id] = &shot;
  }

  void take(const storage::Record& record) {
    const Json json = Json::parse(record.payload);
    const double at = seconds_in(json, "at");
    switch (record.type) {
      case RecordType::run_started:
        return start(record, json, at);
      case RecordType::run_finished:
        return finish(json, at);
      case RecordType::worker_known:
      case RecordType::worker_lost:
      case RecordType::worker_rested:
        take_worker(record.type, json, at);
        break;
      case RecordType::drain_requested:
        break;
      default:
        take_shot(record.type, json, at);
    }
    if (!facts_.starts.empty()) facts_.starts.back().ended = std::max(facts_.starts.back().ended, at);
  }

 private:
  void start(const storage::Record& record, const Json& json, double at) {
    cut_off_what_runs();
    if (!json.value("goes_on", false)) begin_command(json);
    facts_.starts.push_back({.epoch = record.epoch,
                             .began = at,
                             .ended = at,
                             .workers = std::clamp(count_in(json, "workers", 1), 1, 1 << 20),
                             .device = json.value("device", std::string())});
  }

  /// Of shots that it didn't choose, a command says nothing new.
  void begin_command(const Json& json) {
    facts_.command = facts_.starts.size();
    facts_.only = chosen_in(json);
    for (ShotFacts& shot : facts_.shots) {
      if (!facts_.only.empty() && !facts_.only.contains(shot.id)) continue;
      shot.gave_up = false;
      shot.reason.clear();
      shot.since = static_cast<int>(facts_.command);
    }
  }

  /// What still ran when another start begins was cut off, when its own start was heard of last.
  void cut_off_what_runs() {
    for (const auto& [id, shot] : by_id_) {
      if (runs(*shot)) end(*shot, End::cut_off, start_of(shot->attempts.back()).ended);
    }
  }

  static bool runs(const ShotFacts& shot) {
    return !shot.attempts.empty() && shot.attempts.back().end == End::none;
  }

  StartFacts& start_of(const AttemptFacts& attempt) {
    return facts_.starts.at(static_cast<std::size_t>(attempt.start));
  }

  void finish(const Json& json, double at) {
    if (facts_.starts.empty()) return;
    StartFacts& start = facts_.starts.back();
    start.ended = std::max(start.ended, at);
    start.code = static_cast<jobs::ExitCode>(count_in(json, "code"));
    start.drained = json.value("drained", false);
    start.trouble = json.value("trouble", std::string());
  }

  void take_worker(RecordType type, const Json& json, double at) {
    if (facts_.starts.empty()) return;
    const int number = count_in(json, "worker");
    WorkerFacts& worker = facts_.starts.back().crew[number];
    if (type == RecordType::worker_known) {
      worker.host = json.value("host", std::string());
      worker.gpu = json.value("gpu", std::string());
    } else if (type == RecordType::worker_rested) {
      worker.rests = json.value("reason", std::string());
    } else {
      worker.lost = json.value("reason", std::string());
      worker.left = at;
      const int start = static_cast<int>(facts_.starts.size()) - 1;
      for (const auto& [id, shot] : by_id_) {
        if (!runs(*shot)) continue;
        const AttemptFacts& last = shot->attempts.back();
        if (last.start == start && last.worker == number) end(*shot, End::worker_lost, at);
      }
    }
  }

  /// A shot that was begun and is not in the plan becomes one of the others.
  ShotFacts* find(RecordType type, const Json& json) {
    const auto digest = jobs::digest_from_hex(json.value("shot", std::string()));
    if (!digest) return nullptr;
    const jobs::ShotId id{*digest};
    const auto found = by_id_.find(id);
    if (found != by_id_.end()) return found->second;
    if (type != RecordType::shot_assigned || facts_.starts.empty()) return nullptr;
    ShotFacts& other = facts_.others[id];
    other.id = id;
    return by_id_[id] = &other;
  }

  void take_shot(RecordType type, const Json& json, double at) {
    ShotFacts* const found = find(type, json);
    if (found == nullptr) return;
    ShotFacts& shot = *found;
    if (type == RecordType::shot_assigned && !facts_.starts.empty()) {
      // It may have been done before, with a result that is gone or damaged.
      shot.done = false;
      shot.attempts.push_back({.worker = count_in(json, "worker"),
                               .start = static_cast<int>(facts_.starts.size()) - 1,
                               .attempt = count_in(json, "attempt", 1),
                               .began = at});
    } else if (type == RecordType::shot_committed) {
      shot.done = true;
      shot.gave_up = false;
      shot.measures = measures_in(json);
      commit(shot, json, at);
    } else if (type == RecordType::attempt_failed) {
      know_steps(shot, json);
      if (end(shot, End::failed, at)) shot.attempts.back().reason = json.value("reason", std::string());
    } else if (type == RecordType::shot_stopped) {
      know_steps(shot, json);
      if (end(shot, End::stopped, at)) shot.attempts.back().kept = count_in(json, "step");
    } else if (type == RecordType::shot_failed) {
      shot.gave_up = true;
      shot.reason = json.value("reason", std::string());
    }
  }

  void commit(ShotFacts& shot, const Json& json, double at) {
    if (!end(shot, End::committed, at)) return;
    AttemptFacts& attempt = shot.attempts.back();
    attempt.timings = {.load = seconds_in(json, "load"),
                       .encode = seconds_in(json, "encode"),
                       .denoise = seconds_in(json, "denoise", seconds_in(json, "seconds")),
                       .decode = seconds_in(json, "decode"),
                       .steps_done = count_in(json, "steps")};
    if (!json.contains("steps") || shot.steps == 0) return;
    attempt.from = shot.steps - attempt.timings.steps_done;
    attempt.reached = shot.steps;
  }

  static void know_steps(ShotFacts& shot, const Json& json) {
    if (shot.attempts.empty()) return;
    AttemptFacts& attempt = shot.attempts.back();
    if (const auto from = number_in(json, "from")) attempt.from = from;
    if (const auto reached = number_in(json, "reached")) attempt.reached = reached;
  }

  /// False if nothing of the shot runs: a late word.
  bool end(ShotFacts& shot, End how, double at) {
    if (!runs(shot)) return false;
    AttemptFacts& attempt = shot.attempts.back();
    attempt.end = how;
    attempt.ended = at;
    WorkerFacts& worker = start_of(attempt).crew[attempt.worker];
    worker.busy += std::max(0.0, at - attempt.began);
    worker.done += how == End::committed ? 1 : 0;
    worker.failed += how == End::failed ? 1 : 0;
    return true;
  }

  RunFacts& facts_;
  std::map<jobs::ShotId, ShotFacts*> by_id_;
};

template <class Count>
int count_if(const std::vector<ShotFacts>& shots, Count count) {
  return static_cast<int>(std::count_if(shots.begin(), shots.end(), count));
}

}  // namespace

int RunFacts::done() const {
  return count_if(shots, [](const ShotFacts& shot) { return shot.done; });
}

int RunFacts::failed() const {
  return count_if(shots, [](const ShotFacts& shot) { return shot.gave_up && !shot.done; });
}

int RunFacts::done_before() const {
  return count_if(shots, [this](const ShotFacts& shot) {
    return shot.done && std::ranges::none_of(shot.attempts, [this](const AttemptFacts& one) {
             return one.end == End::committed && static_cast<std::size_t>(one.start) >= command;
           });
  });
}

int RunFacts::not_asked_for() const {
  return count_if(shots, [this](const ShotFacts& shot) {
    return !only.empty() && !only.contains(shot.id) && !shot.done && !shot.gave_up;
  });
}

RunFacts facts_of(const jobs::Plan& plan, const std::vector<storage::Record>& records) {
  RunFacts facts{.job_name = plan.job_name, .out = plan.out};
  for (const jobs::PlannedShot& shot : plan.shots) {
    facts.shots.push_back({.id = shot.id, .name = shot.name, .steps = renderer::step_count(shot.shot)});
  }
  Fold fold(facts);
  for (const storage::Record& record : records) {
    try {
      fold.take(record);
    } catch (const Json::exception&) {
      // A record that can't be read is told of by whoever verifies.
    }
  }
  return facts;
}

}  // namespace pia::farm
