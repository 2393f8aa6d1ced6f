// SPDX-License-Identifier: Apache-2.0
#include "storage/journal_record.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "jobs/core/error.hpp"
#include "storage/crc32c.hpp"
#include "storage/little_endian.hpp"

namespace pia::storage {
namespace {

constexpr std::uint32_t kMagic = 0x314a5250;  // "PRJ1"
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kCrcBytes = 4;

std::optional<Record> record_at(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderBytes + kCrcBytes) return std::nullopt;
  if (get_little_endian<std::uint32_t>(bytes, 0) != kMagic) return std::nullopt;
  const auto length = get_little_endian<std::uint32_t>(bytes, 24);
  if (get_little_endian<std::uint32_t>(bytes, 28) != crc32c(bytes.first(28))) return std::nullopt;
  if (get_little_endian<std::uint16_t>(bytes, 4) != kVersion || length > kLargestPayload) return std::nullopt;
  const std::size_t checked = kHeaderBytes + length;
  if (bytes.size() < checked + kCrcBytes) return std::nullopt;
  if (get_little_endian<std::uint32_t>(bytes, checked) != crc32c(bytes.first(checked))) return std::nullopt;
  Record record;
  record.type = static_cast<RecordType>(get_little_endian<std::uint16_t>(bytes, 6));
  record.epoch = get_little_endian<std::uint64_t>(bytes, 8);
  record.sequence = get_little_endian<std::uint64_t>(bytes, 16);
  record.payload.assign(reinterpret_cast<const char*>(bytes.data()) + kHeaderBytes, length);
  return record;
}

std::size_t next_candidate(std::span<const std::byte> bytes, std::size_t from) {
  if (from >= bytes.size()) return bytes.size();
  const void* found = std::memchr(bytes.data() + from, kMagic & 255U, bytes.size() - from);
  if (found == nullptr) return bytes.size();
  return static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
}

}  // namespace

void encode_record(const Record& record, std::string& bytes) {
  if (record.payload.size() > kLargestPayload) {
    throw jobs::Error(jobs::ExitCode::internal, "a journal record of " +
                                                    std::to_string(record.payload.size()) +
                                                    " bytes is too large; please report this as a bug");
  }
  const std::size_t start = bytes.size();
  const auto so_far = [&] { return crc32c(std::string_view(bytes).substr(start)); };
  put_little_endian(bytes, kMagic);
  put_little_endian(bytes, kVersion);
  put_little_endian(bytes, static_cast<std::uint16_t>(record.type));
  put_little_endian(bytes, record.epoch);
  put_little_endian(bytes, record.sequence);
  put_little_endian(bytes, static_cast<std::uint32_t>(record.payload.size()));
  put_little_endian(bytes, so_far());
  bytes += record.payload;
  put_little_endian(bytes, so_far());
}

void scan_records(std::span<const std::byte> bytes, const std::function<void(Record)>& on_record,
                  const std::function<void(Gap)>& on_gap) {
  std::size_t gap = 0;
  std::size_t at = 0;
  while (at < bytes.size()) {
    auto record = record_at(bytes.subspan(at));
    if (!record) {
      at = next_candidate(bytes, at + 1);
      continue;
    }
    if (at > gap) on_gap({gap, at - gap});
    at += kHeaderBytes + record->payload.size() + kCrcBytes;
    gap = at;
    on_record(std::move(*record));
  }
  if (bytes.size() > gap) on_gap({gap, bytes.size() - gap});
}

}  // namespace pia::storage
