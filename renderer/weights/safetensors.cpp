// SPDX-License-Identifier: Apache-2.0
#include "renderer/weights/safetensors.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "jobs/core/error.hpp"
#include "renderer/weights/sentence.hpp"

namespace pia::renderer {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kLongestHeader = 100'000'000;
constexpr int kDeepestHeader = 3;

struct TypeFacts {
  std::string_view word;
  std::size_t bytes;
};
constexpr std::array<TypeFacts, 13> kTypes = {{{"F32", 4},
                                               {"F16", 2},
                                               {"BF16", 2},
                                               {"F64", 8},
                                               {"I64", 8},
                                               {"I32", 4},
                                               {"I16", 2},
                                               {"I8", 1},
                                               {"U64", 8},
                                               {"U32", 4},
                                               {"U16", 2},
                                               {"U8", 1},
                                               {"BOOL", 1}}};

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw jobs::WeightError(name + " is not a whole safetensors file: " + why + "; fetch or convert it again");
}

std::uint64_t little_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;) value = value << 8U | std::to_integer<std::uint64_t>(bytes[i]);
  return value;
}

void refuse_pointer(std::span<const std::byte> bytes, const std::string& name) {
  constexpr std::string_view kPointer = "version https://git-lfs";
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kPointer)) return;
  throw jobs::WeightError(name + " is a Git LFS pointer, not the weights themselves; fetch them with " +
                          "git lfs pull, or copy the file from elsewhere");
}

std::string_view header_text(std::span<const std::byte> bytes, const std::string& name) {
  refuse_pointer(bytes, name);
  if (bytes.size() < kLengthBytes) refuse(name, "it has " + std::to_string(bytes.size()) + " bytes");
  const std::uint64_t length = little_endian(bytes);
  if (length > kLongestHeader) refuse(name, "its header would have " + std::to_string(length) + " bytes");
  if (length > bytes.size() - kLengthBytes) refuse(name, "it is cut within its header");
  return {reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, static_cast<std::size_t>(length)};
}

Json parse_header(std::string_view text, const std::string& name) {
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDeepestHeader) refuse(name, "its header is nested too deeply");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      refuse(name, "its header has " + in_quotes(parsed.get<std::string>()) + " twice");
    }
    return true;
  };
  try {
    Json header = Json::parse(text, watch);
    if (!header.is_object()) refuse(name, "its header is not an object");
    return header;
  } catch (const Json::exception&) {
    refuse(name, "its header is not JSON");
  }
}

std::uint64_t unsigned_number(const Json& value, const std::string& what, const std::string& name) {
  if (!value.is_number_unsigned()) refuse(name, what + " is not a whole number");
  return value.get<std::uint64_t>();
}

const Json& member(const Json& entry, const char* key, const std::string& tensor, const std::string& name) {
  const auto at = entry.find(key);
  if (at == entry.end()) refuse(name, "tensor " + in_quotes(tensor) + " has no \"" + key + "\"");
  return *at;
}

WeightType read_type(const Json& entry, const std::string& tensor, const std::string& name) {
  const Json& word = member(entry, "dtype", tensor, name);
  if (!word.is_string()) refuse(name, "the type of tensor " + in_quotes(tensor) + " is not a word");
  const auto type = weight_type_from_safetensors_word(word.get<std::string>());
  if (!type) {
    throw jobs::WeightError(name + ": tensor " + in_quotes(tensor) + " has the unknown type " +
                            in_quotes(word.get<std::string>()) + "; convert the file to F32, F16 or BF16");
  }
  return *type;
}

std::vector<std::int64_t> read_shape(const Json& entry, const std::string& tensor, const std::string& name) {
  const Json& dimensions = member(entry, "shape", tensor, name);
  if (!dimensions.is_array()) refuse(name, "the shape of tensor " + in_quotes(tensor) + " is not a list");
  std::vector<std::int64_t> shape;
  for (const Json& dimension : dimensions) {
    const std::uint64_t size = unsigned_number(dimension, "a dimension of " + in_quotes(tensor), name);
    if (!std::in_range<std::int64_t>(size))
      refuse(name, "a dimension of " + in_quotes(tensor) + " is out of range");
    shape.push_back(static_cast<std::int64_t>(size));
  }
  return shape;
}

std::span<const std::byte> read_range(const Json& entry, std::span<const std::byte> data,
                                      const std::string& tensor, const std::string& name) {
  const Json& offsets = member(entry, "data_offsets", tensor, name);
  if (!offsets.is_array() || offsets.size() != 2) {
    refuse(name, "the data_offsets of tensor " + in_quotes(tensor) + " are not two numbers");
  }
  const std::uint64_t begin = unsigned_number(offsets[0], "a data_offset of " + in_quotes(tensor), name);
  const std::uint64_t end = unsigned_number(offsets[1], "a data_offset of " + in_quotes(tensor), name);
  if (begin > end) refuse(name, "tensor " + in_quotes(tensor) + " ends before it begins");
  if (end > data.size()) {
    refuse(name, "tensor " + in_quotes(tensor) + " ends at byte " + std::to_string(end) + " of " +
                     std::to_string(data.size()) + " bytes of data");
  }
  return data.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

TensorView read_tensor(const std::string& tensor, const Json& entry, std::span<const std::byte> data,
                       const std::string& name) {
  if (!entry.is_object()) refuse(name, "the entry of tensor " + in_quotes(tensor) + " is not an object");
  TensorView view{.name = tensor,
                  .type = read_type(entry, tensor, name),
                  .shape = read_shape(entry, tensor, name),
                  .bytes = read_range(entry, data, tensor, name)};
  const auto elements = element_count(view.shape);
  const auto width = static_cast<std::int64_t>(bytes_per_element(view.type));
  std::int64_t size = 0;
  if (!elements || __builtin_mul_overflow(*elements, width, &size) ||
      std::cmp_not_equal(size, view.bytes.size())) {
    refuse(name, "tensor " + in_quotes(tensor) + " of shape " + shape_text(view.shape) + " has " +
                     std::to_string(view.bytes.size()) + " bytes");
  }
  return view;
}

std::map<std::string, std::string> read_metadata(const Json& entry, const std::string& name) {
  if (!entry.is_object()) refuse(name, "its __metadata__ is not an object");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : entry.items()) {
    if (!value.is_string()) refuse(name, "its __metadata__ holds something else than strings");
    metadata.emplace(key, value.get<std::string>());
  }
  return metadata;
}

/// The format allows neither gaps nor overlaps: tensors in order of offset tile the data.
void check_tiling(const std::vector<TensorView>& tensors, std::span<const std::byte> data,
                  const std::string& name) {
  std::vector<std::span<const std::byte>> ranges;
  ranges.reserve(tensors.size());
  for (const TensorView& tensor : tensors) ranges.push_back(tensor.bytes);
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) {
    return std::pair(a.data(), a.size()) < std::pair(b.data(), b.size());
  });
  const std::byte* at = data.data();
  for (const auto& range : ranges) {
    if (range.data() != at) refuse(name, "its tensors overlap or leave gaps");
    at += range.size();
  }
  if (at != data.data() + data.size()) refuse(name, "there is data after its last tensor");
}

}  // namespace

std::string_view safetensors_word(WeightType type) {
  return kTypes[static_cast<std::size_t>(type)].word;
}

std::optional<WeightType> weight_type_from_safetensors_word(std::string_view word) {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes[i].word == word) return static_cast<WeightType>(i);
  }
  return std::nullopt;
}

std::size_t bytes_per_element(WeightType type) {
  return kTypes[static_cast<std::size_t>(type)].bytes;
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

std::optional<std::int64_t> element_count(std::span<const std::int64_t> shape) {
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0 || __builtin_mul_overflow(count, dimension, &count)) return std::nullopt;
  }
  return count;
}

SafetensorsContent parse_safetensors(std::span<const std::byte> bytes, const std::string& name) {
  const std::string_view text = header_text(bytes, name);
  const auto data = bytes.subspan(kLengthBytes + text.size());
  const Json header = parse_header(text, name);
  SafetensorsContent content;
  for (const auto& [key, entry] : header.items()) {
    if (key == "__metadata__") {
      content.metadata = read_metadata(entry, name);
    } else {
      content.tensors.push_back(read_tensor(key, entry, data, name));
    }
  }
  check_tiling(content.tensors, data, name);
  return content;
}

}  // namespace pia::renderer
