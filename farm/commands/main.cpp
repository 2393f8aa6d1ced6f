// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "farm/commands/command_line.hpp"
#include "farm/commands/verbs.hpp"
#include "farm/standard_streams.hpp"
#include "jobs/core/error.hpp"

namespace {

using pia::farm::Surroundings;
using pia::jobs::ExitCode;

struct Call {
  const Surroundings& here;

  ExitCode operator()(const pia::farm::ShowText& show) const {
    std::fputs(show.text.c_str(), stdout);
    return ExitCode::all_done;
  }
  ExitCode operator()(const pia::farm::RunOptions& options) const { return run(options, here); }
  ExitCode operator()(const pia::farm::TrainOptions& options) const { return train(options, here); }
  ExitCode operator()(const pia::farm::RenderOptions& options) const { return render(options, here); }
  ExitCode operator()(const pia::farm::CheckOptions& options) const { return check(options, here); }
  ExitCode operator()(const pia::farm::PlanOptions& options) const { return plan(options, here); }
  ExitCode operator()(const pia::farm::StatusOptions& options) const { return status(options, here); }
  ExitCode operator()(const pia::farm::SubmitOptions& options) const { return submit(options, here); }
  ExitCode operator()(const pia::farm::EncodeOptions& options) const { return encode(options, here); }
  ExitCode operator()(const pia::farm::GalleryOptions& options) const { return gallery(options, here); }
  ExitCode operator()(const pia::farm::VerifyOptions& options) const { return verify(options, here); }
  ExitCode operator()(const pia::farm::JournalOptions& options) const { return journal(options, here); }
  ExitCode operator()(const pia::farm::GcOptions& options) const { return gc(options, here); }
  ExitCode operator()(const pia::farm::WatchOptions& options) const { return watch(options, here); }
  ExitCode operator()(const pia::farm::ImportOptions& options) const { return import_job(options, here); }
  ExitCode operator()(const pia::farm::ToyModelOptions& options) const {
    return make_toy_model(options, here);
  }
  ExitCode operator()(const pia::farm::ToyPicturesOptions& options) const {
    return make_toy_pictures(options, here);
  }
};

ExitCode live(const std::vector<std::string>& words) {
  const auto invocation = pia::farm::parse_command_line(words);
  const Surroundings here = pia::farm::read_surroundings();
  const ExitCode code = std::visit(Call{here}, invocation);
  // Of what a full buffer had to write earlier, only the stream's error tells.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    throw pia::jobs::StorageError("the output could not be written; check where it goes and run again");
  }
  return code;
}

int complain(const std::exception& error, ExitCode code) {
  std::fflush(stdout);
  std::fprintf(stderr, "pia-farm: error: %s\n", error.what());
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  pia::farm::fill_standard_streams();
  try {
    return static_cast<int>(live({argv + 1, argv + argc}));
  } catch (const pia::jobs::Error& error) {
    return complain(error, error.code());
  } catch (const std::bad_alloc& error) {
    return complain(error, ExitCode::run_again);
  } catch (const std::exception& error) {
    return complain(error, ExitCode::internal);
  }
}
