// SPDX-License-Identifier: Apache-2.0
#include "farm/child/planned_files.hpp"

#include "farm/model_digest.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

void check_model(const jobs::FileRef& model, DigestCache& digests) {
  if (model_digest(model.path, digests) == model.digest) return;
  throw changed_since_planned(model.path);
}

}  // namespace

jobs::InputError changed_since_planned(const std::string& path) {
  return jobs::InputError(path + " has changed since the job was planned; run the job again");
}

void check_models(const jobs::Shot& shot, DigestCache& digests) {
  check_model(shot.model, digests);
  if (shot.base) check_model(*shot.base, digests);
  check_model(shot.motion, digests);
  for (const jobs::LoraUse& use : shot.loras) check_model(use.file, digests);
}

}  // namespace pia::farm
