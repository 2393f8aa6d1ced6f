// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/error.hpp"
#include "storage/journal_record.hpp"
#include "storage/lease_file.hpp"
#include "storage/temporary.hpp"
#include "tests/support/fuzz.hpp"

namespace {

std::string journal(std::uint64_t first, std::uint64_t last) {
  std::string text;
  for (std::uint64_t n = first; n <= last; ++n) {
    pia::storage::encode_record({pia::storage::RecordType::shot_failed, 1, n, std::string(n * 7, 'x')}, text);
  }
  return text;
}

// Whatever is found, records and gaps tile the file.
void eat(const std::string& input) {
  const auto bytes = std::as_bytes(std::span(input));
  std::size_t covered = 0;
  pia::storage::scan_records(
      bytes, [&](const pia::storage::Record& record) { covered += 36 + record.payload.size(); },
      [&](pia::storage::Gap gap) { covered += gap.length; });
  PIA_ASSERT(covered == input.size());
  if (const auto lease = pia::storage::decode_lease(bytes)) {
    PIA_ASSERT(pia::storage::encode_lease(*lease) == input);
  }
  static_cast<void>(pia::storage::temporary_epoch(input));
}

}  // namespace

int main() {
  pia::storage::LeaseState lease;
  lease.epoch = 3;
  lease.holder.nonce = "nonce";
  return pia::tests::fuzz("journal",
                          {journal(1, 1), journal(1, 8), journal(90, 95) + std::string(600, '\0'),
                           pia::storage::encode_lease(lease)},
                          eat);
}
