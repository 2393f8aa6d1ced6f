// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "storage/descriptor.hpp"

namespace pia::farm {

struct ProgramEnd {
  int exit_code = 0;   ///< 128 + signal if one killed it
  std::string output;  ///< stdout and stderr
};

/// Runs a program found through PATH to its end. Nothing if it can't be started or takes longer than
/// `patience` (it is killed then).
std::optional<ProgramEnd> run_program(const std::vector<std::string>& words, std::chrono::seconds patience);

/// The end of a pipe that a program writes into; never waits.
class OutputPipe {
 public:
  /// Returns the other end, to write into; none, with errno, if there is none.
  storage::Descriptor open();

  /// To poll; negative once nothing more can come.
  int descriptor() const { return descriptor_.number(); }

  /// What has arrived, as much of it as fits into 64 KiB.
  std::string read();

 private:
  storage::Descriptor descriptor_;
};

/// A program found through PATH that runs beside this one. Somebody must read what it says: it waits for a
/// reader. One thread.
class RunningProgram {
 public:
  /// `extra_environment` holds "NAME=value". Throws jobs::Error(unavailable) if it can't be started.
  RunningProgram(const std::vector<std::string>& words, const std::vector<std::string>& extra_environment);
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;
  ~RunningProgram();  ///< kills it

  /// To poll: readable once it has ended.
  int descriptor() const { return descriptor_.number(); }

  OutputPipe& output() { return output_; }  ///< its stdout
  OutputPipe& errors() { return errors_; }  ///< its stderr

  void signal(int number) const;

  /// "exited with status 137"; call it once the descriptor is readable.
  std::string wait();

 private:
  OutputPipe output_;
  OutputPipe errors_;
  int pid_ = -1;
  storage::Descriptor descriptor_;
};

}  // namespace pia::farm
