// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdio>

#include "farm/catalog.hpp"
#include "farm/commands/diagnostics.hpp"
#include "farm/commands/job.hpp"
#include "farm/commands/verbs.hpp"
#include "farm/report/write.hpp"
#include "farm/watchers/words.hpp"
#include "jobs/core/error.hpp"
#include "storage/lease.hpp"

namespace pia::farm {

// No lease is taken: a run may be at work, and what is written is only a view, whole at each moment.
jobs::ExitCode gallery(const GalleryOptions& options, const Surroundings& surroundings) {
  const auto files = storage::make_posix_file_ops();
  const jobs::Plan plan = wanted_or_kept_plan(options.job, surroundings, *files);
  const auto lease = storage::read_lease(*files, plan.out);
  if (!lease) {
    throw jobs::Error(jobs::ExitCode::bad_input,
                      "nothing was rendered in " + plan.out + " yet; run the job first");
  }
  const storage::Replay replay = storage::replay(*files, plan.out);
  RunFacts facts = facts_of(plan, replay.records);
  facts.rule_made = has_rule_made_model(plan);
  const std::string tag = "e" + std::to_string(lease->epoch) + "-gallery-" + std::to_string(getpid());
  const std::string page = write_gallery(*files, plan, facts, tag);
  std::printf("%s\n", page.c_str());
  std::fflush(stdout);
  std::fprintf(stderr, "%d of %s in it; open it in a browser\n", facts.done(),
               counted(static_cast<std::int64_t>(plan.shots.size()), "clip").c_str());
  return jobs::ExitCode::all_done;
}

}  // namespace pia::farm
