// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "jobs/core/picture.hpp"
#include "jobs/core/shot.hpp"

namespace pia::farm {

enum class ImageKind { png, jpeg, webp, bmp, tiff };

/// The largest pictures that are read; more is taken for a decompression bomb.
inline constexpr int kMaxImageSide = 16384;
inline constexpr std::int64_t kMaxImagePixels = 64'000'000;
inline constexpr std::int64_t kMaxImageBytes = std::int64_t{512} << 20U;

/// What a picture's file says about itself.
struct ImageHeader {
  ImageKind kind = ImageKind::png;
  jobs::Size size;      ///< as seen: after the EXIF orientation
  jobs::Size stored;    ///< as kept in the file
  int orientation = 1;  ///< EXIF's: 1..8, 1 = upright
  bool operator==(const ImageHeader&) const = default;
};

/// A picture file's bytes. Throws jobs::InputError naming the file and the mend: not there, a folder,
/// unreadable, too large.
std::vector<std::byte> picture_bytes(const std::string& path);

/// Checks all of a file's bytes that can be checked without decoding pixels: kind (by content, not by
/// name), size, orientation, that nothing is cut off (PNG: every chunk and its checksum; JPEG: up to its end
/// marker; WebP, BMP, TIFF: that all pixel data lies within the file), and that it is no bomb. `name` stands
/// for the file in sentences. Throws jobs::InputError naming the file and the mend: empty, not a picture, of
/// a kind that is not read (GIF, HEIC, ...; animated WebP; BigTIFF), truncated, broken, too large.
ImageHeader probe_image_bytes(std::span<const std::byte> bytes, const std::string& name);

/// The picture as `PIL.Image.open(path).convert("RGB")` has it, with PIL.ImageOps.exif_transpose applied:
/// alpha is dropped (not composed), grey becomes three equal channels, palettes and CMYK are looked up,
/// colour profiles are ignored. 16 bits a channel: the high byte is kept. PIL does so for colour; 16-bit grey
/// it clips at 255, which turns a photograph white, so here the high byte is kept too: the one deliberate
/// difference. Exact are PNG, lossless WebP, BMP with a palette or 8 bits a channel, and TIFF of 8 bits a
/// channel in grey, RGB, CMYK or a palette, or of 16 in grey. JPEG and lossy WebP depend on the decoder
/// library (libjpeg-turbo, libwebp) and its rounding, by 2 of 255 at most. BMP of 16 bits a pixel and other
/// TIFFs (YCbCr, Lab) are what OpenCV makes of them, which may differ by more.
/// Throws what probe_image_bytes throws, jobs::InputError where the pixel data cannot be decoded (of which
/// OpenCV, libjpeg and of 16 bits a channel libpng may also print a line on stderr: there is no way to keep
/// them from it), and of all but PNG jobs::Error (unavailable) where this installation lacks what decodes it.
/// Callable from several threads.
jobs::Image read_image_bytes(std::span<const std::byte> bytes, const std::string& name);

}  // namespace pia::farm
