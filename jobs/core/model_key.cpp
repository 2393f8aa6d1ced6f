// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/model_key.hpp"

#include "jobs/core/number.hpp"
#include "jobs/core/words.hpp"

namespace pia::jobs {

std::string model_key(const Shot& shot) {
  std::string key(to_word(shot.dtype));
  const auto add = [&key](const FileRef& file) { key += '\n' + to_hex(file.digest) + ' ' + file.path; };
  add(shot.model);
  add(shot.motion);
  if (shot.base) add(*shot.base);
  for (const LoraUse& use : shot.loras) {
    add(use.file);
    key += ' ' + number_text(use.weight) + ' ' + number_text(use.weight_te);
  }
  return key;
}

}  // namespace pia::jobs
