// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pia::renderer {

/// The element types of safetensors files. Weights that the renderer uses are fp32, fp16 or bf16; the others
/// occur in tensors that are ignored (position_ids).
enum class WeightType {
  fp32,
  fp16,
  bf16,
  fp64,
  int64,
  int32,
  int16,
  int8,
  uint64,
  uint32,
  uint16,
  uint8,
  boolean,
};

/// The format's own word: "F32", "F16", "BF16", "I64", ...
std::string_view safetensors_word(WeightType type);
std::optional<WeightType> weight_type_from_safetensors_word(std::string_view word);
std::size_t bytes_per_element(WeightType type);

/// A named tensor in somebody's memory: row-major, little-endian, contiguous. `bytes` need not be aligned to
/// the element's size (the format does not promise it): copy, or check the address.
struct TensorView {
  std::string name;
  WeightType type = WeightType::fp32;
  std::vector<std::int64_t> shape;   ///< empty for a scalar
  std::span<const std::byte> bytes;  ///< product(shape) * bytes_per_element(type) of them
};

/// "[320, 4, 3, 3]".
std::string shape_text(std::span<const std::int64_t> shape);

/// The product, or nothing if a dimension is negative or the product does not fit.
std::optional<std::int64_t> element_count(std::span<const std::int64_t> shape);

/// What a safetensors header says; the views point into the bytes that were parsed.
struct SafetensorsContent {
  std::vector<TensorView> tensors;              ///< sorted by name
  std::map<std::string, std::string> metadata;  ///< the header's "__metadata__"
};

/// Parses a whole file's bytes: 8 bytes of little-endian header length N, N bytes of JSON, the data. Every
/// bound is checked: N <= 100,000,000 and within the file; offsets within the data, begin <= end, their
/// difference equal to the size that shape and type give; no tensor overlaps another, no name twice.
/// `name` stands for the bytes in sentences. Throws jobs::WeightError.
SafetensorsContent parse_safetensors(std::span<const std::byte> bytes, const std::string& name);

/// A file mapped read-only; its views live as long as the object (moving it keeps them valid). Nothing is
/// read from the disk but the header, until a view's bytes are touched. A file that somebody shortens while
/// it is mapped kills the process that touches the lost part (SIGBUS): replace model files by rename.
class SafetensorsFile {
 public:
  /// Throws jobs::WeightError: missing, unreadable, empty, not a regular file, or broken.
  explicit SafetensorsFile(std::string path);
  ~SafetensorsFile();
  SafetensorsFile(SafetensorsFile&& other) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&& other) noexcept;

  const std::string& path() const { return path_; }
  const std::vector<TensorView>& tensors() const { return content_.tensors; }
  const std::map<std::string, std::string>& metadata() const { return content_.metadata; }

 private:
  std::string path_;
  std::span<const std::byte> mapping_;
  SafetensorsContent content_;
};

/// The bytes of a file with these tensors, in the given order; the header is padded so that data starts at a
/// multiple of 8. Names must differ and sizes must fit (asserted).
std::vector<std::byte> safetensors_bytes(std::span<const TensorView> tensors,
                                         const std::map<std::string, std::string>& metadata = {});

/// The same bytes up to where the data begins; data follows tensor by tensor without gaps. `bytes` of the
/// views is not looked at: for writers that make their tensors one after the other.
std::vector<std::byte> safetensors_header(std::span<const TensorView> tensors,
                                          const std::map<std::string, std::string>& metadata = {});

}  // namespace pia::renderer
