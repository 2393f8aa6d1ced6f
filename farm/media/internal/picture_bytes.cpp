// SPDX-License-Identifier: Apache-2.0
#include "farm/media/internal/picture_bytes.hpp"

#include <algorithm>

#include "jobs/core/error.hpp"

namespace pia::farm {

void refuse_picture(const std::string& name, const std::string& problem, const std::string& mend) {
  throw jobs::InputError("picture " + name + " " + problem + "; " + mend);
}

void PictureBytes::truncated() const {
  refuse_picture(name, "is truncated: its data ends too early", "copy it again from where it came from");
}

void PictureBytes::broken(const std::string& what) const {
  refuse_picture(name, "is broken: " + what,
                 "open it in an image editor and save it again, as PNG for instance");
}

std::uint32_t PictureBytes::u8(std::size_t at) const {
  if (at >= bytes.size()) truncated();
  return std::to_integer<std::uint32_t>(bytes[at]);
}

std::uint32_t PictureBytes::u16(std::size_t at) const {
  const std::uint32_t first = u8(at);
  const std::uint32_t second = u8(at + 1);
  return order == ByteOrder::big ? first << 8U | second : second << 8U | first;
}

std::uint32_t PictureBytes::u24(std::size_t at) const {
  return order == ByteOrder::big ? u16(at) << 8U | u8(at + 2) : u8(at + 2) << 16U | u16(at);
}

std::uint32_t PictureBytes::u32(std::size_t at) const {
  const std::uint32_t first = u16(at);
  const std::uint32_t second = u16(at + 2);
  return order == ByteOrder::big ? first << 16U | second : second << 16U | first;
}

PictureBytes PictureBytes::part(std::size_t at, std::size_t count) const {
  if (at > bytes.size() || count > bytes.size() - at) truncated();
  return {bytes.subspan(at, count), name, order};
}

bool PictureBytes::has(std::size_t at, std::string_view text) const {
  if (at > bytes.size() || text.size() > bytes.size() - at) return false;
  return std::equal(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char a, std::byte b) { return static_cast<std::byte>(a) == b; });
}

}  // namespace pia::farm
