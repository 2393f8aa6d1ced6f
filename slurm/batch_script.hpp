// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pia::slurm {

/// What `pia-farm submit` asks of Slurm.
struct BatchWish {
  std::string job_name;
  std::string program;                   ///< absolute path of the script pia-farm
  std::vector<std::string> words;        ///< its arguments
  std::vector<std::string> sbatch = {};  ///< flags that are passed on, as "--nodes=3"
};

/// The batch script: the directives that every cluster takes (the same as in the script pia-farm), the user's
/// own, and one command. Words are quoted for bash; a line end in one is kept.
std::string batch_script(const BatchWish& wish);

/// The job's id in what `sbatch --parsable` prints ("41", or "41;cluster", with warnings around it). Nothing
/// if there is none.
std::optional<std::string> submitted_job(std::string_view output);

/// Directives that every cluster accepts, without "#SBATCH ".
const std::vector<std::string>& common_directives();

}  // namespace pia::slurm
