// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/verb_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "dsl/diagnostic.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

constexpr std::size_t kFlagColumns = 24;

struct HelpLine {
  std::string left;
  std::string right;
};

}  // namespace

struct VerbLine::Parts {
  std::string verb;
  std::string usage;
  std::string story;
  CLI::App app;
  std::vector<HelpLine> lines;
  std::vector<std::string> flags;  ///< all, the unlisted ones too

  void list(const std::string& flag, const std::string& what, const std::string& help) {
    flags.push_back(flag);
    if (!help.empty()) lines.push_back({flag + (what.empty() ? "" : " " + what), help});
  }
  [[noreturn]] void refuse(const std::string& sentence) const {
    throw jobs::Error(jobs::ExitCode::bad_usage, sentence + "; see: pia-farm " + verb + " --help");
  }
};

VerbLine::VerbLine(std::string verb, std::string usage, std::string story)
    : parts_(std::make_unique<Parts>()) {
  parts_->verb = std::move(verb);
  parts_->usage = std::move(usage);
  parts_->story = std::move(story);
  parts_->app.set_help_flag();
  parts_->app.allow_extras();
}

VerbLine::~VerbLine() = default;

void VerbLine::place(const std::string& name, std::string& target) {
  parts_->app.add_option(name, target)->required();
}

void VerbLine::optional_place(const std::string& name, std::string& target) {
  parts_->app.add_option(name, target);
}

void VerbLine::value(const std::string& flag, const std::string& what, const std::string& help,
                     std::string& target) {
  // A shell variable that is not set would otherwise be the same as leaving the flag out.
  const auto no_value = [](const std::string& text) {
    return text.empty() ? "needs a value" : std::string();
  };
  parts_->app.add_option(flag, target)->check(CLI::Validator(no_value, ""));
  parts_->list(flag, what, help);
}

void VerbLine::values(const std::string& flag, const std::string& what, const std::string& help,
                      std::vector<std::string>& target) {
  parts_->app.add_option(flag, target)->allow_extra_args(false);
  parts_->list(flag, what, help);
}

void VerbLine::number(const std::string& flag, const std::string& what, const std::string& help,
                      int& target) {
  parts_->app.add_option(flag, target)->check(CLI::Range(1, 1024));
  parts_->list(flag, what, help);
}

void VerbLine::number(const std::string& flag, const std::string& what, const std::string& help,
                      double& target) {
  parts_->app.add_option(flag, target)->check(CLI::Range(0.0, 3600.0));
  parts_->list(flag, what, help);
}

void VerbLine::plain_flag(const std::string& name, const std::string& help, std::function<void()> action) {
  parts_->app.add_flag_callback(name, std::move(action));
  parts_->list(name, "", help);
}

void VerbLine::parse(const std::vector<std::string>& words) {
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    parts_->app.parse(reversed);
  } catch (const CLI::RequiredError&) {
    parts_->refuse(parts_->verb + " needs " + parts_->usage.substr(0, parts_->usage.find(' ')));
  } catch (const CLI::ParseError& error) {
    parts_->refuse(error.what());
  }
  const std::vector<std::string> strange = parts_->app.remaining();
  if (strange.empty()) return;
  if (!strange.front().starts_with("-")) {
    parts_->refuse("\"" + strange.front() + "\" is one word too many for " + parts_->verb);
  }
  const std::string name = strange.front().substr(0, strange.front().find('='));
  const std::string near = dsl::nearest(name, parts_->flags);
  parts_->refuse(parts_->verb + " has no flag " + name +
                 (near.empty() ? "" : "; did you mean " + near + "?"));
}

std::string VerbLine::help() const {
  std::string text = "usage: pia-farm " + parts_->verb + " " + parts_->usage + "\n\n" + parts_->story + "\n";
  for (const HelpLine& line : parts_->lines) {
    std::string left = "  " + line.left;
    left.append(kFlagColumns - std::min(kFlagColumns - 1, left.size()), ' ');
    text += left + line.right + "\n";
  }
  return text;
}

}  // namespace pia::farm
