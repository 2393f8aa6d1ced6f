// SPDX-License-Identifier: Apache-2.0
#include "jobs/core/error.hpp"
#include "storage/checkpoint_file.hpp"
#include "storage/result_file.hpp"
#include "storage/seal.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/kept_samples.hpp"

namespace {

namespace storage = pia::storage;

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The seal must stop every change: what is taken is what was written.
void eat(const std::string& input) {
  static const auto kResult = pia::tests::sample_result();
  static const auto kCheckpoint = pia::tests::sample_checkpoint(3);
  const auto bytes = std::as_bytes(std::span(input));
  try {
    PIA_ASSERT(pia::tests::same(storage::decode_result(bytes, kResult.id, "/x"), kResult));
  } catch (const pia::jobs::StorageError&) {
  }
  try {
    PIA_ASSERT(storage::decode_checkpoint(bytes, kCheckpoint.shot, "/x") == kCheckpoint);
  } catch (const pia::jobs::StorageError&) {
  }
}

}  // namespace

int main() {
  return pia::tests::fuzz("kept files",
                          {text_of(storage::encode_result(pia::tests::sample_result())),
                           text_of(storage::encode_checkpoint(pia::tests::sample_checkpoint(3)))},
                          eat);
}
