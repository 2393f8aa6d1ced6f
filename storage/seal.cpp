// SPDX-License-Identifier: Apache-2.0
#include "storage/seal.hpp"

#include <algorithm>
#include <string_view>

#include "jobs/core/digest.hpp"
#include "jobs/core/error.hpp"
#include "storage/little_endian.hpp"

namespace pia::storage {
namespace {

constexpr std::string_view kMagic = "PIA-SEAL";
constexpr std::size_t kDigestBytes = 32;

}  // namespace

void seal(std::vector<std::byte>& image, FileKind kind) {
  const std::uint64_t length = image.size();
  image.reserve(image.size() + kSealBytes);
  for (const char c : kMagic) image.push_back(static_cast<std::byte>(c));
  put_little_endian(image, kSealVersion);
  put_little_endian(image, static_cast<std::uint32_t>(kind));
  put_little_endian(image, length);
  const jobs::Digest digest = jobs::sha256(image);
  image.insert(image.end(), digest.bytes.begin(), digest.bytes.end());
}

std::span<const std::byte> unseal(std::span<const std::byte> file, FileKind kind, const std::string& path) {
  const auto damaged = [&](const std::string& how) {
    return jobs::StorageError(path + " is damaged (" + how + "); it can't be used and may be deleted");
  };
  if (file.size() < kSealBytes) throw damaged("only " + std::to_string(file.size()) + " bytes");
  const std::size_t length = file.size() - kSealBytes;
  const auto magic = std::as_bytes(std::span(kMagic));
  if (!std::equal(magic.begin(), magic.end(), file.begin() + static_cast<std::ptrdiff_t>(length))) {
    throw damaged("its end is missing");
  }
  const auto version = get_little_endian<std::uint32_t>(file, length + 8);
  const auto found_kind = get_little_endian<std::uint32_t>(file, length + 12);
  const auto found_length = get_little_endian<std::uint64_t>(file, length + 16);
  const jobs::Digest digest = jobs::sha256(file.first(file.size() - kDigestBytes));
  if (!std::equal(digest.bytes.begin(), digest.bytes.end(), file.end() - kDigestBytes)) {
    throw damaged("its checksum is wrong");
  }
  if (version != kSealVersion) {
    throw jobs::StorageError(path + " has seal version " + std::to_string(version) +
                             "; it needs a newer pia-farm");
  }
  if (found_length != length) throw damaged("its length is wrong");
  if (found_kind != static_cast<std::uint32_t>(kind)) throw damaged("it is another kind of file");
  return file.first(length);
}

}  // namespace pia::storage
