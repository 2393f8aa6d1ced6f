// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/motion_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <utility>

#include "jobs/core/conversion.hpp"
#include "jobs/core/error.hpp"
#include "renderer/weights/component.hpp"
#include "renderer/weights/sentence.hpp"

namespace pia::renderer {
namespace {

constexpr std::size_t kMostLevels = 8;
constexpr std::size_t kMostModules = 16;
constexpr std::int64_t kMostChannels = 1 << 16;
constexpr std::int64_t kOfficialHeads = 8;
constexpr std::int64_t kOfficialGroups = 32;

using Words = std::pair<std::string_view, std::string_view>;
constexpr std::array<Words, 6> kRenames = {{{".temporal_transformer", ""},
                                            {".attention_blocks.0", ".attn1"},
                                            {".attention_blocks.1", ".attn2"},
                                            {".norms.0", ".norm1"},
                                            {".norms.1", ".norm2"},
                                            {".ff_norm", ".norm3"}}};

bool starts_with_one_of(const std::string& name, std::initializer_list<std::string_view> stems) {
  return std::any_of(stems.begin(), stems.end(),
                     [&](std::string_view stem) { return name.starts_with(stem); });
}

std::string without_module(const std::string& name) {
  return name.starts_with("module.") ? name.substr(7) : name;
}

std::optional<std::size_t> take_number(std::string_view& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

/// down_blocks.<level>.motion_modules.<module>.<rest>
struct ModuleKey {
  std::size_t level;
  std::size_t module;
  std::string_view rest;
};

std::optional<ModuleKey> parse_down_key(std::string_view key) {
  if (!take_word(key, "down_blocks.")) return std::nullopt;
  const auto level = take_number(key);
  if (!level || !take_word(key, ".motion_modules.")) return std::nullopt;
  const auto module = take_number(key);
  if (!module || !take_word(key, ".")) return std::nullopt;
  return ModuleKey{*level, *module, key};
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw jobs::WeightError(path + " is no PIA motion file: " + why +
                          "; give pia.safetensors in its official key names, or a MotionAdapter folder");
}

std::int64_t channels_of(const TensorView& norm, const std::string& path) {
  const bool sane = norm.shape.size() == 1 && norm.shape[0] > 0 && norm.shape[0] <= kMostChannels &&
                    norm.shape[0] % kOfficialGroups == 0;
  if (!sane) {
    refuse(path, in_quotes(norm.name) + " has the shape " + shape_text(norm.shape) +
                     ", not a multiple of the 32 groups of PIA's norms");
  }
  return norm.shape[0];
}

/// The tables' common length, nothing without tables.
std::optional<std::int64_t> table_length(const std::vector<SafetensorsFile>& files, const std::string& path) {
  std::optional<std::int64_t> length;
  for (const SafetensorsFile& file : files) {
    for (const TensorView& tensor : file.tensors()) {
      if (!tensor.name.ends_with(".pos_encoder.pe") && !tensor.name.ends_with(".pos_embed.pe")) continue;
      const bool table = tensor.shape.size() == 3 && tensor.shape[0] == 1 && tensor.shape[1] > 0 &&
                         tensor.shape[1] <= kMostChannels;
      if (!table || (length && *length != tensor.shape[1])) {
        refuse(path, in_quotes(tensor.name) + " has the shape " + shape_text(tensor.shape) +
                         (length ? ", expected [1, " + std::to_string(*length) + ", channels]" : ""));
      }
      length = tensor.shape[1];
    }
  }
  return length;
}

MotionConfig infer_config(const Component& component, const std::string& path) {
  std::array<std::int64_t, kMostLevels> channels{};
  std::array<std::int64_t, kMostLevels> modules{};
  std::size_t levels = 0;
  MotionConfig config;
  config.use_motion_mid_block = false;
  for (const auto& [key, tensor] : component.tensors) {
    config.use_motion_mid_block |= key.starts_with("mid_block.motion_modules.");
    const auto place = parse_down_key(key);
    if (!place) continue;
    if (place->level >= kMostLevels || place->module >= kMostModules)
      refuse(path, "it has " + in_quotes(key));
    levels = std::max(levels, place->level + 1);
    modules[place->level] = std::max(modules[place->level], static_cast<std::int64_t>(place->module) + 1);
    if (place->rest == "norm.weight") channels[place->level] = channels_of(tensor, path);
  }
  if (levels == 0) refuse(path, "it holds no motion modules");
  for (std::size_t i = 0; i < levels; ++i) {
    if (channels[i] == 0) refuse(path, "level " + std::to_string(i) + " has no motion_modules.*.norm.weight");
  }
  config.block_out_channels.assign(channels.begin(), channels.begin() + static_cast<std::ptrdiff_t>(levels));
  config.layers_per_block.assign(modules.begin(), modules.begin() + static_cast<std::ptrdiff_t>(levels));
  config.heads.assign(levels, kOfficialHeads);
  config.norm_num_groups = kOfficialGroups;
  const auto conv_in = component.tensors.find("conv_in.weight");
  if (conv_in != component.tensors.end() && conv_in->second.shape.size() == 4 &&
      conv_in->second.shape[1] <= kMostChannels) {
    config.conv_in_channels = conv_in->second.shape[1];
  }
  return config;
}

void refuse_diffusers_names(const std::vector<SafetensorsFile>& files, const std::string& path) {
  for (const TensorView& tensor : files.front().tensors()) {
    const bool motion = tensor.name.find(".motion_modules.") != std::string::npos;
    if (motion && tensor.name.find(".temporal_transformer.") == std::string::npos) {
      throw jobs::WeightError(path +
                              " has diffusers' key names; give its folder, whose config.json says the "
                              "number of heads and groups");
    }
  }
}

Part<MotionConfig> open_official(const std::string& path, Problems& problems) {
  for (const char* ending : {".ckpt", ".pt", ".pth", ".bin"}) {
    if (path.ends_with(ending)) {
      throw jobs::WeightError(path +
                              " is a pickle, which is not read; make a .safetensors of it and name that: " +
                              jobs::command_for_safetensors(path));
    }
  }
  Part<MotionConfig> part;
  part.files.emplace_back(path);
  refuse_diffusers_names(part.files, path);
  part.component = collect(path, part.files, canonical_motion_name, problems);
  part.config = infer_config(part.component, path);
  part.config.max_seq_length = table_length(part.files, path).value_or(part.config.max_seq_length);
  return part;
}

Part<MotionConfig> open_adapter(const std::string& folder, Problems& problems) {
  Part<MotionConfig> part;
  const ComponentFiles files = find_component(folder);
  const std::string config = folder + "/config.json";
  part.config = parse_motion_config(read_text(config), config);
  part.files = open_shards(files);
  part.component = collect(folder, part.files, canonical_name, problems);
  const auto length = table_length(part.files, folder);
  if (length && *length != part.config.max_seq_length) {
    problems.add(folder + ": its position tables have " + std::to_string(*length) +
                 " frames, its config's motion_max_seq_length is " +
                 std::to_string(part.config.max_seq_length));
  }
  return part;
}

}  // namespace

Meaning canonical_motion_name(const std::string& official) {
  std::string name = without_module(official);
  if (name == "global_step" || name == "epoch") return {};
  if (canonical_name(name).key.empty()) return {};
  if (name.find(".motion_modules.") == std::string::npos) {
    const bool spatial = starts_with_one_of(
        name, {"time_embedding.", "down_blocks.", "mid_block.", "up_blocks.", "conv_norm_out.", "conv_out."});
    return {spatial ? "" : name};
  }
  for (const auto& [from, to] : kRenames) {
    const std::size_t at = name.find(from);
    if (at != std::string::npos) name.replace(at, from.size(), to);
  }
  return {name};
}

std::string official_motion_name(const std::string& canonical) {
  constexpr std::string_view kModules = ".motion_modules.";
  const std::size_t modules = canonical.find(kModules);
  if (modules == std::string::npos) return canonical;
  std::string name = canonical;
  name.insert(name.find('.', modules + kModules.size()), kRenames.front().first);
  for (const auto& [from, to] : std::span(kRenames).subspan(1)) {
    const std::size_t at = name.find(std::string(to) + ".");
    if (at != std::string::npos) name.replace(at, to.size(), from);
  }
  return name;
}

std::string official_table_name(const std::string& official) {
  constexpr std::string_view kQuery = ".to_q.weight";
  if (!official.ends_with(kQuery)) return "";
  return official.substr(0, official.size() - kQuery.size()) + ".pos_encoder.pe";
}

void require_official_sizes(const MotionConfig& config) {
  const bool heads = std::ranges::all_of(config.heads, [](std::int64_t h) { return h == kOfficialHeads; });
  if (heads && config.norm_num_groups == kOfficialGroups) return;
  throw jobs::WeightError(
      "PIA's official key names go with 8 heads and 32 groups of norms, and this motion part has others; "
      "write "
      "motion_names = \"diffusers\" in [output]");
}

Part<MotionConfig> open_motion(const std::string& path, Problems& problems) {
  if (path.empty()) throw jobs::WeightError("No motion model is named; give PIA's motion folder or file");
  const PathKind kind = path_kind(path);
  if (kind == PathKind::none)
    throw jobs::WeightError(path + " is not there; check the path of the motion model");
  auto part = kind == PathKind::folder ? open_adapter(path, problems) : open_official(path, problems);
  check_layout(part.component, motion_layout(part.config), problems);
  return part;
}

}  // namespace pia::renderer
