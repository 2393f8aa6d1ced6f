// SPDX-License-Identifier: Apache-2.0
#include "storage/checkpoint_file.hpp"

#include <limits>

#include "storage/latents_file.hpp"
#include "storage/seal.hpp"

namespace pia::storage {
namespace {

constexpr std::int64_t kCheckpointVersion = 1;

}  // namespace

std::vector<std::byte> encode_checkpoint(const jobs::Checkpoint& checkpoint) {
  require_consistent(checkpoint.next_step >= 0, "a checkpoint has a negative step");
  H5Writer file(checkpoint.latents.values.size() * sizeof(float) + latents_bytes(checkpoint.kept) +
                latents_bytes(checkpoint.sampler_history) + checkpoint.generator_state.size());
  file.attribute("format_version", kCheckpointVersion);
  file.attribute("shot_id", jobs::to_hex(checkpoint.shot));
  file.attribute("next_step", std::int64_t{checkpoint.next_step});
  file.attribute("dtype", std::string(jobs::to_word(checkpoint.dtype)));
  file.attribute("device_kind", checkpoint.device_kind);
  write_latents(file, "latents", checkpoint.latents);
  write_stack(file, "sampler_history", checkpoint.sampler_history);
  write_stack(file, "kept", checkpoint.kept);
  if (!checkpoint.generator_state.empty()) {
    const auto* state = reinterpret_cast<const std::uint8_t*>(checkpoint.generator_state.data());
    file.array<std::uint8_t>("generator_state", {checkpoint.generator_state.size()},
                             {state, checkpoint.generator_state.size()});
  }
  std::vector<std::byte> bytes = file.image();
  seal(bytes, FileKind::checkpoint);
  return bytes;
}

jobs::Checkpoint decode_checkpoint(std::span<const std::byte> bytes, const jobs::ShotId& id,
                                   const std::string& path) {
  const H5Reader file(unseal(bytes, FileKind::checkpoint, path), path);
  const std::int64_t version = file.integer_attribute("format_version");
  if (version != kCheckpointVersion) {
    file.refuse("it has format version " + std::to_string(version) + " and needs a newer pia-farm");
  }
  if (file.text_attribute("shot_id") != jobs::to_hex(id)) file.refuse("it belongs to another shot");
  const std::int64_t step = file.integer_attribute("next_step");
  if (step < 0 || step > std::numeric_limits<int>::max()) file.refuse("its step is impossible");
  const auto dtype = jobs::from_word<jobs::Dtype>(file.text_attribute("dtype"));
  if (!dtype) file.refuse("its dtype is unknown");
  jobs::Checkpoint checkpoint;
  checkpoint.shot = id;
  checkpoint.next_step = static_cast<int>(step);
  checkpoint.dtype = *dtype;
  checkpoint.device_kind = file.text_attribute("device_kind");
  checkpoint.latents = read_latents(file, "latents");
  checkpoint.sampler_history = read_stack(file, "sampler_history");
  checkpoint.kept = read_stack(file, "kept");
  if (file.has("generator_state")) {
    const auto state = file.array<std::uint8_t>("generator_state", 1);
    for (const std::uint8_t byte : state.values) checkpoint.generator_state.push_back(std::byte{byte});
  }
  return checkpoint;
}

}  // namespace pia::storage
