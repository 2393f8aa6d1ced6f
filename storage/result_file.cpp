// SPDX-License-Identifier: Apache-2.0
#include "storage/result_file.hpp"

#include "storage/latents_file.hpp"
#include "storage/seal.hpp"

namespace pia::storage {
namespace {

constexpr std::int64_t kResultVersion = 1;

void write_labels(H5Writer& file, const jobs::ShotResult& result) {
  file.attribute("format_version", kResultVersion);
  file.attribute("shot_id", jobs::to_hex(result.id));
  file.attribute("name", result.name);
  file.attribute("load_seconds", result.timings.load);
  file.attribute("encode_seconds", result.timings.encode);
  file.attribute("denoise_seconds", result.timings.denoise);
  file.attribute("decode_seconds", result.timings.decode);
  file.attribute("steps_done", std::int64_t{result.timings.steps_done});
  file.attribute("device_kind", result.provenance.device_kind);
  file.attribute("device_name", result.provenance.device_name);
  file.attribute("threads", std::int64_t{result.provenance.threads});
  file.attribute("build", result.provenance.build);
}

void read_labels(const H5Reader& file, jobs::ShotResult& result) {
  result.name = file.text_attribute("name");
  result.timings = {.load = file.real_attribute("load_seconds"),
                    .encode = file.real_attribute("encode_seconds"),
                    .denoise = file.real_attribute("denoise_seconds"),
                    .decode = file.real_attribute("decode_seconds"),
                    .steps_done = static_cast<int>(file.integer_attribute("steps_done"))};
  result.provenance = {.device_kind = file.text_attribute("device_kind"),
                       .device_name = file.text_attribute("device_name"),
                       .threads = static_cast<int>(file.integer_attribute("threads")),
                       .build = file.text_attribute("build")};
}

jobs::Clip read_clip(const H5Reader& file) {
  auto frames = file.array<std::uint8_t>("frames", 4);
  if (frames.shape[3] != 3) file.refuse("/frames is not RGB");
  return {.frames = extent(file, frames.shape[0]),
          .width = extent(file, frames.shape[2]),
          .height = extent(file, frames.shape[1]),
          .rgb = std::move(frames.values)};
}

void require_consistent_result(const jobs::ShotResult& result) {
  const std::string shot = "the result of shot " + jobs::to_hex(result.id);
  require_consistent(jobs::ShotId{jobs::sha256(result.recipe)} == result.id,
                     shot + " has a recipe that is not its own");
  const jobs::Clip& clip = result.clip;
  require_consistent(clip.frames > 0 && clip.width > 0 && clip.height > 0 &&
                         clip.rgb.size() == static_cast<std::size_t>(clip.frames) * clip.frame_bytes(),
                     shot + " has frames of another size than it says");
  require_consistent(result.step_latents.empty() ? result.timesteps.empty()
                                                 : result.timesteps.size() + 1 == result.step_latents.size(),
                     shot + " has not one timestep a step");
}

}  // namespace

std::vector<std::byte> encode_result(const jobs::ShotResult& result) {
  require_consistent_result(result);
  const jobs::Clip& clip = result.clip;
  H5Writer file(clip.rgb.size() + latents_bytes(result.step_latents) +
                (result.latents ? result.latents->values.size() * sizeof(float) : 0));
  write_labels(file, result);
  file.text("recipe", result.recipe);
  file.array<std::uint8_t>("frames",
                           {static_cast<hsize_t>(clip.frames), static_cast<hsize_t>(clip.height),
                            static_cast<hsize_t>(clip.width), 3},
                           clip.rgb);
  if (result.latents) write_latents(file, "latents", *result.latents);
  write_stack(file, "steps/latents", result.step_latents);
  if (!result.timesteps.empty()) {
    file.array<std::int64_t>("steps/timesteps", {result.timesteps.size()}, result.timesteps);
  }
  std::vector<std::byte> bytes = file.image();
  seal(bytes, FileKind::result);
  return bytes;
}

jobs::ShotResult decode_result(std::span<const std::byte> bytes, const jobs::ShotId& id,
                               const std::string& path) {
  const H5Reader file(unseal(bytes, FileKind::result, path), path);
  const std::int64_t version = file.integer_attribute("format_version");
  if (version != kResultVersion) {
    file.refuse("it has format version " + std::to_string(version) + " and needs a newer pia-farm");
  }
  jobs::ShotResult result;
  result.id = id;
  result.recipe = file.text("recipe");
  if (file.text_attribute("shot_id") != jobs::to_hex(id)) file.refuse("it belongs to another shot");
  if (jobs::ShotId{jobs::sha256(result.recipe)} != id) file.refuse("its recipe is not the shot's");
  read_labels(file, result);
  result.clip = read_clip(file);
  if (file.has("latents")) result.latents = read_latents(file, "latents");
  result.step_latents = read_stack(file, "steps/latents");
  if (file.has("steps/timesteps")) result.timesteps = file.array<std::int64_t>("steps/timesteps", 1).values;
  return result;
}

}  // namespace pia::storage
