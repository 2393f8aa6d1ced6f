// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace pia::farm {

/// An open descriptor for text, that never makes the farm wait: what a full pipe or a stopped terminal
/// (Ctrl-S) doesn't take stays here until it does, up to a mebibyte; then the oldest is dropped. A reader
/// that is gone is no error: the renders matter more. One thread.
class Stream {
 public:
  explicit Stream(int descriptor) : descriptor_(descriptor) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { finish(); }

  /// Adds text and writes what can be written at once.
  void put(std::string_view text);

  /// Writes what can be written at once; true if nothing is left.
  bool flush();

  /// Writes all, waiting for a slow reader at most two seconds.
  void finish();

 private:
  bool writable(int timeout_ms) const;
  bool write_some();

  int descriptor_;
  std::string pending_;
};

}  // namespace pia::farm
