// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/lora.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "jobs/core/error.hpp"
#include "renderer/weights/sentence.hpp"

namespace pia::renderer {
namespace {

enum class Role { down, up, alpha };

/// What a tensor's name in the file says.
struct Meant {
  std::string layer;  ///< as kohya writes it: "lora_unet_down_blocks_0_…_to_q"
  Role role;
};

/// A layer of the target.
struct Layer {
  bool is_text = false;
  const ExpectedTensor* weight = nullptr;
};

/// What the file has for one layer.
struct Found {
  const TensorView* down = nullptr;
  const TensorView* up = nullptr;
  const TensorView* alpha = nullptr;
};

/// Everything that is wrong with the file; most of it is told as a number.
class Faults {
 public:
  void add(const std::string& fault) {
    constexpr std::size_t kShown = 3;
    if (++count_ <= kShown) text_ += (text_.empty() ? "" : "; ") + fault;
    if (count_ == kShown) shown_ = count_;
  }

  void finish(const std::string& path) const {
    if (count_ == 0) return;
    const std::size_t more = shown_ == 0 ? 0 : count_ - shown_;
    // What to do comes first.
    throw jobs::WeightError(path +
                            " is no LoRA for this model (leave it out, or take one of Stable Diffusion 1.5's "
                            "architecture, whole, in kohya's or diffusers' key names): " +
                            text_ + (more == 0 ? "" : "; and " + std::to_string(more) + " more"));
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
  std::size_t shown_ = 0;
};

std::string underscored(std::string name) {
  std::ranges::replace(name, '.', '_');
  return name;
}

// diffusers before peft: "unet.….attn1.processor.to_q_lora.down.weight".
std::string without_processor(std::string name) {
  constexpr std::string_view kProcessor = ".processor.to_";
  const std::size_t at = name.find(kProcessor);
  if (at == std::string::npos) return name;
  name.erase(at, kProcessor.size() - std::string_view(".to_").size());
  for (const auto& [older, today] :
       {std::pair(".to_out_lora.", ".to_out.0.lora."), std::pair("_lora.", ".lora.")}) {
    const std::size_t old = name.find(older, at);
    if (old != std::string::npos) return name.replace(old, std::string_view(older).size(), today);
  }
  return name;
}

std::optional<Meant> meaning_of(const std::string& file_name) {
  using Suffix = std::pair<std::string_view, Role>;
  static constexpr std::array<Suffix, 9> kSuffixes = {{{".lora_down.weight", Role::down},
                                                       {".lora_up.weight", Role::up},
                                                       {".alpha", Role::alpha},
                                                       {".lora_A.weight", Role::down},
                                                       {".lora_B.weight", Role::up},
                                                       {".lora.down.weight", Role::down},
                                                       {".lora.up.weight", Role::up},
                                                       {".lora_linear_layer.down.weight", Role::down},
                                                       {".lora_linear_layer.up.weight", Role::up}}};
  const std::string name = without_processor(file_name);
  for (const auto& [suffix, role] : kSuffixes) {
    if (!name.ends_with(suffix)) continue;
    const std::string stem = name.substr(0, name.size() - suffix.size());
    if (stem.starts_with("lora_")) return Meant{stem, role};
    if (stem.starts_with("unet.")) return Meant{underscored("lora_" + stem), role};
    constexpr std::string_view kText = "text_encoder.";
    if (stem.starts_with(kText)) return Meant{underscored("lora_te_" + stem.substr(kText.size())), role};
  }
  return std::nullopt;
}

void add_layers(const char* prefix, bool is_text, const std::vector<ExpectedTensor>& layout,
                std::map<std::string, Layer>& layers) {
  constexpr std::string_view kEnd = ".weight";
  for (const ExpectedTensor& tensor : layout) {
    if (tensor.shape.size() < 2 || !tensor.name.ends_with(kEnd)) continue;
    const std::string stem = tensor.name.substr(0, tensor.name.size() - kEnd.size());
    layers.emplace(prefix + underscored(stem), Layer{.is_text = is_text, .weight = &tensor});
  }
}

double half_value(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 1023;
  double value = std::ldexp(exponent == 0 ? fraction : 1024 + fraction, std::max(exponent, 1) - 25);
  if (exponent == 31) value = std::numeric_limits<double>::infinity();
  return (bits & 0x8000) != 0 ? -value : value;
}

template <class Number>
Number first_of(const TensorView& tensor) {
  Number number{};
  PIA_ASSERT(tensor.bytes.size() == sizeof number);
  std::memcpy(&number, tensor.bytes.data(), sizeof number);
  return number;
}

/// Of a tensor of one number; nothing for any other.
std::optional<double> number_in(const TensorView& tensor) {
  if (element_count(tensor.shape) != 1) return std::nullopt;
  switch (tensor.type) {
    case WeightType::fp64:
      return first_of<double>(tensor);
    case WeightType::fp32:
      return first_of<float>(tensor);
    case WeightType::fp16:
      return half_value(first_of<std::uint16_t>(tensor));
    case WeightType::bf16:
      return std::bit_cast<float>(std::uint32_t{first_of<std::uint16_t>(tensor)} << 16U);
    case WeightType::int64:
      return static_cast<double>(first_of<std::int64_t>(tensor));
    case WeightType::int32:
      return first_of<std::int32_t>(tensor);
    default:
      return std::nullopt;
  }
}

bool is_matrix(const TensorView& tensor, std::int64_t rows, std::int64_t columns) {
  const bool is_weight =
      tensor.type == WeightType::fp32 || tensor.type == WeightType::fp16 || tensor.type == WeightType::bf16;
  return is_weight && tensor.shape.size() >= 2 && tensor.shape[0] == rows &&
         element_count(tensor.shape) == rows * columns;
}

/// Nothing where something is wrong, which is then among the faults.
std::optional<LowRank> low_rank(const std::string& name, const Found& found, const ExpectedTensor& weight,
                                Faults& faults) {
  if (found.down == nullptr || found.up == nullptr) {
    faults.add(in_quotes(name) + " lacks its " + (found.down == nullptr ? "lora_down" : "lora_up"));
    return std::nullopt;
  }
  const std::int64_t out = weight.shape[0];
  const std::int64_t in = *element_count(weight.shape) / out;
  const std::int64_t rank = found.down->shape.empty() ? 0 : found.down->shape[0];
  constexpr std::int64_t kMostRank = 1 << 16;
  if (rank < 1 || rank > kMostRank || !is_matrix(*found.down, rank, in) || !is_matrix(*found.up, out, rank)) {
    faults.add(in_quotes(name) + " has the shapes " + shape_text(found.down->shape) + " and " +
               shape_text(found.up->shape) + ", which don't make a weight of " + shape_text(weight.shape));
    return std::nullopt;
  }
  const auto alpha =
      found.alpha == nullptr ? std::optional(static_cast<double>(rank)) : number_in(*found.alpha);
  const double scale = alpha.value_or(0) / static_cast<double>(rank);
  constexpr double kMostScale = 1e6;
  // Not a number is no less than that.
  if (!alpha || !(std::abs(scale) <= kMostScale)) {
    faults.add(in_quotes(name + ".alpha") + " is not one number, or a huge one");
    return std::nullopt;
  }
  return LowRank{.down = *found.down, .up = *found.up, .scale = scale};
}

std::map<std::string, Found> found_in(std::span<const TensorView> tensors, Faults& faults) {
  std::map<std::string, Found> found;
  for (const TensorView& tensor : tensors) {
    const auto meant = meaning_of(tensor.name);
    if (!meant) {
      faults.add(
          in_quotes(tensor.name) +
          " is no part of a LoRA in kohya's or diffusers' names (LoHa, LoKr and DoRA are not rendered)");
      continue;
    }
    Found& layer = found[meant->layer];
    const TensorView*& place = meant->role == Role::down ? layer.down
                               : meant->role == Role::up ? layer.up
                                                         : layer.alpha;
    if (place != nullptr) faults.add(in_quotes(tensor.name) + " is there twice, by two names");
    place = &tensor;
  }
  return found;
}

// diffusers after 0.33 keeps alpha there; where it is the rank it says nothing.
void check_metadata(const std::map<std::string, std::string>& metadata, Faults& faults) {
  const auto told = metadata.find("lora_adapter_metadata");
  if (told == metadata.end()) return;
  const auto json = nlohmann::json::parse(told->second, nullptr, false);
  for (const std::string component : {"unet.", "text_encoder."}) {
    const auto number = [&](const char* key) {
      const auto found = json.is_object() ? json.find(component + key) : json.end();
      return json.is_object() && found != json.end() && found->is_number() ? found->get<double>() : -1;
    };
    if (number("lora_alpha") == number("r")) continue;
    faults.add("its header has a lora_alpha that is not its rank, which is not read");
  }
}

}  // namespace

LoraLayers lora_layers(std::span<const TensorView> tensors,
                       const std::map<std::string, std::string>& metadata, const std::string& path,
                       const LoraTarget& target) {
  std::map<std::string, Layer> layers;
  add_layers("lora_unet_", false, target.unet, layers);
  add_layers("lora_te_", true, target.text_encoder, layers);
  LoraLayers lora;
  Faults faults;
  if (tensors.empty()) faults.add("it holds nothing");
  check_metadata(metadata, faults);
  for (const auto& [name, found] : found_in(tensors, faults)) {
    const auto layer = layers.find(name);
    if (layer == layers.end()) {
      faults.add(in_quotes(name) + " is no layer of this model");
      continue;
    }
    const ExpectedTensor& weight = *layer->second.weight;
    if (auto change = low_rank(name, found, weight, faults)) {
      (layer->second.is_text ? lora.text_encoder : lora.unet)[weight.name] = {std::move(*change)};
    }
  }
  faults.finish(path);
  return lora;
}

LoraFile open_lora(const std::string& path, const LoraTarget& target) {
  SafetensorsFile file(path);
  LoraLayers layers = lora_layers(file.tensors(), file.metadata(), path, target);
  return {.file = std::move(file), .layers = std::move(layers)};
}

}  // namespace pia::renderer
