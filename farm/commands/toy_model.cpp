// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "farm/commands/verbs.hpp"
#include "farm/watchers/words.hpp"
#include "renderer/weights/rule_model.hpp"

namespace pia::farm {

jobs::ExitCode make_toy_model(const ToyModelOptions& options, const Surroundings& surroundings) {
  const std::string configs = absolute_path(options.configs, surroundings);
  const std::string output =
      options.output.empty() ? configs + "/weights" : absolute_path(options.output, surroundings);
  const bool written = renderer::write_rule_model(configs, output) == renderer::RuleModelOutcome::written;
  std::printf("%s: the tiny rule-made model %s\n",
              shortened_path(output, surroundings.working_directory).c_str(),
              written ? "is made" : "was there already");
  return jobs::ExitCode::all_done;
}

}  // namespace pia::farm
