// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>

#include "jobs/core/error.hpp"
#include "storage/checkpoint_file.hpp"
#include "storage/lease_file.hpp"
#include "storage/result_file.hpp"
#include "storage/training_file.hpp"
#include "tests/support/kept_samples.hpp"

namespace pia::storage {
namespace {

using Bytes = std::vector<std::byte>;
/// What becomes of bytes: whether they are taken, and if so, whether they hold what was written.
enum class Verdict { refused, as_written, wrong };
using Judge = std::function<Verdict(const Bytes&)>;

struct Damage {
  int files = 0;
  int accepted = 0;
  void judge(const Judge& judge, const Bytes& bytes, const std::string& what) {
    ++files;
    if (judge(bytes) == Verdict::refused) return;
    ++accepted;
    ADD_FAILURE() << "accepted: " << what;
  }
};

void flip_every_byte(const Bytes& good, const Judge& judge, Damage& damage) {
  Bytes bytes = good;
  for (std::size_t at = 0; at < good.size() && damage.accepted < 5; ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
      bytes[at] = good[at] ^ static_cast<std::byte>(flip);
      damage.judge(judge, bytes, "byte " + std::to_string(at) + " flipped by " + std::to_string(flip));
    }
    bytes[at] = good[at];
  }
}

void cut_everywhere(const Bytes& good, const Judge& judge, Damage& damage) {
  for (std::size_t size = 0; size < good.size(); ++size) {
    const bool near_an_end = size < 600 || good.size() - size < 600;
    if (size % 512 != 0 && !near_an_end) continue;
    const auto end = good.begin() + static_cast<std::ptrdiff_t>(size);
    damage.judge(judge, Bytes(good.begin(), end), "cut at " + std::to_string(size));
    if (size > 0) damage.judge(judge, Bytes(end, good.end()), "begun at " + std::to_string(size));
  }
}

void zero_every_block(const Bytes& good, const Judge& judge, Damage& damage) {
  for (std::size_t at = 0; at < good.size(); at += 512) {
    Bytes bytes = good;
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    std::fill(first, at + 512 < bytes.size() ? first + 512 : bytes.end(), std::byte{0});
    if (bytes == good) continue;
    damage.judge(judge, bytes, "zeros at " + std::to_string(at));
  }
}

void grow(const Bytes& good, const Judge& judge, Damage& damage) {
  for (const std::size_t more : {1U, 56U, 512U}) {
    Bytes bytes = good;
    bytes.resize(good.size() + more);
    damage.judge(judge, bytes, std::to_string(more) + " bytes more");
  }
  Bytes twice = good;
  twice.insert(twice.end(), good.begin(), good.end());
  damage.judge(judge, twice, "written twice");
}

void damage_in_every_way(const Bytes& good, const Judge& judge) {
  ASSERT_EQ(judge(good), Verdict::as_written);
  Damage damage;
  flip_every_byte(good, judge, damage);
  cut_everywhere(good, judge, damage);
  zero_every_block(good, judge, damage);
  grow(good, judge, damage);
  EXPECT_EQ(damage.accepted, 0);
  std::printf("%zu bytes, damaged in %d ways\n", good.size(), damage.files);
}

TEST(Corruption, OfAResultIsNeverAccepted) {
  const auto result = tests::sample_result();
  damage_in_every_way(encode_result(result), [&](const Bytes& bytes) {
    try {
      return tests::same(decode_result(bytes, result.id, "/x"), result) ? Verdict::as_written
                                                                        : Verdict::wrong;
    } catch (const jobs::StorageError&) {
      return Verdict::refused;
    }
  });
}

TEST(Corruption, OfACheckpointIsNeverAccepted) {
  const auto checkpoint = tests::sample_checkpoint(3);
  damage_in_every_way(encode_checkpoint(checkpoint), [&](const Bytes& bytes) {
    try {
      return decode_checkpoint(bytes, checkpoint.shot, "/x") == checkpoint ? Verdict::as_written
                                                                           : Verdict::wrong;
    } catch (const jobs::StorageError&) {
      return Verdict::refused;
    }
  });
}

TEST(Corruption, OfATrainingsCheckpointIsNeverAccepted) {
  const auto checkpoint = tests::sample_training(3);
  damage_in_every_way(encode_training(checkpoint), [&](const Bytes& bytes) {
    try {
      return decode_training(bytes, "/x") == checkpoint ? Verdict::as_written : Verdict::wrong;
    } catch (const jobs::StorageError&) {
      return Verdict::refused;
    }
  });
}

TEST(Corruption, OfALeaseIsNeverAccepted) {
  const LeaseState state{.epoch = 3, .holder = describe_self("nonce", "today")};
  const std::string text = encode_lease(state);
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  damage_in_every_way(Bytes(first, first + text.size()), [&](const Bytes& bytes) {
    const auto decoded = decode_lease(bytes);
    if (!decoded) return Verdict::refused;
    return *decoded == state ? Verdict::as_written : Verdict::wrong;
  });
}

}  // namespace
}  // namespace pia::storage
