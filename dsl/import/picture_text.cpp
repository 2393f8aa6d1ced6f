// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "dsl/import/import_job.hpp"
#include "dsl/internal/unicode_text.hpp"

namespace pia::dsl {
namespace {

constexpr std::size_t kLongestText = std::size_t{1} << 20U;
constexpr std::string_view kKeyword = "parameters";

// Numbers in bytes that may end anywhere; 0 beyond the end.
struct Bytes {
  std::string_view all;
  bool is_little = false;

  std::uint32_t byte(std::size_t at) const {
    return at < all.size() ? static_cast<unsigned char>(all[at]) : 0;
  }
  std::uint32_t two(std::size_t at) const {
    return is_little ? byte(at) | byte(at + 1) << 8U : byte(at) << 8U | byte(at + 1);
  }
  std::uint32_t four(std::size_t at) const {
    return is_little ? two(at) | two(at + 2) << 16U : two(at) << 16U | two(at + 2);
  }
  std::string_view part(std::size_t at, std::size_t size) const {
    return at > all.size() ? std::string_view() : all.substr(at, size);
  }
};

std::string from_latin_1(std::string_view text) {
  std::u32string wide;
  for (const char c : text) wide += static_cast<unsigned char>(c);
  return internal::to_utf8(wide);
}

// The text of a tEXt or iTXt chunk, if its keyword is the one.
std::optional<std::string> text_of_chunk(std::string_view type, std::string_view data) {
  if (!data.starts_with(kKeyword) || data.size() <= kKeyword.size() || data[kKeyword.size()] != '\0') {
    return std::nullopt;
  }
  data.remove_prefix(kKeyword.size() + 1);
  if (type == "tEXt") return from_latin_1(data);
  const bool is_compressed = data.size() < 2 || data[0] != '\0';
  if (type != "iTXt" || is_compressed) return std::nullopt;
  const std::size_t language = data.find('\0', 2);
  const std::size_t translated =
      language == std::string_view::npos ? language : data.find('\0', language + 1);
  if (translated == std::string_view::npos) return std::nullopt;
  return std::string(data.substr(translated + 1));
}

std::optional<std::string> text_of_png(std::string_view bytes) {
  const Bytes png{bytes};
  for (std::size_t at = 8; at + 12 <= bytes.size();) {
    const std::size_t size = png.four(at);
    const std::string_view type = png.part(at + 4, 4);
    if (size > bytes.size() - at - 12 || type == "IEND") break;
    if (size <= kLongestText) {
      const auto text = text_of_chunk(type, png.part(at + 8, size));
      if (text) return text;
    }
    at += 12 + size;
  }
  return std::nullopt;
}

std::string from_utf16(const Bytes& text) {
  std::u32string wide;
  for (std::size_t at = 0; at + 1 < text.all.size(); at += 2) {
    char32_t unit = text.two(at);
    const char32_t next = text.two(at + 2);
    if (unit >= 0xD800 && unit < 0xDC00 && next >= 0xDC00 && next < 0xE000) {
      unit = 0x10000 + ((unit - 0xD800) << 10U) + (next - 0xDC00);
      at += 2;
    } else if (unit >= 0xD800 && unit < 0xE000) {
      unit = 0xFFFD;
    }
    wide += unit;
  }
  return internal::to_utf8(wide);
}

// The order of the two bytes is the writer's choice: the one that makes more letters of the first 256 is
// meant.
std::string from_unicode(std::string_view data) {
  std::size_t high_first = 0;
  std::size_t low_first = 0;
  for (std::size_t at = 0; at + 1 < data.size(); at += 2) {
    high_first += data[at] == '\0' ? 1 : 0;
    low_first += data[at + 1] == '\0' ? 1 : 0;
  }
  return from_utf16({.all = data, .is_little = low_first > high_first});
}

std::string from_user_comment(std::string_view data) {
  const std::string_view code = data.substr(0, 8);
  const std::string_view text = data.substr(std::min<std::size_t>(data.size(), 8));
  std::string comment = code.starts_with("UNICODE") ? from_unicode(text) : std::string(text);
  while (!comment.empty() && (comment.back() == '\0' || comment.back() == ' ')) comment.pop_back();
  return comment;
}

constexpr std::uint32_t kExifFolder = 0x8769;
constexpr std::uint32_t kUserComment = 0x9286;

// Offset of the 12 bytes of the entry with this tag in the folder at `at`; nothing if it has none.
std::optional<std::size_t> entry_of(const Bytes& tiff, std::size_t at, std::uint32_t tag) {
  const std::uint32_t count = tiff.two(at);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t entry = at + 2 + std::size_t{12} * i;
    if (entry + 12 > tiff.all.size()) break;
    if (tiff.two(entry) == tag) return entry;
  }
  return std::nullopt;
}

std::optional<std::string> text_of_exif(std::string_view bytes) {
  const bool is_little = bytes.starts_with("II");
  if (!is_little && !bytes.starts_with("MM")) return std::nullopt;
  const Bytes tiff{.all = bytes, .is_little = is_little};
  const auto folder = entry_of(tiff, tiff.four(4), kExifFolder);
  if (!folder) return std::nullopt;
  const auto comment = entry_of(tiff, tiff.four(*folder + 8), kUserComment);
  if (!comment) return std::nullopt;
  const std::size_t size = tiff.four(*comment + 4);
  if (size <= 8 || size > kLongestText) return std::nullopt;
  const std::string text = from_user_comment(tiff.part(tiff.four(*comment + 8), size));
  return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<std::string> text_of_jpeg(std::string_view bytes) {
  static constexpr std::string_view kExif("Exif\0\0", 6);
  const Bytes jpeg{bytes};
  for (std::size_t at = 2; at + 4 <= bytes.size() && jpeg.byte(at) == 0xFF;) {
    const std::uint32_t marker = jpeg.byte(at + 1);
    const std::size_t size = jpeg.two(at + 2);
    if (marker == 0xDA || size < 2) break;
    const std::string_view data = jpeg.part(at + 4, size - 2);
    if (marker == 0xE1 && data.starts_with(kExif)) return text_of_exif(data.substr(kExif.size()));
    at += 2 + size;
  }
  return std::nullopt;
}

std::optional<std::string> text_of_webp(std::string_view bytes) {
  const Bytes webp{.all = bytes, .is_little = true};
  for (std::size_t at = 12; at + 8 <= bytes.size();) {
    const std::size_t size = webp.four(at + 4);
    const std::string_view data = webp.part(at + 8, size);
    if (webp.part(at, 4) == "EXIF") {
      return text_of_exif(data.starts_with("Exif") ? data.substr(std::min<std::size_t>(6, data.size()))
                                                   : data);
    }
    at += 8 + size + size % 2;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> infotext_of(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return text_of_png(bytes);
  if (bytes.starts_with("\xFF\xD8")) return text_of_jpeg(bytes);
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) return text_of_webp(bytes);
  return std::nullopt;
}

}  // namespace pia::dsl
