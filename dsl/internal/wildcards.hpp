// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "dsl/internal/find_file.hpp"
#include "dsl/internal/template.hpp"

namespace pia::dsl::internal {

/// Wildcards from text files: camera.txt for `camera`, every text of a folder for `dir/*`, below the folders
/// of [paths] wildcards, else below the folder wildcards beside the job file. A line a value, without spaces
/// at its ends; empty lines and those that begin with # are left out. Each name is read once.
class Wildcards : public WildcardLines {
 public:
  explicit Wildcards(const FileFinder& finder) : finder_(finder) {}

  const std::variant<std::vector<std::string>, Trouble>& lines(const std::string& name) override;
  std::optional<OpenLine> open_line(const std::string& from_bracket) override;

 private:
  std::variant<std::vector<std::string>, Trouble> read(const std::string& name) const;
  const std::vector<OpenLine>& open_lines(const std::string& name);

  const FileFinder& finder_;
  std::map<std::string, std::variant<std::vector<std::string>, Trouble>> known_;
  std::map<std::string, std::vector<OpenLine>> open_;  ///< of each name in known_ that was looked at
};

}  // namespace pia::dsl::internal
