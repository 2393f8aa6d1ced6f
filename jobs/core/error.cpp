// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/error.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace pia::jobs {

bool is_passing(int error_number) {
  switch (error_number) {
    case EIO:
    case ENOSPC:
    case EDQUOT:
    case EROFS:
    case ESTALE:
    case ENODEV:
    case ENXIO:
    case EBUSY:
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ETIMEDOUT:
    case ENOTCONN:
    case ECONNRESET:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

bool StorageError::is_full_disk() const {
  return error_number_ == ENOSPC || error_number_ == EDQUOT;
}

void invariant_broken(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "pia-farm: internal error: %s is false (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace pia::jobs
