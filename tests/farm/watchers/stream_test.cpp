// SPDX-License-Identifier: Apache-2.0
#include "farm/watchers/stream.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

namespace pia::farm {
namespace {

/// A pipe with a Stream at its one end.
class Pipe {
 public:
  Pipe() {
    EXPECT_EQ(pipe(ends_.data()), 0);
    stream_.emplace(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close(ends_[0]);
    stream_.reset();
    if (ends_[1] >= 0) close(ends_[1]);
  }

  Stream& stream() { return *stream_; }

  /// The first `size` bytes that come out.
  std::string taken(std::size_t size) {
    std::string text;
    std::array<char, 8192> piece{};
    for (ssize_t n = 0; text.size() < size && (n = read(ends_[0], piece.data(), piece.size())) > 0;) {
      text.append(piece.data(), static_cast<std::size_t>(n));
    }
    return text;
  }

  /// All that comes out, once the writer has finished.
  std::string drained() {
    std::string text;
    std::thread reader([&] {
      std::array<char, 8192> piece{};
      for (ssize_t n = 0; (n = read(ends_[0], piece.data(), piece.size())) > 0;) {
        text.append(piece.data(), static_cast<std::size_t>(n));
      }
    });
    stream_->finish(std::chrono::minutes(5));
    close(std::exchange(ends_[1], -1));
    reader.join();
    return text;
  }

 private:
  std::array<int, 2> ends_{};
  std::optional<Stream> stream_;
};

std::string line(int number) {
  return std::to_string(number) + " " + std::string(100, 'x') + "\n";
}

TEST(Stream, BugAReaderFarBehindGotALineCutInItsMiddle) {
  constexpr int kLines = 30'000;
  Pipe pipe;
  for (int i = 0; i < kLines; ++i) pipe.stream().put(line(i));
  std::istringstream got(pipe.drained());
  int lines = 0;
  int last = -1;
  for (std::string text; std::getline(got, text); ++lines) {
    const int number = std::atoi(text.c_str());
    EXPECT_EQ(text + "\n", line(number));
    EXPECT_GT(number, last);
    last = number;
  }
  EXPECT_EQ(last, kLines - 1) << "the newest is never dropped";
  EXPECT_GT(lines, 9'000) << "a mebibyte is kept";
  EXPECT_LT(lines, kLines);
}

TEST(Stream, BugAStuckReaderHeldUpWhatComesAfterTheOutput) {
  Pipe pipe;
  pipe.stream().put(std::string(std::size_t{1} << 20U, 'x'));
  EXPECT_FALSE(pipe.stream().flush()) << "more than a pipe takes";
  pipe.stream().break_off(std::chrono::milliseconds(1));
  EXPECT_TRUE(pipe.stream().flush()) << "its end has nothing left to wait for";
}

TEST(Stream, WhoBreaksOffGivesAReaderThatReadsItsTime) {
  Pipe pipe;
  const std::string much(std::size_t{1} << 20U, 'x');
  pipe.stream().put(much);
  std::thread writer([&] { pipe.stream().break_off(std::chrono::minutes(5)); });
  const std::string text = pipe.taken(much.size());
  writer.join();
  EXPECT_EQ(text, much);
}

TEST(Stream, OnePieceLargerThanAllThatIsKeptArrivesWhole) {
  Pipe pipe;
  const std::string much = std::string(std::size_t{3} << 20U, 'x') + "\n";
  pipe.stream().put(much);
  EXPECT_EQ(pipe.drained(), much);
}

TEST(Stream, BugTheLastLineWasLostToAReaderThatPausedForTwoSeconds) {
  EXPECT_GE(kLastPatience, std::chrono::seconds(30));
}

}  // namespace
}  // namespace pia::farm
