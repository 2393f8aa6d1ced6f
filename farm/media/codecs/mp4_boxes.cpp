// SPDX-License-Identifier: Apache-2.0
#include "farm/media/codecs/mp4_boxes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

namespace pia::farm {
namespace {

constexpr int kMostBoxes = 100'000;
constexpr std::array<std::string_view, 7> kFirst = {"ftyp", "moov", "mdat", "free", "skip", "wide", "pnot"};
constexpr std::array<std::string_view, 4> kNeeded = {"ftyp", "moov", "mdat", "moof"};

using Head = std::array<char, 16>;

std::uint64_t number(const Head& head, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = at; i < at + count; ++i) value = value << 8U | static_cast<unsigned char>(head[i]);
  return value;
}

std::string_view name_of(const Head& head) {
  return {head.data() + 4, 4};
}

bool is_one_of(std::string_view name, const auto& names) {
  return std::ranges::find(names, name) != names.end();
}

// 0: to the end of the file.
std::uint64_t length_of(const Head& head) {
  const std::uint64_t length = number(head, 0, 4);
  return length == 1 ? number(head, 8, 8) : length;
}

}  // namespace

Mp4Look look_at_boxes(std::istream& file) {
  file.seekg(0, std::ios::end);
  const auto size = static_cast<std::uint64_t>(std::max<std::streamoff>(file.tellg(), 0));
  std::uint64_t at = 0;
  for (int box = 0; box < kMostBoxes && at < size && file; ++box) {
    Head head{};
    file.seekg(static_cast<std::streamoff>(at));
    file.read(head.data(), static_cast<std::streamsize>(std::min<std::uint64_t>(head.size(), size - at)));
    if (box == 0 && !is_one_of(name_of(head), kFirst)) return Mp4Look::no_mp4;
    const std::uint64_t length = length_of(head);
    if (length > size - at && is_one_of(name_of(head), kNeeded)) return Mp4Look::cut;
    if (length < 8 || length > size - at) break;
    at += length;
  }
  return Mp4Look::whole;
}

}  // namespace pia::farm
