// SPDX-License-Identifier: Apache-2.0
#include "farm/watchers/follow.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "farm/internal/measures_json.hpp"
#include "farm/internal/record_numbers.hpp"
#include "farm/run_rules.hpp"

namespace pia::farm {
namespace {

using Json = nlohmann::json;
using scheduler::WorkerId;
using storage::Record;
using storage::RecordType;

/// Where the last command begins.
std::size_t last_command(const std::vector<Record>& records) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].type != RecordType::run_started) continue;
    const Json json = Json::parse(records[i].payload, nullptr, false);
    if (json.is_object() && !json.value("goes_on", false)) begin = i;
  }
  return begin;
}

jobs::Timings timings_in(const Json& json) {
  return {.load = seconds_in(json, "load"),
          .encode = seconds_in(json, "encode"),
          .denoise = seconds_in(json, "denoise", seconds_in(json, "seconds")),
          .decode = seconds_in(json, "decode"),
          .steps_done = count_in(json, "steps")};
}

}  // namespace

void Follower::take(const std::vector<Record>& records) {
  const std::size_t begin = last_command(records);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Record& record = records[i];
    if (std::pair(record.epoch, record.sequence) <= last_) continue;
    last_ = {record.epoch, record.sequence};
    try {
      const auto shot = shot_of(record);
      if (i >= begin) {
        take(record);
      } else if (shot && record.type == RecordType::shot_committed) {
        done_.insert(*shot);
      }
    } catch (const Json::exception&) {
      // A record that can't be read is told of by whoever verifies.
    }
  }
}

void Follower::take(const Record& record) {
  const Json json = Json::parse(record.payload);
  latest_ = std::max(latest_, seconds_in(json, "at"));
  now_ = std::chrono::duration_cast<scheduler::TimePoint>(std::chrono::duration<double>(latest_));
  switch (record.type) {
    case RecordType::run_started:
      return start(record);
    case RecordType::run_finished:
      finished_ = RunFinished{.code = static_cast<jobs::ExitCode>(count_in(json, "code")),
                              .drained = json.value("drained", false),
                              .trouble = json.value("trouble", std::string())};
      return;
    case RecordType::drain_requested:
      return watcher_.draining();
    case RecordType::worker_lost:
    case RecordType::worker_rested:
      return watcher_.notice(json.value("reason", std::string()));
    case RecordType::worker_known:
      return;
    default:
      tell_of_shot(record);
  }
}

void Follower::start(const Record& record) {
  const Json json = Json::parse(record.payload);
  std::vector<std::string> complaints;
  const jobs::Plan plan = limited(plan_, fold({record}, complaints).only);
  std::set<jobs::ShotId> done;
  for (const jobs::PlannedShot& shot : plan.shots) {
    if (done_.contains(shot.id)) done.insert(shot.id);
  }
  finished_.reset();
  workers_.clear();
  begun_ = true;
  began_ = latest_;
  summary_ = {.shots = static_cast<int>(plan.shots.size()), .done_before = static_cast<int>(done.size())};
  watcher_.started({.plan = plan,
                    .workers = std::clamp(count_in(json, "workers", 1), 1, 1 << 20),
                    .threads = std::max(1, count_in(json, "threads", 1)),
                    .done_before = summary_.done_before,
                    .done = done,
                    .device = json.value("device", std::string())});
}

void Follower::tell_of_shot(const Record& record) {
  const Json json = Json::parse(record.payload);
  const auto id = shot_of(record);
  const auto known = id ? by_id_.find(*id) : by_id_.end();
  if (known == by_id_.end()) return;
  const jobs::PlannedShot& shot = *known->second;
  const std::string reason = json.value("reason", std::string());
  const int attempt = count_in(json, "attempt", 1);
  if (record.type == RecordType::shot_assigned) {
    workers_[*id] = count_in(json, "worker");
    done_.erase(*id);
    return watcher_.assigned(WorkerId{workers_[*id]}, shot, attempt);
  }
  const auto at_work = workers_.find(*id);
  if (record.type == RecordType::shot_committed) {
    const bool news = done_.insert(*id).second;
    if (at_work == workers_.end() || !news) return;
    ++summary_.done_now;
    watcher_.committed(WorkerId{at_work->second}, shot,
                       {.timings = timings_in(json), .measures = measures_in(json)});
  } else if (record.type == RecordType::shot_failed) {
    summary_.failures.push_back({shot.name, *id, reason});
    return watcher_.gave_up(shot, reason);
  } else if (at_work == workers_.end()) {
    return;
  } else if (record.type == RecordType::attempt_failed) {
    watcher_.attempt_failed(WorkerId{at_work->second}, shot, attempt, reason);
  } else if (record.type == RecordType::shot_stopped) {
    watcher_.stopped(WorkerId{at_work->second}, shot, count_in(json, "step"));
  }
  workers_.erase(*id);
}

Summary Follower::summary() const {
  Summary summary = summary_;
  summary.seconds = latest_ - began_;
  if (finished_) {
    summary.drained = finished_->drained;
    summary.trouble = finished_->trouble;
  }
  return summary;
}

}  // namespace pia::farm
