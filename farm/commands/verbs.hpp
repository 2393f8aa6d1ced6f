// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "farm/commands/options.hpp"
#include "farm/commands/surroundings.hpp"
#include "jobs/core/exit_code.hpp"

namespace pia::farm {

// The verbs, one file each. Results go to stdout, diagnostics to stderr; what can't go on throws jobs::Error.

jobs::ExitCode run(const RunOptions& options, const Surroundings& surroundings);
jobs::ExitCode train(const TrainOptions& options, const Surroundings& surroundings);
jobs::ExitCode render(const RenderOptions& options, const Surroundings& surroundings);
jobs::ExitCode check(const CheckOptions& options, const Surroundings& surroundings);
jobs::ExitCode plan(const PlanOptions& options, const Surroundings& surroundings);
jobs::ExitCode status(const StatusOptions& options, const Surroundings& surroundings);
jobs::ExitCode submit(const SubmitOptions& options, const Surroundings& surroundings);
jobs::ExitCode encode(const EncodeOptions& options, const Surroundings& surroundings);
jobs::ExitCode gallery(const GalleryOptions& options, const Surroundings& surroundings);
jobs::ExitCode verify(const VerifyOptions& options, const Surroundings& surroundings);
jobs::ExitCode gc(const GcOptions& options, const Surroundings& surroundings);
jobs::ExitCode watch(const WatchOptions& options, const Surroundings& surroundings);
jobs::ExitCode journal(const JournalOptions& options, const Surroundings& surroundings);
jobs::ExitCode import_job(const ImportOptions& options, const Surroundings& surroundings);
jobs::ExitCode make_toy_model(const ToyModelOptions& options, const Surroundings& surroundings);
jobs::ExitCode make_toy_pictures(const ToyPicturesOptions& options, const Surroundings& surroundings);

}  // namespace pia::farm
