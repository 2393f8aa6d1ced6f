// SPDX-License-Identifier: Apache-2.0
#include "farm/catalog.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "farm/media/image_file.hpp"
#include "farm/model_digest.hpp"
#include "jobs/core/conversion.hpp"
#include "jobs/core/error.hpp"
#include "renderer/weights/model.hpp"

namespace pia::farm {
namespace {

namespace fs = std::filesystem;

template <class Facts, class Find>
const std::variant<Facts, dsl::Trouble>& kept(std::map<std::string, std::variant<Facts, dsl::Trouble>>& known,
                                              const std::string& path, Find find) {
  const auto found = known.find(path);
  if (found != known.end()) return found->second;
  try {
    return known.emplace(path, find()).first->second;
  } catch (const jobs::Error& error) {
    // The fault of this machine, not of the file.
    if (error.code() == jobs::ExitCode::unavailable) throw;
    return known.emplace(path, dsl::Trouble{error.what()}).first->second;
  }
}

constexpr int kMotionFrames = 32;
constexpr int kTextLayers = 12;
constexpr int kVaeFactor = 8;

/// Pickled files are not looked into: they may hold anything.
dsl::ModelFacts pickled_file(const jobs::Digest& digest) {
  return {.digest = digest,
          .vae_factor = kVaeFactor,
          .motion_frames = kMotionFrames,
          .has_unet = true,
          .has_vae = true,
          .has_text_encoder = true,
          .has_motion = true,
          .text_layers = kTextLayers,
          .is_single_file = true};
}

bool is_pickled(const std::string& path) {
  static constexpr std::array<const char*, 4> kEndings = {".ckpt", ".pt", ".pth", ".bin"};
  return std::find(kEndings.begin(), kEndings.end(), fs::path(path).extension()) != kEndings.end();
}

/// What a .safetensors of another program holds, by its tensors' names; nothing if it is not such a one.
std::optional<dsl::ModelFacts> single_file(const std::string& path) {
  const renderer::SafetensorsFile file(path);
  const auto holds = [&](std::initializer_list<std::string_view> stems) {
    return std::any_of(file.tensors().begin(), file.tensors().end(), [&](const renderer::TensorView& tensor) {
      return std::any_of(stems.begin(), stems.end(),
                         [&](std::string_view stem) { return tensor.name.starts_with(stem); });
    });
  };
  dsl::ModelFacts facts{.digest = {},
                        .has_unet = holds({"model.diffusion_model."}),
                        .has_vae = holds({"first_stage_model.", "decoder.", "encoder."}),
                        .has_text_encoder = holds({"cond_stage_model."}),
                        .is_single_file = true};
  facts.vae_factor = facts.has_vae ? kVaeFactor : 0;
  facts.text_layers = facts.has_text_encoder ? kTextLayers : 0;
  const bool is_one = facts.has_unet || facts.has_vae || facts.has_text_encoder;
  return is_one ? std::optional(facts) : std::nullopt;
}

}  // namespace

dsl::Catalog::Kind FileCatalog::kind(const std::string& path) const {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) return Kind::folder;
  return fs::is_regular_file(status) ? Kind::file : Kind::none;
}

std::vector<std::string> FileCatalog::list(const std::string& folder) const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::variant<std::string, dsl::Trouble> FileCatalog::text(const std::string& path) const {
  constexpr std::uintmax_t kMostBytes = std::uintmax_t{1} << 20U;
  std::error_code error;
  if (kind(path) != Kind::file) return dsl::Trouble{path + " is not there, or is no file; check the path"};
  if (fs::file_size(path, error) > kMostBytes)
    return dsl::Trouble{path + " is larger than 1 MiB; is it a text?"};
  // An iterator over the file would throw where its disk fails.
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (!file || !text) return dsl::Trouble{path + " can't be read; check its permissions and its disk"};
  return text.str();
}

std::variant<dsl::ImageFacts, dsl::Trouble> FileCatalog::image(const std::string& path) const {
  return kept(images_, path, [&] {
    const std::vector<std::byte> bytes = picture_bytes(path);
    const ImageHeader header = probe_image_bytes(bytes, path);
    const jobs::Digest digest = jobs::sha256(bytes);
    pictures_.require(bytes, digest, path);
    return dsl::ImageFacts{.digest = digest, .size = header.size};
  });
}

std::variant<dsl::ModelFacts, dsl::Trouble> FileCatalog::model(const std::string& path) const {
  return kept(models_, path, [&] {
    if (kind(path) == Kind::file && is_pickled(path)) return pickled_file(digests_.digest(path));
    if (kind(path) == Kind::file && path.ends_with(".safetensors")) {
      if (auto facts = single_file(path)) {
        facts->digest = digests_.digest(path);
        return *facts;
      }
    }
    const renderer::Inspection found = renderer::inspect(path);
    return dsl::ModelFacts{.digest = model_digest(path, digests_),
                           .vae_factor = found.vae_factor,
                           .motion_frames = found.motion_frames,
                           .has_unet = found.has_unet,
                           .has_vae = found.has_vae,
                           .has_text_encoder = found.has_text_encoder,
                           .has_motion = found.has_motion,
                           .text_layers = found.text_layers,
                           .unused_tensors = found.ignored};
  });
}

std::variant<jobs::Digest, dsl::Trouble> FileCatalog::digest(const std::string& path) const {
  return kept(others_, path, [&] { return digests_.digest(path); });
}

std::optional<dsl::Trouble> FileCatalog::lora_trouble(const std::string& lora, const std::string& model,
                                                      const std::string& base) const {
  if (is_pickled(lora)) {
    return dsl::Trouble{lora + " is pickled, which is not read; make a .safetensors of it and name that: " +
                        jobs::command_for_safetensors(lora)};
  }
  try {
    renderer::require_lora(lora, model, base);
  } catch (const jobs::Error& error) {
    return dsl::Trouble{error.what()};
  }
  return std::nullopt;
}

}  // namespace pia::farm
