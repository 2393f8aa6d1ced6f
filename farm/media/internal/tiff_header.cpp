// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <vector>

#include "farm/media/internal/image_headers.hpp"

namespace pia::farm {
namespace {

constexpr std::uint32_t kWidth = 256;
constexpr std::uint32_t kHeight = 257;
constexpr std::uint32_t kStripOffsets = 273;
constexpr std::uint32_t kOrientation = 274;
constexpr std::uint32_t kStripBytes = 279;
constexpr std::uint32_t kTileOffsets = 324;
constexpr std::uint32_t kExtraSamples = 338;
constexpr std::uint32_t kTileBytes = 325;

PictureBytes in_its_order(const PictureBytes& file) {
  return {file.bytes, file.name, file.has(0, "II") ? ByteOrder::little : ByteOrder::big};
}

/// Where the first directory's entry for `tag` is, 12 bytes each.
std::optional<std::size_t> find_entry(const PictureBytes& file, std::uint32_t tag) {
  const std::size_t directory = file.u32(4);
  const std::size_t count = file.u16(directory);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = directory + 2 + 12 * i;
    if (file.u16(at) == tag) return at;
  }
  return std::nullopt;
}

/// An entry's SHORT or LONG values; none if it has another type.
std::vector<std::uint32_t> values(const PictureBytes& file, std::size_t entry) {
  const std::uint32_t type = file.u16(entry + 2);
  const std::size_t count = file.u32(entry + 4);
  if (type != 3 && type != 4) return {};
  const std::size_t each = type == 3 ? 2 : 4;
  const std::size_t at = each * count <= 4 ? entry + 8 : file.u32(entry + 8);
  file.part(at, each * count);
  std::vector<std::uint32_t> all(count);
  for (std::size_t i = 0; i < count; ++i) {
    all[i] = type == 3 ? file.u16(at + 2 * i) : file.u32(at + 4 * i);
  }
  return all;
}

std::vector<std::uint32_t> values_of_tag(const PictureBytes& file, std::uint32_t tag) {
  const auto entry = find_entry(file, tag);
  return entry ? values(file, *entry) : std::vector<std::uint32_t>();
}

/// 1 without the tag, or where its value is none of 1..8.
int orientation_in(const PictureBytes& file) {
  const auto found = values_of_tag(file, kOrientation);
  return found.size() == 1 && found[0] >= 1 && found[0] <= 8 ? static_cast<int>(found[0]) : 1;
}

void check_pixels_are_there(const PictureBytes& file) {
  for (const auto& [offsets_tag, bytes_tag] :
       {std::pair(kStripOffsets, kStripBytes), std::pair(kTileOffsets, kTileBytes)}) {
    const auto offsets = values_of_tag(file, offsets_tag);
    const auto lengths = values_of_tag(file, bytes_tag);
    if (offsets.empty()) continue;
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      file.part(offsets[i], i < lengths.size() ? lengths[i] : 0);
    }
    return;
  }
  file.broken("it holds no pixel data");
}

}  // namespace

int exif_orientation(const PictureBytes& block) {
  const std::size_t start = block.has(0, std::string_view("Exif\0\0", 6)) ? 6 : 0;
  const PictureBytes tiff = in_its_order(block.part(start, block.size() - start));
  if (tiff.size() < 8 || (!tiff.has(0, "II*") && !tiff.has(0, std::string_view("MM\0*", 4)))) return 1;
  const std::size_t directory = tiff.u32(4);
  if (directory > tiff.size() || tiff.size() - directory < 2) return 1;
  if ((tiff.size() - directory - 2) / 12 < tiff.u16(directory)) return 1;
  const auto entry = find_entry(tiff, kOrientation);
  if (!entry || tiff.u16(*entry + 2) != 3 || tiff.u32(*entry + 4) != 1) return 1;
  return orientation_in(tiff);
}

std::vector<std::byte> plain_tiff(const PictureBytes& any) {
  const PictureBytes file = in_its_order(any);
  std::vector<std::byte> plain(file.bytes.begin(), file.bytes.end());
  for (const std::uint32_t tag : {kOrientation, kExtraSamples}) {
    const auto entry = find_entry(file, tag);
    if (!entry || file.u16(*entry + 2) != 3 || file.u32(*entry + 4) != 1) continue;
    // Value 1 of the one means upright; of the other, that colours are multiplied by alpha already.
    const std::size_t low = *entry + (file.order == ByteOrder::little ? 8 : 9);
    plain[*entry + 8] = plain[*entry + 9] = std::byte{0};
    plain[low] = std::byte{1};
  }
  return plain;
}

StoredHeader parse_tiff(const PictureBytes& any) {
  const PictureBytes file = in_its_order(any);
  StoredHeader header;
  const auto width = values_of_tag(file, kWidth);
  const auto height = values_of_tag(file, kHeight);
  if (width.size() != 1 || height.size() != 1) file.broken("its TIFF directory names no size");
  header.width = width[0];
  header.height = height[0];
  header.orientation = orientation_in(file);
  check_pixels_are_there(file);
  return header;
}

}  // namespace pia::farm
