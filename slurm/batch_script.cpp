// SPDX-License-Identifier: Apache-2.0
#include "slurm/batch_script.hpp"

#include <algorithm>
#include <cctype>

namespace pia::slurm {
namespace {

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

/// As sbatch reads a directive: a line end would begin another line, white space another flag.
std::string directive(const std::string& flag) {
  std::string text;
  bool plain = true;
  for (const char c : flag) {
    const bool line_end = c == '\n' || c == '\r';
    if (c == '"' || c == '\\') text += '\\';
    text += line_end ? ' ' : c;
    plain &= std::isalnum(static_cast<unsigned char>(c)) != 0 ||
             std::string_view("-_=,.:/@%+[]*").find(c) != std::string_view::npos;
  }
  return plain ? text : '"' + text + '"';
}

/// A name that no cluster's tools stumble over.
std::string tame(std::string name) {
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_' && c != '.';
      },
      '-');
  return name;
}

}  // namespace

const std::vector<std::string>& common_directives() {
  static const std::vector<std::string> directives = {"--requeue", "--open-mode=append",
                                                      "--signal=B:USR1@120", "--output=pia-farm-%j.out"};
  return directives;
}

std::optional<std::string> submitted_job(std::string_view output) {
  std::optional<std::string> job;
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    std::string_view line = output.substr(0, end);
    output.remove_prefix(std::min(end + 1, output.size()));
    line = line.substr(0, line.find(';'));
    const auto digits = static_cast<std::size_t>(
        std::count_if(line.begin(), line.end(), [](char c) { return c >= '0' && c <= '9'; }));
    if (!line.empty() && digits == line.size()) job = std::string(line);
  }
  return job;
}

std::string batch_script(const BatchWish& wish) {
  std::string text = "#!/usr/bin/env bash\n";
  for (const std::string& directive : common_directives()) text += "#SBATCH " + directive + "\n";
  if (!wish.job_name.empty()) text += "#SBATCH --job-name=" + tame(wish.job_name) + "\n";
  for (const std::string& flag : wish.sbatch) text += "#SBATCH " + directive(flag) + "\n";
  text += "exec " + quoted(wish.program);
  for (const std::string& word : wish.words) text += " " + quoted(word);
  return text + "\n";
}

}  // namespace pia::slurm
