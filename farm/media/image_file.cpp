// SPDX-License-Identifier: Apache-2.0
#include "farm/media/image_file.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "farm/media/internal/decode.hpp"
#include "farm/media/internal/image_headers.hpp"
#include "farm/media/upright.hpp"

namespace pia::farm {
namespace {

constexpr const char* kReadable = "PNG, JPEG, WebP, BMP and TIFF are read";

std::optional<ImageKind> kind_of(const PictureBytes& file) {
  if (file.has(0, "\x89PNG\r\n\x1a\n")) return ImageKind::png;
  if (file.has(0, "\xff\xd8\xff")) return ImageKind::jpeg;
  if (file.has(0, "RIFF") && file.has(8, "WEBP")) return ImageKind::webp;
  if (file.has(0, "BM")) return ImageKind::bmp;
  if (file.has(0, std::string_view("II*\0", 4)) || file.has(0, std::string_view("MM\0*", 4))) {
    return ImageKind::tiff;
  }
  return std::nullopt;
}

/// How many bytes the character that begins with this one takes in UTF-8; 0: no text has it there.
std::size_t character_length(std::byte first) {
  const auto c = std::to_integer<unsigned>(first);
  if (c < 0x80) return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F ? 0 : 1;
  if (c < 0xC2 || c > 0xF4) return 0;
  return c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

bool goes_on(std::byte byte) {
  return (byte & std::byte{0xC0}) == std::byte{0x80};
}

// By its beginning, which must be UTF-8; its last character may not be whole where more follows.
bool is_text(const PictureBytes& file) {
  constexpr std::size_t kLooked = 512;
  auto left = file.bytes.first(std::min(file.size(), kLooked));
  while (!left.empty()) {
    const std::size_t length = character_length(left.front());
    const bool is_cut = length > left.size();
    const auto character = left.first(std::min(length, left.size()));
    if (length == 0 || !std::ranges::all_of(character.subspan(1), goes_on)) return false;
    if (is_cut) return file.size() > kLooked;
    left = left.subspan(length);
  }
  return true;
}

[[noreturn]] void refuse_kind(const PictureBytes& file) {
  static constexpr std::pair<std::size_t, std::pair<std::string_view, const char*>> kOthers[] = {
      {0, {"GIF8", "a GIF"}},
      {4, {"ftypavif", "an AVIF"}},
      {4, {"ftyphei", "a HEIC photo"}},
      {4, {"ftypmif1", "a HEIC photo"}},
      {4, {"ftyp", "a video"}},
      {0, {"\x1a\x45\xdf\xa3", "a video"}},
      {0, {"II+", "a BigTIFF"}},
      {0, {std::string_view("MM\0+", 4), "a BigTIFF"}},
      {0, {"8BPS", "a Photoshop document"}},
      {0, {"%PDF", "a PDF"}},
      {0, {"<svg", "an SVG drawing"}},
      {0, {"version https://git-lfs", "a Git LFS pointer, not the picture itself"}},
  };
  if (file.size() == 0) refuse_picture(file.name, "is empty", "copy it again from where it came from");
  for (const auto& [at, other] : kOthers) {
    if (file.has(at, other.first)) {
      refuse_picture(file.name, std::string("is ") + other.second, std::string("convert it: ") + kReadable);
    }
  }
  if (is_text(file)) refuse_picture(file.name, "is a text", std::string("name a picture: ") + kReadable);
  refuse_picture(file.name, "is no picture of a kind that is read", std::string("convert it: ") + kReadable);
}

StoredHeader parse(ImageKind kind, const PictureBytes& file) {
  switch (kind) {
    case ImageKind::png:
      return parse_png(file);
    case ImageKind::jpeg:
      return parse_jpeg(file);
    case ImageKind::webp:
      return parse_webp(file);
    case ImageKind::bmp:
      return parse_bmp(file);
    case ImageKind::tiff:
      break;
  }
  return parse_tiff(file);
}

void check_size(const StoredHeader& header, const PictureBytes& file) {
  if (header.width < 1 || header.height < 1) file.broken("its width or height is 0");
  if (header.width <= kMaxImageSide && header.height <= kMaxImageSide &&
      header.width * header.height <= kMaxImagePixels) {
    return;
  }
  refuse_picture(file.name,
                 "is too large: " + std::to_string(header.width) + " x " + std::to_string(header.height),
                 "scale it down to at most " + std::to_string(kMaxImageSide) + " a side and " +
                     std::to_string(kMaxImagePixels / 1'000'000) + " megapixels");
}

}  // namespace

std::vector<std::byte> picture_bytes(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) refuse_picture(path, "is not there", "check its path");
  if (!std::filesystem::is_regular_file(status)) {
    refuse_picture(path, "is not a file", std::string("name a picture: ") + kReadable);
  }
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size > static_cast<std::uint64_t>(kMaxImageBytes)) {
    refuse_picture(path, "has more than " + std::to_string(kMaxImageBytes >> 20U) + " MiB",
                   "take a smaller one");
  }
  std::ifstream stream(path, std::ios::binary);
  std::vector<std::byte> bytes(error ? 0 : size);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (error || !stream) refuse_picture(path, "cannot be read", "check its permissions and its disk");
  return bytes;
}

ImageHeader probe_image_bytes(std::span<const std::byte> bytes, const std::string& name) {
  const PictureBytes file{bytes, name};
  const auto kind = kind_of(file);
  if (!kind) refuse_kind(file);
  const StoredHeader stored = parse(*kind, file);
  check_size(stored, file);
  ImageHeader header;
  header.kind = *kind;
  header.orientation = stored.orientation;
  header.stored = {static_cast<int>(stored.width), static_cast<int>(stored.height)};
  header.size = header.stored;
  if (header.orientation >= 5) std::swap(header.size.width, header.size.height);
  return header;
}

jobs::Image read_image_bytes(std::span<const std::byte> bytes, const std::string& name) {
  const ImageHeader header = probe_image_bytes(bytes, name);
  jobs::Image image = decode_stored({bytes, name}, header);
  return header.orientation == 1 ? image : upright(image, header.orientation);
}

}  // namespace pia::farm
