// SPDX-License-Identifier: Apache-2.0
#include "storage/latents_file.hpp"

#include <limits>

#include "jobs/core/error.hpp"

namespace pia::storage {
namespace {

H5Shape shape_of(const jobs::Latents& latents, const std::string& object) {
  require_consistent(latents.frames > 0 && latents.channels > 0 && latents.height > 0 && latents.width > 0,
                     "/" + object + " has an empty shape");
  const H5Shape shape = {static_cast<hsize_t>(latents.frames), static_cast<hsize_t>(latents.channels),
                         static_cast<hsize_t>(latents.height), static_cast<hsize_t>(latents.width)};
  require_consistent(latents.values.size() == shape[0] * shape[1] * shape[2] * shape[3],
                     "/" + object + " has not as many values as its shape says");
  return shape;
}

jobs::Latents shaped(const H5Reader& file, const hsize_t* shape) {
  jobs::Latents latents;
  latents.frames = extent(file, shape[0]);
  latents.channels = extent(file, shape[1]);
  latents.height = extent(file, shape[2]);
  latents.width = extent(file, shape[3]);
  return latents;
}

}  // namespace

void require_consistent(bool good, const std::string& sentence) {
  if (!good) {
    throw jobs::Error(jobs::ExitCode::internal, sentence + "; please report this as a bug of pia-farm");
  }
}

int extent(const H5Reader& file, hsize_t value) {
  if (value > static_cast<hsize_t>(std::numeric_limits<int>::max())) file.refuse("a shape is impossible");
  return static_cast<int>(value);
}

std::size_t latents_bytes(const std::vector<jobs::Latents>& stack) {
  std::size_t bytes = 0;
  for (const jobs::Latents& latents : stack) bytes += latents.values.size() * sizeof(float);
  return bytes;
}

void write_latents(H5Writer& file, const std::string& object, const jobs::Latents& latents) {
  file.array<float>(object, shape_of(latents, object), latents.values);
}

void write_stack(H5Writer& file, const std::string& object, const std::vector<jobs::Latents>& stack) {
  if (stack.empty()) return;
  H5Shape shape = shape_of(stack.front(), object);
  std::vector<float> values;
  values.reserve(stack.size() * stack.front().values.size());
  for (const jobs::Latents& latents : stack) {
    require_consistent(shape_of(latents, object) == shape, "/" + object + " has rows of different shapes");
    values.insert(values.end(), latents.values.begin(), latents.values.end());
  }
  shape.insert(shape.begin(), stack.size());
  file.array<float>(object, shape, values);
}

jobs::Latents read_latents(const H5Reader& file, const std::string& object) {
  auto array = file.array<float>(object, 4);
  jobs::Latents latents = shaped(file, array.shape.data());
  latents.values = std::move(array.values);
  return latents;
}

std::vector<jobs::Latents> read_stack(const H5Reader& file, const std::string& object) {
  std::vector<jobs::Latents> stack;
  if (!file.has(object)) return stack;
  const auto array = file.array<float>(object, 5);
  const std::size_t row = array.values.size() / array.shape[0];
  for (auto at = array.values.begin(); at != array.values.end(); at += static_cast<std::ptrdiff_t>(row)) {
    stack.push_back(shaped(file, array.shape.data() + 1));
    stack.back().values.assign(at, at + static_cast<std::ptrdiff_t>(row));
  }
  return stack;
}

}  // namespace pia::storage
