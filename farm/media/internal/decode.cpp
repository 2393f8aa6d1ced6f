// SPDX-License-Identifier: Apache-2.0
#include "farm/media/internal/decode.hpp"

#include "farm/media/internal/codecs.hpp"
#include "farm/media/internal/image_headers.hpp"

namespace pia::farm {
namespace {

constexpr std::size_t kPngDepth = 24;

// libpng makes 8 bits of 16 in another way than image_file.hpp promises.
jobs::Image decode_png_file(const PictureBytes& file) {
  const std::vector<std::byte> png = essential_png(file);
  return file.u8(kPngDepth) <= 8 ? decode_png(png) : picture_codecs().decode(png);
}

jobs::Image decode(const PictureBytes& file, ImageKind kind) {
  if (kind == ImageKind::png) return decode_png_file(file);
  if (kind == ImageKind::tiff) return picture_codecs().decode(plain_tiff(file));
  return picture_codecs().decode(file.bytes);
}

}  // namespace

jobs::Image decode_stored(const PictureBytes& file, const ImageHeader& header) {
  jobs::Image image = decode(file, header.kind);
  if (image.rgb.empty()) file.broken("its pixel data cannot be decoded");
  if (image.width != header.stored.width || image.height != header.stored.height) {
    file.broken("its pixel data has another size than its header says");
  }
  return image;
}

}  // namespace pia::farm
