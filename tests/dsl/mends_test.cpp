// SPDX-License-Identifier: Apache-2.0
// What messages say to write instead: it must be possible where the user is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using testing::EndsWith;

std::string of_grid(const std::string& keys) {
  return said(compile_text(with_defaults("[[grid]]\n" + keys)));
}

std::string of_exclude(const std::string& axis, const std::string& exclude) {
  return of_grid((axis.starts_with("axes.image") ? "" : "image = \"labrador.png\"\n") + axis +
                 "\nexclude = [{ " + exclude + " }]\n");
}

TEST(Exclude, BugAPartOfANameMatchedNothingAndWasNotToldWhy) {
  EXPECT_EQ(
      of_exclude("axes.image = [\"labrador.png\", \"keyframes/raiden.png\"]", "image = \"lab\""),
      "job.toml:7:12: warning: exclude #1 { image = \"lab\" } matches no combination: axes.image has no "
      "\"lab\"; it has \"labrador\", \"raiden\"; write \"lab*\" for a part of a name\n");
  EXPECT_THAT(of_exclude("axes.image = \"keyframes/*\"", "image = \"den\""),
              EndsWith("it has \"raiden\", \"yae\"; write \"*den\" for a part of a name\n"));
  EXPECT_THAT(of_exclude("axes.image = \"keyframes/*\"", "image = \"a\""),
              EndsWith("write \"*a*\" for a part of a name\n"));
  EXPECT_THAT(of_exclude("axes.image = [\"twin.png\", \"twin.jpg\"]", "image = \"cat\""),
              EndsWith("it has \"twin.png\", \"twin.jpg\"\n"))
      << "names that tell them apart";
}

TEST(Exclude, BugAPartOfAPromptMatchedNothingAndWasNotToldWhy) {
  const std::string axis =
      "axes.prompt = [\"a yellow circle that is jumping over a wide blue river\", \"ä\"]";
  EXPECT_THAT(
      of_exclude(axis, "prompt = \"jumping\""),
      EndsWith(": axes.prompt has no \"jumping\"; it has \"a yellow circle that is jumping over a w…\", "
               "\"ä\"; write \"*jumping*\" for a part of a prompt\n"));
  EXPECT_THAT(of_exclude(axis, "prompt = \"jump*up\""), EndsWith("\"ä\"\n")) << "a pattern is no part";
}

TEST(Exclude, ThatRemovesNothingListsAFewOfMany) {
  EXPECT_THAT(of_exclude("axes.steps = \"1-100\"", "steps = 101"),
              EndsWith(": axes.steps has no 101; it has 1, 2, 3, 4, 5 and 95 more\n"));
  EXPECT_THAT(of_exclude("axes.magnitude = [\"small\", \"large\"]", "magnitude = \"larg\""),
              EndsWith("; it has \"small\", \"large\"; did you mean \"large\"?\n"));
}

}  // namespace
}  // namespace pia::tests
