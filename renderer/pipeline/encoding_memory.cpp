// SPDX-License-Identifier: Apache-2.0
#include "renderer/pipeline/encoding_memory.hpp"

#include <algorithm>

namespace pia::renderer {

at::Tensor EncodingMemory::encoding(const std::string& key, const std::function<at::Tensor()>& make) {
  const auto found =
      std::find_if(kept_.begin(), kept_.end(), [&key](const auto& one) { return one.first == key; });
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
    return found->second;
  }
  const at::Tensor encoded = make();
  ++made_;
  kept_.emplace_front(key, encoded);
  if (kept_.size() > most_) kept_.pop_back();
  return encoded;
}

}  // namespace pia::renderer
