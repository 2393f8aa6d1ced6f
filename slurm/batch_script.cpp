// SPDX-License-Identifier: Apache-2.0
#include "slurm/batch_script.hpp"

#include <algorithm>

namespace pia::slurm {
namespace {

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

/// A directive is one line: a line end in a flag would begin another.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

}  // namespace

const std::vector<std::string>& common_directives() {
  static const std::vector<std::string> directives = {"--requeue", "--open-mode=append", "--no-kill",
                                                      "--signal=B:USR1@120", "--output=pia-farm-%j.out"};
  return directives;
}

std::string batch_script(const BatchWish& wish) {
  std::string text = "#!/usr/bin/env bash\n";
  for (const std::string& directive : common_directives()) text += "#SBATCH " + directive + "\n";
  if (!wish.job_name.empty()) text += "#SBATCH --job-name=" + one_line(wish.job_name) + "\n";
  for (const std::string& flag : wish.sbatch) text += "#SBATCH " + one_line(flag) + "\n";
  text += "exec " + quoted(wish.program);
  for (const std::string& word : wish.words) text += " " + quoted(word);
  return text + "\n";
}

}  // namespace pia::slurm
