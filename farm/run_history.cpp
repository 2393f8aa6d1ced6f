// SPDX-License-Identifier: Apache-2.0
#include "farm/run_history.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "farm/internal/measures_json.hpp"
#include "farm/internal/record_numbers.hpp"
#include "farm/run_rules.hpp"

namespace pia::farm {
namespace {

using Json = nlohmann::json;
using storage::RecordType;

// It must fit into a record, whatever its bytes become in JSON.
constexpr std::size_t kLongestReason = std::size_t{128} << 10U;

std::string shortened(const std::string& reason) {
  return reason.size() <= kLongestReason ? reason : reason.substr(0, kLongestReason) + " ...";
}

std::string text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void apply_to_shot(RunHistory& history, const storage::Record& record, const Json& json) {
  const auto shot = jobs::shot_id_from_hex(json.value("shot", std::string()));
  if (!shot) return;
  ShotHistory& story = history.shots[*shot];
  switch (record.type) {
    case RecordType::shot_committed:
      history.committed[*shot] = json.value("size", std::uint64_t{0});
      history.measures.erase(*shot);
      if (const auto measures = measures_in(json); !measures.empty()) history.measures[*shot] = measures;
      story = ShotHistory{};
      break;
    case RecordType::attempt_failed:
      ++story.failed_attempts;
      story.reason = json.value("reason", std::string());
      story.out_of_memory |= json.value("memory", false);
      break;
    case RecordType::shot_failed:
      story.gave_up = true;
      story.reason = json.value("reason", story.reason);
      break;
    case RecordType::shot_stopped:
      story.last_step = count_in(json, "step");
      break;
    default:
      break;
  }
}

/// A command gives fresh attempts to the shots that it chose; of the others it says nothing new.
void begin_command(RunHistory& history, const Json& started) {
  ++history.commands;
  history.gpus.clear();
  history.only.clear();
  if (!started.contains("only")) return history.shots.clear();
  for (const auto& hex : started["only"].get<std::vector<std::string>>()) {
    const auto shot = jobs::shot_id_from_hex(hex);
    if (!shot) continue;
    history.only.push_back(*shot);
    history.shots.erase(*shot);
  }
}

void apply_to_gpu(RunHistory& history, const storage::Record& record, const Json& json) {
  const bool rests = record.type == RecordType::worker_rested;
  const auto place = history.places.find(count_in(json, rests ? "worker" : "gpu_of", -1));
  if (place == history.places.end()) return;
  GpuHistory& gpu = history.gpus[place->second];
  if (rests) {
    gpu = {.strikes = {}, .rested = true};
  } else if (const auto shot = jobs::shot_id_from_hex(json.value("shot", std::string()))) {
    gpu.strikes.insert(*shot);
  }
}

void apply_to_worker(RunHistory& history, const storage::Record& record, const Json& json) {
  const int worker = count_in(json, "worker");
  const bool silent = record.type == RecordType::worker_lost && json.value("silent", false);
  if (silent) history.silent_workers.insert(worker);
  if (record.type == RecordType::worker_known)
    history.places[worker] = {json.value("host", std::string()), json.value("gpu", std::string())};
  // One that gets a shot has rested enough.
  const auto place = history.places.find(worker);
  if (record.type == RecordType::shot_assigned && place != history.places.end()) {
    const auto gpu = history.gpus.find(place->second);
    if (gpu != history.gpus.end()) gpu->second.rested = false;
  }
  const bool strike = record.type == RecordType::attempt_failed && json.contains("gpu_of");
  if (strike || record.type == RecordType::worker_rested) apply_to_gpu(history, record, json);
}

void apply(RunHistory& history, const storage::Record& record) {
  const Json json = Json::parse(record.payload);
  if (record.type == RecordType::run_finished) {
    history.finished = RunFinished{.code = static_cast<jobs::ExitCode>(count_in(json, "code")),
                                   .drained = json.value("drained", false),
                                   .trouble = json.value("trouble", std::string())};
    return;
  }
  if (record.type != RecordType::run_started) {
    apply_to_worker(history, record, json);
    return apply_to_shot(history, record, json);
  }
  history.finished.reset();
  history.silent_workers.clear();
  history.places.clear();
  if (!json.value("goes_on", false)) begin_command(history, json);
  if (history.device.empty()) history.device = json.value("device", std::string());
  history.renderer = json.value("renderer", std::string());
  history.job = json.value("job", history.job);
  history.slurm_job = json.value("slurm_job", std::string());
  history.fake_step_seconds.reset();
  if (json.contains("step_seconds")) history.fake_step_seconds = json["step_seconds"].get<double>();
  const int threads = json.value("threads", 0);
  if (!history.threads && threads > 0) history.threads = threads;
}

}  // namespace

RunHistory fold(const std::vector<storage::Record>& records, std::vector<std::string>& complaints) {
  RunHistory history;
  for (const storage::Record& record : records) {
    history.next_sequence = std::max(history.next_sequence, record.sequence + 1);
    try {
      apply(history, record);
    } catch (const Json::exception& error) {
      complaints.push_back("journal record " + std::to_string(record.sequence) +
                           " is skipped: " + error.what());
    }
  }
  return history;
}

std::optional<jobs::ShotId> shot_of(const storage::Record& record) {
  const Json json = Json::parse(record.payload, nullptr, false);
  if (!json.is_object() || !json.contains("shot") || !json["shot"].is_string()) return std::nullopt;
  return jobs::shot_id_from_hex(json["shot"].get_ref<const std::string&>());
}

std::string payload_of(const RunStarted& started) {
  Json json = {{"threads", started.threads},
               {"workers", started.workers},
               {"device", started.device},
               {"build", started.build}};
  if (!started.renderer.empty()) json["renderer"] = started.renderer;
  if (!started.job.empty()) json["job"] = started.job;
  if (!started.slurm_job.empty()) json["slurm_job"] = started.slurm_job;
  if (is_rehearsal(started.renderer)) json["step_seconds"] = started.fake_step_seconds;
  if (started.command == RunStarted::Command::goes_on) json["goes_on"] = true;
  if (started.only.size() <= kMostChosen) {
    for (const jobs::ShotId& shot : started.only) json["only"].push_back(to_hex(shot));
  }
  return text(json);
}

std::string payload_of(const RunFinished& finished) {
  return text({{"code", static_cast<int>(finished.code)},
               {"drained", finished.drained},
               {"trouble", shortened(finished.trouble)}});
}

std::string payload_of_shot(const jobs::ShotId& shot, int worker, int attempt) {
  return text({{"shot", to_hex(shot)}, {"worker", worker}, {"attempt", attempt}});
}

std::string payload_of_commit(const jobs::ShotId& shot, std::uint64_t size, double seconds) {
  return text({{"shot", to_hex(shot)}, {"size", size}, {"seconds", seconds}});
}

std::string payload_of_commit(const jobs::ShotId& shot, std::uint64_t size, const jobs::Timings& t,
                              const jobs::Measures& measures) {
  Json json = {
      {"shot", to_hex(shot)}, {"size", size},         {"seconds", t.load + t.encode + t.denoise + t.decode},
      {"load", t.load},       {"encode", t.encode},   {"denoise", t.denoise},
      {"decode", t.decode},   {"steps", t.steps_done}};
  if (!measures.empty()) json["measures"] = measures_json<Json>(measures);
  return text(json);
}

std::string payload_of_failure(const jobs::ShotId& shot, int attempt, const std::string& reason) {
  return text({{"shot", to_hex(shot)}, {"attempt", attempt}, {"reason", shortened(reason)}});
}

std::string payload_of_stop(const jobs::ShotId& shot, int step) {
  return text({{"shot", to_hex(shot)}, {"step", step}});
}

std::string payload_of_failure(const jobs::ShotId& shot, int attempt, const std::string& reason,
                               const StepsDone& steps) {
  return text({{"shot", to_hex(shot)},
               {"attempt", attempt},
               {"reason", shortened(reason)},
               {"from", steps.from},
               {"reached", steps.reached}});
}

std::string payload_of_stop(const jobs::ShotId& shot, int step, const StepsDone& steps) {
  return text({{"shot", to_hex(shot)}, {"step", step}, {"from", steps.from}, {"reached", steps.reached}});
}

std::string blaming_gpu_of(const std::string& payload, int worker) {
  Json json = Json::parse(payload);
  json["gpu_of"] = worker;
  return text(json);
}

std::string blaming_memory(const std::string& payload) {
  Json json = Json::parse(payload);
  json["memory"] = true;
  return text(json);
}

std::string payload_of_worker(int worker, const std::string& host, const std::string& gpu) {
  return text({{"worker", worker}, {"host", host}, {"gpu", gpu}});
}

std::string payload_of(const WorkerTrouble& trouble) {
  Json json = {{"worker", trouble.worker}, {"reason", shortened(trouble.reason)}};
  if (trouble.kind == WorkerTrouble::Kind::silent) json["silent"] = true;
  return text(json);
}

std::string stamped(const std::string& payload, double at) {
  Json json = Json::parse(payload);
  // Milliseconds do, and keep the text short.
  json["at"] = std::round(at * 1000) / 1000;
  return text(json);
}

}  // namespace pia::farm
