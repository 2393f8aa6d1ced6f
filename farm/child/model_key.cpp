// SPDX-License-Identifier: Apache-2.0
#include "farm/child/attempt.hpp"

namespace pia::farm {

std::string model_key(const jobs::Shot& shot) {
  return to_hex(shot.model.digest) + (shot.base ? to_hex(shot.base->digest) : "") +
         to_hex(shot.motion.digest) + std::string(jobs::to_word(shot.dtype));
}

}  // namespace pia::farm
