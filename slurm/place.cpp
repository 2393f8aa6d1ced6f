// SPDX-License-Identifier: Apache-2.0
#include "slurm/place.hpp"

#include <charconv>

namespace pia::slurm {
namespace {

// Slurm numbers the step of an interactive allocation (salloc) so.
constexpr const char* kInteractiveStep = "4294967290";

std::optional<int> number(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size() || value < 0) return std::nullopt;
  return value;
}

std::optional<int> first_number(const Variables& variable, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const auto found = number(variable(name))) return found;
  }
  return std::nullopt;
}

}  // namespace

std::string to_text(const JobRun& run) {
  return run.id.empty() ? "" : run.id + "/" + std::to_string(run.restarts);
}

std::optional<JobRun> job_run_from(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos || slash == 0) return std::nullopt;
  const auto restarts = number(text.substr(slash + 1));
  if (!restarts) return std::nullopt;
  return JobRun{text.substr(0, slash), *restarts};
}

Place find_place(const Variables& variable) {
  Place place;
  place.job.id = variable("SLURM_JOB_ID").value_or("");
  place.job.restarts = number(variable("SLURM_RESTART_COUNT")).value_or(0);
  place.array_task = variable("SLURM_ARRAY_TASK_ID").value_or("");
  place.tasks_wished = number(variable("SLURM_NTASKS")).value_or(0);
  const auto rank = first_number(variable, {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"});
  const auto size =
      first_number(variable, {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"});
  if (rank && size.value_or(1) > 1) {
    place.kind = Place::Kind::rank;
    place.rank = *rank;
    place.ranks = *size;
    place.local_rank = first_number(variable, {"OMPI_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID"}).value_or(0);
    place.gpu_is_bound =
        variable("SLURM_GPUS_PER_TASK").has_value() || variable("SLURM_GPU_BIND").has_value();
    return place;
  }
  const std::string step = variable("SLURM_STEP_ID").value_or(kInteractiveStep);
  const bool mpirun = variable("OMPI_COMM_WORLD_SIZE").has_value();
  if (!place.job.id.empty() && step == kInteractiveStep && !mpirun) place.kind = Place::Kind::batch;
  return place;
}

std::optional<std::string> gpu_of(const std::optional<std::string>& visible_devices, const Place& place) {
  const int wanted = place.gpu_is_bound ? 0 : place.local_rank;
  std::string left = visible_devices.value_or("");
  for (int i = 0; !left.empty(); ++i) {
    const auto comma = left.find(',');
    if (i == wanted) return left.substr(0, comma);
    left = comma == std::string::npos ? "" : left.substr(comma + 1);
  }
  return std::nullopt;
}

}  // namespace pia::slurm
