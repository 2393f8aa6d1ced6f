// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "jobs/core/digest.hpp"

namespace pia::jobs {

/// A named array: fp32 or int64, little-endian, row-major; as many bytes as its shape says.
struct NamedArray {
  std::string name;                 ///< any but "": a path of parts, such as "unet/conv_in.weight"
  std::vector<std::int64_t> shape;  ///< empty: a scalar
  enum class Type { fp32, int64 } type = Type::fp32;
  std::vector<std::byte> bytes;
  bool operator==(const NamedArray&) const = default;
};

/// All that is needed to go on with a training as if nothing had happened: the same bytes come out.
struct TrainingCheckpoint {
  Digest identity;        ///< of the training: another one's is not resumed
  std::int64_t step = 0;  ///< steps done
  std::string curve;      ///< loss.tsv so far, which is a copy of it
  std::string device_kind = "cpu";
  std::vector<NamedArray> arrays;
  bool operator==(const TrainingCheckpoint&) const = default;
};

}  // namespace pia::jobs
