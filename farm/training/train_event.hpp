// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "renderer/training/trainer.hpp"

namespace pia::farm {

/// What pia-train tells its launcher: a line of its standard output that begins with "@".
struct TrainEvent {
  enum class Kind {
    started,       ///< from `report.step` on
    step,          ///< `report`
    checkpointed,  ///< `report.step` steps are safe
    notice,        ///< `text`, for people
    finished,      ///< the model is written
    stopped,       ///< as asked, with `report.step` steps safe
    failed,  ///< with `code`, by any rank, the cause in `text`: who starts them may see other ends of them
    alive    ///< at work on something that takes long
  };
  Kind kind = Kind::notice;
  renderer::StepReport report = {};
  std::string text = {};
  int code = 0;
};

/// The line, with its end.
std::string event_line(const TrainEvent& event);

/// Nothing for a line (without its end) that is no event.
std::optional<TrainEvent> read_event(std::string_view line);

}  // namespace pia::farm
