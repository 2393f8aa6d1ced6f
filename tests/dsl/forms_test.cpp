// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/forms.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dsl/schema.hpp"
#include "tests/dsl/job_text.hpp"

namespace pia::tests {
namespace {

using namespace dsl::internal;
using testing::HasSubstr;

MapCatalog files() {
  MapCatalog catalog = job_files();
  catalog.image("/jobs/kite.png", {512, 512})
      .image("/jobs/hill.jpg", {512, 512})
      .file("/jobs/wildcards/weather.txt", "wind\nrain\n")
      .file("/jobs/wildcards/sky/day.txt", "blue\n");
  return catalog;
}

dsl::Compiled compiled(const std::string& text) {
  static const dsl::Tokenizer kTokenizer;
  return dsl::compile(
      {.path = "/jobs/job.toml", .text = text, .working_directory = "/jobs", .sets = {}, .out = ""},
      jobs::Site{}, files(), {.tokenizer = &kTokenizer});
}

// The example where its group says that it stands.
std::string job_of(const Form& form) {
  const std::string example = std::string(form.example) + "\n";
  switch (form.group) {
    case FormGroup::pictures:
      return with_defaults("[[grid]]\n" + example);
    case FormGroup::numbers:
      return with_defaults("[[grid]]\nimage = \"kite\"\n" + example);
    case FormGroup::matches:
      return with_defaults(
          "[[grid]]\naxes.image = [\"kite\", \"hill\"]\naxes.magnitude = [\"small\", \"moderate\", "
          "\"large\"]\n"
          "axes.seed = \"4-6\"\n" +
          example);
    default:
      break;
  }
  const std::string windows = example.starts_with("context") ? "frames = 32\n" : "";
  const std::string prompts = example.find("@day") == example.npos ? "" : "[prompts.day]\n0 = \"sun\"\n";
  return with_defaults("[[shot]]\nimage = \"kite\"\n" + windows + example + prompts);
}

TEST(Forms, EveryExampleOfTheReferenceIsRight) {
  for (const Form& form : all_forms()) {
    const auto answer = compiled(job_of(form));
    EXPECT_EQ(said(answer), "") << form.example;
    EXPECT_TRUE(answer.plan.has_value()) << form.example;
  }
}

// Where a bar would end a table's cell it is written "\|".
TEST(Forms, TheReferenceShowsThemAll) {
  std::string page = dsl::reference_page();
  for (std::size_t at = page.find("\\|"); at != page.npos; at = page.find("\\|", at + 1)) page.erase(at, 1);
  for (const Form& form : all_forms()) {
    EXPECT_THAT(page, HasSubstr(std::string(title_of(form.group).title))) << form.example;
  }
  EXPECT_THAT(page, HasSubstr("| `prompt = \"a {red|blue} kite\"` | one of them"));
  EXPECT_THAT(page, HasSubstr("| `axes.seed = \"auto x4\"` |"));
}

// A message lists them, too.
TEST(Forms, EveryKeyOfATravelTableIsExplained) {
  std::string message = said(compiled(with_defaults("[[shot]]\nimage = \"kite\"\nprompt.x = \"a\"\n")));
  ASSERT_THAT(message, HasSubstr("it takes keyframes ("));
  message = message.substr(message.find("it takes keyframes ("));
  std::string examples;
  for (const Form& form : all_forms()) {
    if (form.group == FormGroup::travel) examples += std::string(form.example) + "\n";
  }
  for (const char* key : {"head", "tail", "hold", "interp", "wrap", "-1", "\"50%\"", "\"8:16\""}) {
    EXPECT_THAT(message, HasSubstr(key));
    EXPECT_THAT(examples, HasSubstr(std::string(key) + " = "));
  }
}

std::vector<jobs::PlannedShot> shots_of(std::string_view example) {
  for (const Form& form : all_forms()) {
    if (form.example != example) continue;
    const auto answer = compiled(job_of(form));
    return answer.plan ? answer.plan->shots : std::vector<jobs::PlannedShot>{};
  }
  ADD_FAILURE() << "no such example: " << example;
  return {};
}

TEST(Forms, TheMeaningsOfRangesAreTrue) {
  const auto seeds = [](std::string_view example) {
    std::string text;
    for (const auto& shot : shots_of(example)) text += std::to_string(shot.shot.seed) + " ";
    return text;
  };
  EXPECT_EQ(seeds(R"(axes.seed = "4-6")"), "4 5 6 ");
  EXPECT_EQ(seeds(R"(axes.seed = "4-6, 9")"), "4 5 6 9 ");
  EXPECT_EQ(seeds("axes.seed = \"1-9 (+2)\""), "1 3 5 7 9 ");
  EXPECT_EQ(shots_of(R"(axes.seed = "auto x4")").size(), 4U);
  std::vector<double> scales;
  for (const auto& shot : shots_of(R"(axes.guidance_scale = "3-9 [4]")")) {
    scales.push_back(shot.shot.guidance_scale);
  }
  EXPECT_THAT(scales, testing::ElementsAre(3, 5, 7, 9));
}

TEST(Forms, TheMeaningsOfMatchesAreTrue) {
  EXPECT_EQ(shots_of(R"(exclude = [{ image = "kite", magnitude = "large" }])").size(), 18U - 3U);
  EXPECT_EQ(shots_of(R"(exclude = [{ magnitude = ["small", "large"] }])").size(), 6U);
  EXPECT_EQ(shots_of(R"(exclude = [{ image = "k*" }, { seed = "4-5" }])").size(), 3U);
  const auto included = shots_of(R"(include = [{ magnitude = "large", steps = 35 }])");
  EXPECT_EQ(std::ranges::count_if(included, [](const auto& shot) { return shot.shot.steps == 35; }), 6);
  EXPECT_EQ(shots_of(R"(axes.image = "keyframes/*")").size(), 2U);
  EXPECT_EQ(shots_of(R"(axes.image = ["kite", "keyframes/r*.png"])").size(), 2U);
  EXPECT_EQ(shots_of(R"(pairs = [{ image = "kite", seed = 1 }, { image = "hill", seed = 2 }])").size(), 2U);
}

TEST(Forms, TheMeaningsOfTravelAreTrue) {
  using Texts = std::map<int, std::string>;
  const auto travel = [](std::string_view example) { return shots_of(example).at(0).prompt_travel; };
  EXPECT_EQ(travel(R"(prompt = { 0 = "sun", -1 = "rain" })"), (Texts{{0, "sun"}, {15, "rain"}}));
  EXPECT_EQ(travel(R"(prompt = { 0 = "sun", "50%" = "rain" })"), (Texts{{0, "sun"}, {8, "rain"}}));
  EXPECT_EQ(travel(R"(prompt = { "0:8" = "sun", "8:16" = "rain" })"),
            (Texts{{0, "sun"}, {7, "sun"}, {8, "rain"}, {15, "rain"}}));
  EXPECT_EQ(travel(R"(prompt = { head = "a lighthouse", 0 = "sun", 15 = "rain", tail = "4k" })").at(0),
            "a lighthouse, sun, 4k");
  EXPECT_EQ(shots_of(R"(prompt = 'a \{b\|c\} kite')").at(0).prompt_text, "a {b|c} kite");
}

}  // namespace
}  // namespace pia::tests
