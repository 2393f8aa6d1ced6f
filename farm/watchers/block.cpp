// SPDX-License-Identifier: Apache-2.0
#include "farm/watchers/block.hpp"

#include <algorithm>

#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

using renderer::Phase;

constexpr int kBarColumns = 20;
constexpr int kWideEnoughForBar = 100;
constexpr int kShortBarColumns = 10;
constexpr int kWideEnoughForShortBar = 72;
constexpr int kNarrowestName = 10;
constexpr int kWidestName = 36;
constexpr int kStepColumns = 22;
constexpr int kRateColumns = 16;
/// A terminal echoes Ctrl-C as ^C behind the block; that must not wrap either.
constexpr int kEchoColumns = 3;

enum class Ink { plain, faint, good, bad };

std::string_view code_of(Ink ink) {
  switch (ink) {
    case Ink::faint:
      return "\x1b[2m";
    case Ink::good:
      return "\x1b[32m";
    case Ink::bad:
      return "\x1b[31m";
    default:
      return "";
  }
}

/// Collects pieces of one line until it is full.
class Line {
 public:
  explicit Line(const Look& look) : look_(look), room_(std::max(1, look.columns - kEchoColumns)) {}

  void add(Ink ink, const std::string& text) {
    const std::string shown = clipped(text, static_cast<std::size_t>(room_));
    const int columns = static_cast<int>(columns_of(shown));
    room_ -= columns;
    line_.columns += columns;
    const std::string_view code = look_.colour == Look::Colour::yes ? code_of(ink) : "";
    line_.text += std::string(code) + shown + (code.empty() ? "" : "\x1b[0m");
  }

  /// The whole text or nothing: half a figure is a wrong one.
  void add_if_it_fits(Ink ink, const std::string& text) {
    if (static_cast<int>(columns_of(text)) <= room_) add(ink, text);
  }

  BlockLine line() const { return line_; }

 private:
  const Look& look_;
  int room_;
  BlockLine line_;
};

std::string phase_words(const WorkerView& worker) {
  const renderer::Progress& progress = worker.progress;
  switch (progress.phase) {
    case Phase::loading:
      return "loading the model";
    case Phase::encoding:
      return "reading text, picture";
    case Phase::decoding:
      return "decoding";
    default:
      return "step " + std::to_string(progress.step) + " of " + std::to_string(progress.of) +
             (worker.attempt > 1 ? " (try " + std::to_string(worker.attempt) + ")" : "");
  }
}

int bar_columns(const Look& look) {
  if (look.columns >= kWideEnoughForBar) return kBarColumns;
  return look.columns >= kWideEnoughForShortBar ? kShortBarColumns : 0;
}

int columns_done(const renderer::Progress& progress, int all) {
  if (progress.phase == Phase::decoding) return all;
  if (progress.phase != Phase::denoising || progress.of <= 0) return 0;
  return std::clamp(all * progress.step / progress.of, 0, all);
}

BlockLine worker_line(const BlockFacts& facts, const WorkerView& worker, const Look& look) {
  Line line(look);
  const int bar = bar_columns(look);
  const int barred = bar > 0 ? bar + 3 : 0;
  const int name =
      std::clamp(look.columns - kStepColumns - barred - kRateColumns - 7, kNarrowestName, kWidestName);
  if (worker.shot.empty()) {
    line.add(Ink::faint, "  (waiting)");
    return line.line();
  }
  const auto columns_of_name = static_cast<std::size_t>(name);
  line.add(Ink::plain, "  " + padded(squeezed(worker.shot, columns_of_name), columns_of_name) + "  ");
  const std::string phase = clipped(phase_words(worker), kStepColumns);
  line.add_if_it_fits(Ink::plain, phase);
  line.add(Ink::plain, std::string(kStepColumns - columns_of(phase), ' '));
  if (bar > 0) {
    const int done = columns_done(worker.progress, bar);
    line.add(Ink::faint, "[");
    line.add(Ink::good, std::string(static_cast<std::size_t>(done), '#'));
    line.add(Ink::faint, std::string(static_cast<std::size_t>(bar - done), '.') + "] ");
  }
  const auto rate = facts.eta.seconds_a_step(worker.id);
  if (rate) line.add_if_it_fits(Ink::faint, duration_words(*rate) + " a step");
  return line.line();
}

BlockLine whole_line(const BlockFacts& facts, const Look& look) {
  Line line(look);
  const Board& board = facts.board;
  line.add(Ink::good, std::to_string(board.done()) + " of " + std::to_string(board.shots) + " done");
  if (board.failed > 0) line.add_if_it_fits(Ink::bad, ", " + std::to_string(board.failed) + " failed");
  line.add_if_it_fits(Ink::plain, ", " + std::to_string(board.left()) + " left");
  if (board.draining) {
    line.add(Ink::bad, "   stopping at the next step");
    return line.line();
  }
  const auto left = facts.eta.seconds_left(facts.now);
  if (left && *left >= 1 && board.left() > 0) {
    line.add_if_it_fits(Ink::plain, "   about " + duration_words(*left) + " to go");
  }
  line.add_if_it_fits(Ink::faint, "   " + duration_words(facts.elapsed) + " so far");
  return line.line();
}

/// After the window became narrower, what was one row may be several.
int rows_of(const std::vector<BlockLine>& block, int columns) {
  int rows = 0;
  for (const BlockLine& line : block) rows += std::max(1, (line.columns + columns - 1) / columns);
  return rows;
}

}  // namespace

std::vector<BlockLine> block_lines(const BlockFacts& facts, const Look& look) {
  std::vector<BlockLine> lines;
  const std::size_t most = static_cast<std::size_t>(std::max(1, look.rows - 3));
  const std::size_t count = facts.board.workers.size();
  const std::size_t shown = count <= most ? count : most - 1;
  for (std::size_t i = 0; i < shown; ++i) lines.push_back(worker_line(facts, facts.board.workers[i], look));
  if (shown < count) {
    Line line(look);
    line.add(Ink::faint, "  and " + counted(static_cast<std::int64_t>(count - shown), "worker") + " more");
    lines.push_back(line.line());
  }
  lines.push_back(whole_line(facts, look));
  return lines;
}

std::string redraw(const std::vector<BlockLine>& before, const std::vector<std::string>& lines,
                   const std::vector<BlockLine>& after, int columns) {
  std::string bytes = "\r";
  const int rows = rows_of(before, std::max(1, columns));
  if (rows > 1) bytes += "\x1b[" + std::to_string(rows - 1) + "A";
  // Rows that a narrower window wrapped are remembered as one line until they are erased as a whole.
  if (rows > static_cast<int>(before.size())) bytes += "\x1b[J";
  for (const std::string& line : lines) bytes += line + "\x1b[K\r\n";
  for (std::size_t i = 0; i < after.size(); ++i) {
    bytes += after[i].text + "\x1b[K" + (i + 1 < after.size() ? "\r\n" : "");
  }
  return bytes + "\x1b[J";
}

}  // namespace pia::farm
