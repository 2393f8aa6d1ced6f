// SPDX-License-Identifier: Apache-2.0
#include "farm/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace pia::farm {

void fill_standard_streams() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    // The lowest that is free is taken, which is this one.
    if (fcntl(descriptor, F_GETFD) < 0) open("/dev/null", O_RDWR);
  }
}

}  // namespace pia::farm
