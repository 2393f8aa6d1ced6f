// SPDX-License-Identifier: Apache-2.0
#include "farm/model_digest.hpp"

#include <filesystem>

#include "renderer/weights/model.hpp"

namespace pia::farm {

jobs::Digest model_digest(const std::string& path, DigestCache& digests) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return digests.digest(path);
  std::string lines;
  for (const std::string& name : renderer::model_files(path)) {
    lines += name;
    lines += '\0';
    lines += to_hex(digests.digest(path + "/" + name)) + "\n";
  }
  return jobs::sha256(lines);
}

}  // namespace pia::farm
