// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/find_shot.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <vector>

#include "dsl/diagnostic.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

/// Whether a name of words with dashes between them has all those of `wanted`, in whatever order.
bool has_words_of(const std::string& name, const std::string& wanted) {
  const std::string dashed = "-" + name + "-";
  std::istringstream words(wanted);
  for (std::string word; std::getline(words, word, '-');) {
    if (dashed.find("-" + word + "-") == std::string::npos) return false;
  }
  return true;
}

/// `; did you mean "red-s1" or "red-s2", or 3 more? Give`, or `; give`.
std::string hint_of_names(const std::string& word, const std::vector<std::string>& names) {
  constexpr std::size_t kMostNames = 3;
  std::vector<std::string> near;
  std::ranges::copy_if(names, std::back_inserter(near),
                       [&](const std::string& name) { return has_words_of(name, word); });
  if (near.empty()) near.push_back(dsl::nearest(word, names));
  if (near.front().empty()) return "; give";
  std::string text = "; did you mean ";
  for (std::size_t i = 0; i < std::min(near.size(), kMostNames); ++i) {
    text += (i == 0 ? "\"" : " or \"") + near[i] + "\"";
  }
  if (near.size() > kMostNames) text += ", or " + std::to_string(near.size() - kMostNames) + " more";
  return text + "? Give";
}

}  // namespace

const jobs::PlannedShot& find_shot(const jobs::Plan& plan, const std::string& word) {
  constexpr std::size_t kFewestDigits = 4;
  std::vector<const jobs::PlannedShot*> found;
  std::vector<std::string> names;
  for (const jobs::PlannedShot& shot : plan.shots) {
    names.push_back(shot.name);
    const bool called = std::find(shot.names.begin(), shot.names.end(), word) != shot.names.end();
    const bool begins = word.size() >= kFewestDigits && to_hex(shot.id).starts_with(word);
    if (called || begins) found.push_back(&shot);
  }
  if (found.size() == 1) return *found.front();
  if (found.empty()) {
    throw jobs::Error(
        jobs::ExitCode::bad_usage,
        "the job has no shot \"" + word + "\"" + hint_of_names(word, names) +
            " a name, or at least 4 first digits of an id (pia-farm plan JOB --list lists them)");
  }
  throw jobs::Error(jobs::ExitCode::bad_usage,
                    "\"" + word + "\" is " + std::to_string(found.size()) + " shots of the job, \"" +
                        found[0]->name + "\" " + to_hex(found[0]->id).substr(0, 12) + " and \"" +
                        found[1]->name + "\" " + to_hex(found[1]->id).substr(0, 12) +
                        " among them; give more digits of the id");
}

}  // namespace pia::farm
