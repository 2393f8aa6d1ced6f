// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <nlohmann/json.hpp>

#include "farm/commands/job.hpp"
#include "farm/commands/verbs.hpp"
#include "storage/journal.hpp"

namespace pia::farm {
namespace {

std::string word_of(storage::RecordType type) {
  switch (type) {
    case storage::RecordType::run_started:
      return "run_started";
    case storage::RecordType::shot_assigned:
      return "shot_assigned";
    case storage::RecordType::shot_committed:
      return "shot_committed";
    case storage::RecordType::attempt_failed:
      return "attempt_failed";
    case storage::RecordType::shot_failed:
      return "shot_failed";
    case storage::RecordType::shot_stopped:
      return "shot_stopped";
    case storage::RecordType::drain_requested:
      return "drain_requested";
    case storage::RecordType::run_finished:
      return "run_finished";
    case storage::RecordType::worker_known:
      return "worker_known";
    case storage::RecordType::worker_lost:
      return "worker_lost";
    case storage::RecordType::worker_rested:
      return "worker_rested";
    case storage::RecordType::training_started:
      return "training_started";
    case storage::RecordType::training_checkpointed:
      return "training_checkpointed";
    case storage::RecordType::training_ended:
      return "training_ended";
  }
  return "unknown " + std::to_string(static_cast<int>(type));
}

}  // namespace

jobs::ExitCode journal(const JournalOptions& options, const Surroundings& surroundings) {
  using Json = nlohmann::ordered_json;
  const auto files = storage::make_posix_file_ops();
  const storage::Replay replay = storage::replay(*files, find_run_directory(options.job, surroundings));
  for (const storage::Record& record : replay.records) {
    Json line = {{"sequence", record.sequence}, {"epoch", record.epoch}, {"event", word_of(record.type)}};
    const Json payload = Json::parse(record.payload, nullptr, false);
    if (payload.is_object()) {
      line.update(payload);
    } else {
      line["payload"] = record.payload;
    }
    std::printf("%s\n", line.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
  }
  for (const std::string& sentence : sentences(replay.complaints)) {
    std::fprintf(stderr, "%s\n", sentence.c_str());
  }
  return jobs::ExitCode::all_done;
}

}  // namespace pia::farm
