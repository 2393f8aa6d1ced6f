// SPDX-License-Identifier: Apache-2.0
#include "farm/training/training_history.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace pia::farm {
namespace {

using Json = nlohmann::ordered_json;
using storage::RecordType;

std::string text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void add(const storage::Record& record, const Json& payload, TrainingHistory& history) {
  switch (record.type) {
    case RecordType::training_started:
      ++history.starts;
      history.ended.reset();
      history.trouble.clear();
      if (!history.first) {
        history.first = TrainingStarted{.ranks = payload.value("ranks", 1),
                                        .threads = payload.value("threads", 1),
                                        .device = payload.value("device", ""),
                                        .trainer = payload.value("trainer", "")};
      }
      break;
    case RecordType::training_checkpointed:
      history.safe_step = payload.value("step", std::int64_t{0});
      break;
    case RecordType::training_ended:
      history.ended = static_cast<jobs::ExitCode>(payload.value("code", 75));
      history.trouble = payload.value("trouble", "");
      break;
    default:
      break;
  }
}

}  // namespace

TrainingHistory fold_training(const std::vector<storage::Record>& records) {
  TrainingHistory history;
  for (const storage::Record& record : records) {
    history.next_sequence = std::max(history.next_sequence, record.sequence + 1);
    const Json payload = Json::parse(record.payload, nullptr, false);
    if (!payload.is_object()) continue;
    try {
      add(record, payload, history);
    } catch (const Json::exception&) {
      // A payload of another shape tells nothing.
    }
  }
  return history;
}

std::string started_payload(const TrainingStarted& started) {
  return text({{"ranks", started.ranks},
               {"threads", started.threads},
               {"device", started.device},
               {"trainer", started.trainer}});
}

std::string checkpointed_payload(std::int64_t step, double loss) {
  return text({{"step", step}, {"loss", loss}});
}

std::string ended_payload(jobs::ExitCode code, const std::string& trouble) {
  return text({{"code", static_cast<int>(code)}, {"trouble", trouble}});
}

}  // namespace pia::farm
