// SPDX-License-Identifier: Apache-2.0
#include "dsl/internal/draws.hpp"

#include "dsl/internal/job_seed.hpp"

namespace pia::dsl::internal {
namespace {

// As many as other programs draw from: short enough to be typed again.
constexpr std::uint64_t kSeeds = std::uint64_t{1} << 32U;

}  // namespace

void Draws::read_kept() {
  if (has_read_) return;
  has_read_ = true;
  const auto plan = options_.kept ? options_.kept(run_directory_) : std::nullopt;
  for (const jobs::PlannedShot& shot : plan ? plan->shots : std::vector<jobs::PlannedShot>{}) {
    if (shot.drawn_as) known_[*shot.drawn_as].push_back(shot.shot.seed);
  }
}

std::uint64_t Draws::drawn(const jobs::Digest& shot, std::size_t count) const {
  if (options_.chance) return options_.chance() % kSeeds;
  return first_64_bits(jobs::sha256(jobs::to_hex(shot) + ":" + std::to_string(count))) % kSeeds;
}

std::uint64_t Draws::next(const jobs::Digest& shot) {
  read_kept();
  std::vector<std::uint64_t>& seeds = known_[shot];
  const std::size_t count = asked_[shot]++;
  if (count == seeds.size()) seeds.push_back(drawn(shot, count));
  return seeds[count];
}

}  // namespace pia::dsl::internal
