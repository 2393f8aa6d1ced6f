// SPDX-License-Identifier: Apache-2.0
#include "farm/launcher/slurm_client.hpp"

#include "farm/launcher/programs.hpp"

namespace pia::farm {
namespace {

constexpr std::chrono::seconds kPatience{20};

std::optional<std::string> ask(const std::vector<std::string>& words) {
  // Times as in the manual, whatever the user prefers to see.
  std::vector<std::string> command = {"env", "SLURM_TIME_FORMAT=standard"};
  command.insert(command.end(), words.begin(), words.end());
  const auto end = run_program(command, kPatience);
  if (!end || end->exit_code != 0) return std::nullopt;
  return end->output;
}

/// Returns an empty text, or what scontrol said.
std::string request(const std::vector<std::string>& words) {
  const auto end = run_program(words, kPatience);
  if (!end) return "scontrol can't be run, or does not answer";
  if (end->exit_code == 0) return "";
  std::string said = end->output.substr(0, end->output.find('\n'));
  return said.empty() ? "scontrol failed" : said;
}

}  // namespace

std::optional<slurm::JobFacts> ask_about_job(const std::string& job) {
  const auto text = ask({"scontrol", "show", "job", "--details", job});
  return text ? slurm::parse_job(*text) : std::nullopt;
}

std::optional<bool> ask_whether_it_runs(const std::string& job) {
  const auto facts = ask_about_job(job);
  if (!facts) return std::nullopt;
  return facts->state == "RUNNING" || facts->state == "SUSPENDED" || facts->state == "COMPLETING";
}

bool cluster_has_gpus() {
  const auto text = ask({"sinfo", "--noheader", "--format=%G"});
  return text && text->find("gpu") != std::string::npos;
}

std::string request_requeue(const std::string& job) {
  return request({"scontrol", "requeue", job});
}

std::string keep_only(const std::string& job, const std::vector<std::string>& nodes) {
  std::string list;
  for (const std::string& node : nodes) list += (list.empty() ? "" : ",") + node;
  // Within a job scontrol would leave two scripts in the current folder.
  return request({"env", "--unset=SLURM_JOB_ID", "--unset=SLURM_JOBID", "scontrol", "update", "JobId=" + job,
                  "NodeList=" + list});
}

}  // namespace pia::farm
