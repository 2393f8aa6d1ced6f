// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pia::farm {

/// The words that one verb understands. What is added with a help text is listed by `help`, in that order;
/// with an empty one it is understood but not listed. Targets must outlive it.
class VerbLine {
 public:
  /// `usage` is what follows the verb in its help; `story` is what the verb does, in lines.
  VerbLine(std::string verb, std::string usage, std::string story);
  ~VerbLine();

  /// A word by its place.
  void place(const std::string& name, std::string& target);
  void optional_place(const std::string& name, std::string& target);

  void value(const std::string& flag, const std::string& what, const std::string& help, std::string& target);
  void values(const std::string& flag, const std::string& what, const std::string& help,
              std::vector<std::string>& target);
  void number(const std::string& flag, const std::string& what, const std::string& help, int& target);
  void number(const std::string& flag, const std::string& what, const std::string& help, double& target);

  /// A flag without a value; `target` is set to `meaning` where it is given.
  template <class Enum>
  void flag(const std::string& name, const std::string& help, Enum& target, Enum meaning) {
    plain_flag(name, help, [&target, meaning] { target = meaning; });
  }

  /// Fills the targets. Throws jobs::Error(bad_usage) with the nearest right word.
  void parse(const std::vector<std::string>& words);

  std::string help() const;

 private:
  struct Parts;
  void plain_flag(const std::string& name, const std::string& help, std::function<void()> action);

  std::unique_ptr<Parts> parts_;
};

}  // namespace pia::farm
