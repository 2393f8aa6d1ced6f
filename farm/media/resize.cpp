// SPDX-License-Identifier: Apache-2.0
#include "farm/media/resize.hpp"

#include <algorithm>
#include <cmath>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

constexpr int kPrecisionBits = 32 - 8 - 2;
constexpr double kSupport = 2.0;

/// What one output pixel is made of: `weights` (fixed point) of the inputs from `first` on.
struct Taps {
  int first = 0;
  std::vector<int> weights;
};

double bicubic(double x) {
  constexpr double a = -0.5;
  if (x < 0.0) x = -x;
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

int fixed_point(double weight) {
  const double scaled = weight * (1 << kPrecisionBits);
  return static_cast<int>(weight < 0 ? -0.5 + scaled : 0.5 + scaled);
}

/// Pillow keeps the box that is resized in floats, and subtracts them as such.
struct Interval {
  float begin = 0;
  float end = 0;
};

std::vector<Taps> taps_for(int in_size, Interval box, int out_size) {
  const double scale = static_cast<double>(box.end - box.begin) / out_size;
  const double filter_scale = std::max(scale, 1.0);
  const double support = kSupport * filter_scale;
  const double inverse = 1.0 / filter_scale;
  std::vector<Taps> all(static_cast<std::size_t>(out_size));
  for (int out = 0; out < out_size; ++out) {
    const double center = box.begin + (out + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int last = std::min(static_cast<int>(center + support + 0.5), in_size);
    std::vector<double> weights;
    double sum = 0.0;
    for (int in = first; in < last; ++in) {
      weights.push_back(bicubic((in - center + 0.5) * inverse));
      sum += weights.back();
    }
    Taps& taps = all[static_cast<std::size_t>(out)];
    taps.first = first;
    for (const double weight : weights)
      taps.weights.push_back(fixed_point(sum != 0.0 ? weight / sum : weight));
  }
  return all;
}

bool covers(Interval box, int length) {
  return box.begin == 0.0F && box.end == static_cast<float>(length);
}

/// One channel of one pixel: `stride` bytes from one input to the next.
std::uint8_t weighed(const std::uint8_t* first, std::ptrdiff_t stride, const Taps& taps) {
  int sum = 1 << (kPrecisionBits - 1);
  for (const int weight : taps.weights) {
    sum += *first * weight;
    first += stride;
  }
  return static_cast<std::uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

jobs::Image resize_rows(const jobs::Image& image, Interval box, int width) {
  if (width == image.width && covers(box, image.width)) return image;
  const std::vector<Taps> taps = taps_for(image.width, box, width);
  jobs::Image resized{width, image.height, {}};
  resized.rgb.reserve(std::size_t{3} * taps.size() * static_cast<std::size_t>(image.height));
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* row = image.rgb.data() + std::ptrdiff_t{3} * y * image.width;
    for (const Taps& pixel : taps) {
      for (int c = 0; c < 3; ++c)
        resized.rgb.push_back(weighed(row + std::ptrdiff_t{3} * pixel.first + c, 3, pixel));
    }
  }
  return resized;
}

jobs::Image resize_columns(const jobs::Image& image, Interval box, int height) {
  if (height == image.height && covers(box, image.height)) return image;
  const std::vector<Taps> taps = taps_for(image.height, box, height);
  const std::ptrdiff_t stride = std::ptrdiff_t{3} * image.width;
  jobs::Image resized{image.width, height, {}};
  resized.rgb.reserve(taps.size() * static_cast<std::size_t>(stride));
  for (const Taps& row : taps) {
    const std::uint8_t* first = image.rgb.data() + stride * row.first;
    for (std::ptrdiff_t x = 0; x < stride; ++x) resized.rgb.push_back(weighed(first + x, stride, row));
  }
  return resized;
}

struct Box {
  Interval x;
  Interval y;
};

Box whole(const jobs::Image& image) {
  return {{0.0F, static_cast<float>(image.width)}, {0.0F, static_cast<float>(image.height)}};
}

jobs::Image resize_box(const jobs::Image& image, const Box& box, jobs::Size size) {
  PIA_ASSERT(image.width > 0 && image.height > 0 && size.width > 0 && size.height > 0);
  PIA_ASSERT(image.rgb.size() ==
             std::size_t{3} * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height));
  return resize_columns(resize_rows(image, box.x, size.width), box.y, size.height);
}

/// PIL.ImageOps.fit(image, size, BICUBIC): the largest middle part that has the size's shape, resized.
jobs::Image crop_to(const jobs::Image& image, jobs::Size size) {
  const double shape = static_cast<double>(image.width) / image.height;
  const double wanted = static_cast<double>(size.width) / size.height;
  double width = image.width;
  double height = image.height;
  if (shape > wanted) width = wanted * image.height;
  if (shape < wanted) height = image.width / wanted;
  const double left = (image.width - width) * 0.5;
  const double top = (image.height - height) * 0.5;
  const Box box{{static_cast<float>(left), static_cast<float>(left + width)},
                {static_cast<float>(top), static_cast<float>(top + height)}};
  return resize_box(image, box, size);
}

int rounded_half_even(double value) {
  return static_cast<int>(std::nearbyint(value));
}

/// PIL.ImageOps.pad(image, size, BICUBIC): the largest size of the image's shape that lies within, in black.
jobs::Image pad_to(const jobs::Image& image, jobs::Size size) {
  const double shape = static_cast<double>(image.width) / image.height;
  const double wanted = static_cast<double>(size.width) / size.height;
  jobs::Size inner = size;
  if (shape > wanted)
    inner.height = rounded_half_even(static_cast<double>(image.height) / image.width * size.width);
  if (shape < wanted)
    inner.width = rounded_half_even(static_cast<double>(image.width) / image.height * size.height);
  inner = {std::max(1, inner.width), std::max(1, inner.height)};
  const jobs::Image scaled = resize_bicubic(image, inner);
  const int left = rounded_half_even((size.width - inner.width) * 0.5);
  const int top = rounded_half_even((size.height - inner.height) * 0.5);
  const std::ptrdiff_t row = std::ptrdiff_t{3} * size.width;
  jobs::Image padded{size.width, size.height,
                     std::vector<std::uint8_t>(static_cast<std::size_t>(row * size.height))};
  for (int y = 0; y < inner.height; ++y) {
    const auto from = scaled.rgb.begin() + std::ptrdiff_t{3} * y * inner.width;
    std::copy_n(from, 3 * inner.width, padded.rgb.begin() + (y + top) * row + 3 * left);
  }
  return padded;
}

}  // namespace

jobs::Image resize_bicubic(const jobs::Image& image, jobs::Size size) {
  return resize_box(image, whole(image), size);
}

jobs::Image apply_geometry(const jobs::Image& image, const jobs::Geometry& geometry) {
  switch (geometry.resize) {
    case jobs::Resize::crop:
      return crop_to(image, geometry.size);
    case jobs::Resize::pad:
      return pad_to(image, geometry.size);
    case jobs::Resize::fit:
    case jobs::Resize::stretch:
      break;
  }
  return resize_bicubic(geometry.first ? resize_bicubic(image, *geometry.first) : image, geometry.size);
}

}  // namespace pia::farm
