// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <string_view>

namespace pia::farm {

/// How long the end of a program waits for a reader that takes nothing.
inline constexpr std::chrono::seconds kLastPatience{60};

/// An open descriptor for text, that never makes the farm wait: what a full pipe or a stopped terminal
/// (Ctrl-S) doesn't take stays here until it does, up to a mebibyte; then the oldest pieces are dropped, each
/// whole, but never the newest, nor one of which a part is written. A reader that is gone is no error: the
/// renders matter more. One thread.
class Stream {
 public:
  explicit Stream(int descriptor) : descriptor_(descriptor) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { finish(kLastPatience); }

  /// Adds a piece of text, whole lines in all but a terminal's display, and writes what can be written at
  /// once.
  void put(std::string_view text);

  /// Writes what can be written at once; true if nothing is left.
  bool flush();

  /// Writes all, waiting for a slow reader, for as long as it takes something within each `patience`.
  void finish(std::chrono::milliseconds patience);

  /// Writes what can be written within `time`, and gives the rest up: something waits for this program that
  /// matters more than its reader.
  void break_off(std::chrono::milliseconds time);

 private:
  bool writable(std::chrono::milliseconds patience) const;
  bool write_some();
  void drop_oldest();
  void drop_all();

  int descriptor_;
  std::deque<std::string> pending_;
  std::size_t written_ = 0;  ///< of the oldest piece
  std::size_t size_ = 0;     ///< of all pieces
};

}  // namespace pia::farm
