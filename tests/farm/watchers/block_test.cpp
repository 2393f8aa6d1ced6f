// SPDX-License-Identifier: Apache-2.0
#include "farm/watchers/block.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "farm/watchers/words.hpp"
#include "tests/support/shot_builder.hpp"

namespace pia::farm {
namespace {

using renderer::Phase;
using testing::HasSubstr;
using testing::Not;

Board board_with(int workers) {
  Board board{.job = "night", .shots = 12, .done_before = 1, .done_now = 2, .failed = 1};
  for (int i = 0; i < workers; ++i) {
    board.workers.push_back(
        {.shot = "labrador-" + std::to_string(i), .progress = {Phase::denoising, 5, 10, 1.0}});
  }
  return board;
}

std::vector<BlockLine> lines_of(const Board& board, const Look& look) {
  const Eta eta(1);
  return block_lines({.board = board, .eta = eta, .elapsed = 61}, look);
}

TEST(Block, HasALineAWorkerAndOneForTheWhole) {
  const auto lines = lines_of(board_with(2), {});
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0].text, HasSubstr("labrador-0"));
  EXPECT_THAT(lines[1].text, HasSubstr("step 5 of 10"));
  EXPECT_THAT(lines[1].text, HasSubstr("[#####.....]"));
  EXPECT_THAT(lines_of(board_with(1), {.columns = 120})[0].text, HasSubstr("[##########..........]"));
  EXPECT_THAT(lines[2].text, HasSubstr("3 of 12 done, 1 failed, 8 left"));
  EXPECT_THAT(lines[2].text, HasSubstr("1 min 01 s so far"));
}

TEST(Block, BugNamesWereCutToTwelveColumnsWithRoomForTwenty) {
  Board board = board_with(1);
  board.workers[0].shot = "lighthouse-small-s10";
  EXPECT_THAT(lines_of(board, {.columns = 80})[0].text, HasSubstr("lighthouse-small-s10 "));
}

TEST(Block, NeverReachesTheLastColumnHoweverNarrowTheTerminal) {
  Board board = board_with(3);
  board.workers[1].shot = std::string(300, 'x');
  board.workers[2].attempt = 3;
  board.draining = true;
  for (int columns = 1; columns < 200; ++columns) {
    for (const BlockLine& line : lines_of(board, {.columns = columns})) {
      EXPECT_LT(line.columns, std::max(2, columns)) << columns;
      EXPECT_EQ(columns_of(line.text), static_cast<std::size_t>(line.columns));
    }
  }
}

/// A worker at a shot whose steps take 6.1 s each.
BlockFacts measured(const Board& board, Eta& eta) {
  const auto shot = tests::ShotBuilder{}.steps(123).planned("labrador-0");
  eta.add(shot);
  eta.assigned(scheduler::WorkerId{0}, shot.id, {});
  eta.progressed(shot.id, {Phase::denoising, 57, 123, 6.1}, std::chrono::hours(1));
  return {.board = board, .eta = eta, .now = std::chrono::hours(1), .elapsed = 3661};
}

TEST(Block, BugFiguresWereCutToWrongOnesOnNarrowTerminals) {
  Board board{.job = "night", .shots = 345, .done_before = 117, .failed = 28};
  board.workers.push_back({.shot = "labrador", .progress = {Phase::denoising, 57, 123, 6.1}});
  board.workers[0].id = tests::ShotBuilder{}.steps(123).planned("labrador-0").id;
  Eta eta(1);
  const BlockFacts facts = measured(board, eta);
  const std::string to_go = duration_words(*eta.seconds_left(facts.now));
  bool told = false;
  for (int columns = 18; columns < 200; ++columns) {
    const auto lines = block_lines(facts, {.columns = columns});
    std::string text;
    for (const BlockLine& line : lines) text += line.text + "\n";
    told = told || text.find("6.1 s a step") != std::string::npos;
    for (const std::string& whole :
         {std::string("57 of 123"), std::string("6.1 s a step"), std::string("117 of 345"),
          std::string("28 failed"), std::string("200 left"), to_go + " to go",
          std::string("1 h 01 min so far")}) {
      if (const auto at = text.find(whole); at != std::string::npos) text.erase(at, whole.size());
    }
    EXPECT_EQ(text.find_first_of("0123456789"), std::string::npos) << columns << ": " << text;
    for (const BlockLine& line : lines) EXPECT_LT(line.columns, columns);
  }
  EXPECT_TRUE(told);
}

TEST(Block, FitsIntoTheRowsOfTheTerminal) {
  const auto lines = lines_of(board_with(64), {.columns = 80, .rows = 24});
  EXPECT_LE(lines.size(), 23U);
  EXPECT_THAT(lines[lines.size() - 2].text, HasSubstr("44 workers more"));
}

TEST(Block, HasNoColoursUnlessTheyAreWished) {
  for (const BlockLine& line : lines_of(board_with(1), {})) EXPECT_THAT(line.text, Not(HasSubstr("\x1b")));
  const auto coloured = lines_of(board_with(1), {.colour = Look::Colour::yes});
  EXPECT_THAT(coloured.back().text, HasSubstr("\x1b[31m, 1 failed\x1b[0m"));
}

TEST(Block, ShowsWhichTryOfAShotItIs) {
  Board board = board_with(1);
  board.workers[0].attempt = 2;
  EXPECT_THAT(lines_of(board, {})[0].text, HasSubstr("step 5 of 10 (try 2)"));
}

TEST(Redraw, GoesUpToTheFirstRowAndErasesWhatIsLeftOver) {
  const std::vector<BlockLine> before = {{"one", 3}, {"two", 3}, {"three", 5}};
  EXPECT_EQ(redraw(before, {"said"}, {{"new", 3}}, 80), "\r\x1b[2Asaid\x1b[K\r\nnew\x1b[K\x1b[J");
}

TEST(Redraw, BugRowsThatWereWrappedOnceStayedOneLineToTheTerminal) {
  const std::vector<BlockLine> before = {{std::string(70, 'x'), 70}};
  EXPECT_EQ(redraw(before, {"said"}, {{"new", 3}}, 40), "\r\x1b[1A\x1b[Jsaid\x1b[K\r\nnew\x1b[K\x1b[J");
}

TEST(Redraw, CountsTheRowsThatAResizedBlockTakesNow) {
  const std::vector<BlockLine> before = {{std::string(70, 'x'), 70}, {std::string(30, 'y'), 30}};
  EXPECT_EQ(redraw(before, {}, {}, 40), "\r\x1b[2A\x1b[J\x1b[J");
}

}  // namespace
}  // namespace pia::farm
