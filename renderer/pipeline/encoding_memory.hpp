// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/TensorBody.h>

#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <utility>

namespace pia::renderer {

/// What a resident model has encoded lately, so that the shots of a grid need not encode the same prompts and
/// pictures again. The tensors are the same bytes as if made anew; nobody may write into them. One thread.
class EncodingMemory {
 public:
  /// Keeps at most `most` encodings, the least recently used go first: 64 prompts of SD1.5 take 15 MB.
  explicit EncodingMemory(std::size_t most = 64) : most_(most) {}

  /// The encoding under `key`, or else what `make` gives, which is kept. What `make` throws passes through.
  at::Tensor encoding(const std::string& key, const std::function<at::Tensor()>& make);

  /// How many were really made.
  int made() const { return made_; }

 private:
  std::size_t most_;
  std::list<std::pair<std::string, at::Tensor>> kept_;  ///< the last used first
  int made_ = 0;
};

}  // namespace pia::renderer
