// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/error.hpp"

#include <cstdio>
#include <cstdlib>

namespace pia::jobs {

void invariant_broken(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "pia-farm: internal error: %s is false (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace pia::jobs
