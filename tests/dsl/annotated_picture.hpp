// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace pia::tests {

inline std::string big_endian(std::size_t number, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(number >> (8 * i) & 0xFFU);
  return out;
}
inline std::string little_endian(std::size_t number, int bytes) {
  const std::string big = big_endian(number, bytes);
  return {big.rbegin(), big.rend()};
}

/// A PNG's signature, this chunk (its checksum is zero), and the end.
inline std::string png_with(const std::string& type, const std::string& data) {
  return "\x89PNG\r\n\x1a\n" + big_endian(data.size(), 4) + type + data + big_endian(0, 4) +
         big_endian(0, 4) + "IEND" + big_endian(0, 4);
}

/// TIFF's folders of EXIF with this UserComment.
inline std::string exif_with(const std::string& comment) {
  const auto entry = [](std::size_t tag, std::size_t type, std::size_t count, std::size_t value) {
    return big_endian(tag, 2) + big_endian(type, 2) + big_endian(count, 4) + big_endian(value, 4);
  };
  return "MM" + big_endian(42, 2) + big_endian(8, 4) + big_endian(1, 2) + entry(0x8769, 4, 1, 26) +
         big_endian(0, 4) + big_endian(1, 2) + entry(0x9286, 7, comment.size(), 44) + big_endian(0, 4) +
         comment;
}

inline std::string jpeg_with(const std::string& comment) {
  const std::string exif = std::string("Exif\0\0", 6) + exif_with(comment);
  return "\xFF\xD8\xFF\xE1" + big_endian(exif.size() + 2, 2) + exif + "\xFF\xDA";
}

inline std::string webp_with(const std::string& comment) {
  const std::string exif = exif_with(comment);
  return "RIFF" + little_endian(exif.size() + 12, 4) + "WEBPEXIF" + little_endian(exif.size(), 4) + exif;
}

}  // namespace pia::tests
