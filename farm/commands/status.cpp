// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "farm/commands/job.hpp"
#include "farm/commands/status_facts.hpp"
#include "farm/commands/verbs.hpp"

namespace pia::farm {

jobs::ExitCode status(const StatusOptions& options, const Surroundings& surroundings) {
  const auto files = storage::make_posix_file_ops();
  RunStatus found = read_status(*files, find_run_directory(options.job, surroundings));
  const std::string text = options.form == Form::json
                               ? status_json(found)
                               : status_text(found, {surroundings.program, job_words(options.job)});
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  for (const std::string& complaint : found.complaints) std::fprintf(stderr, "%s\n", complaint.c_str());
  return jobs::ExitCode::all_done;
}

}  // namespace pia::farm
