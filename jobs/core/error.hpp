// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

#include "jobs/core/exit_code.hpp"

namespace pia::jobs {

/// Something that cannot go on. `what()` is one sentence that names the object and says what to do about it.
/// Caught in main and in the worker loop only; normal alternatives are in return types.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// A picture, or any other file of the user's, that can't be used. Retrying does not help.
class InputError : public Error {
 public:
  explicit InputError(const std::string& sentence) : Error(ExitCode::bad_input, sentence) {}
};

/// A model file: cut, corrupt, of another architecture. Retrying does not help.
class WeightError : public Error {
 public:
  explicit WeightError(const std::string& sentence) : Error(ExitCode::bad_input, sentence) {}
};

/// Whether an errno speaks of a disk, a network or a machine in trouble, and not of a wrong path.
bool is_passing(int error_number);

/// The disk: full, read-only, gone, or holding bytes that nobody wrote. Running again may help.
class StorageError : public Error {
 public:
  explicit StorageError(const std::string& sentence, int error_number = 0)
      : Error(ExitCode::run_again, sentence), error_number_(error_number) {}

  /// The errno behind it, 0 if there was none.
  int error_number() const { return error_number_; }

  /// No space, or no quota, is left: it may come back at any time.
  bool is_full_disk() const;

  /// A fault of the disk or of this machine, not of the path: the same call may succeed later.
  bool may_pass() const { return is_passing(error_number_); }

 private:
  int error_number_;
};

/// The GPU, or the lack of one.
class DeviceError : public Error {
 public:
  explicit DeviceError(const std::string& sentence) : Error(ExitCode::unavailable, sentence) {}
};

/// Writes the broken invariant to stderr and aborts; kept in release builds.
[[noreturn]] void invariant_broken(const char* condition, const char* file, int line);

}  // namespace pia::jobs

#define PIA_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::pia::jobs::invariant_broken(#condition, __FILE__, __LINE__))
