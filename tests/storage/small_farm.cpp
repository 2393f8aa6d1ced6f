// SPDX-License-Identifier: Apache-2.0
#include "tests/storage/small_farm.hpp"

#include <gtest/gtest.h>

#include "storage/checkpoint_store.hpp"
#include "storage/lease.hpp"
#include "storage/shot_store.hpp"
#include "storage/temporary.hpp"
#include "tests/support/fault_file_ops.hpp"
#include "tests/support/kept_samples.hpp"

namespace pia::tests {
namespace {

constexpr int kSteps = 3;
constexpr std::uint64_t kShots = 2;

jobs::Checkpoint first_state(std::uint64_t seed) {
  jobs::Checkpoint state;
  state.shot = ShotBuilder{}.seed(seed).id();
  state.latents = sample_latents(static_cast<int>(seed));
  state.kept = {state.latents};
  state.device_kind = "cpu";
  return state;
}

void do_step(jobs::Checkpoint& state) {
  ++state.next_step;
  for (float& value : state.latents.values) value = 0.5F * value + static_cast<float>(state.next_step);
  state.kept.push_back(state.latents);
}

jobs::Checkpoint state_after(std::uint64_t seed, int steps) {
  jobs::Checkpoint state = first_state(seed);
  while (state.next_step < steps) do_step(state);
  return state;
}

jobs::ShotResult decoded(const jobs::Checkpoint& state, std::uint64_t seed) {
  jobs::ShotResult result = sample_result(seed);
  result.latents = state.latents;
  result.step_latents = state.kept;
  result.timesteps = {961, 641, 321};
  for (std::size_t i = 0; i < result.clip.rgb.size(); ++i) {
    result.clip.rgb[i] = static_cast<std::uint8_t>(16.0F * state.latents.values[i]);
  }
  return result;
}

jobs::ShotResult expected_result(std::uint64_t seed) {
  return decoded(state_after(seed, kSteps), seed);
}

// A command of the farm: everything it holds dies with it.
class Run {
 public:
  Run(storage::FileOps& files, const std::string& folder, storage::Lease lease, Promises& promises)
      : files_(files),
        folder_(folder),
        lease_(std::move(lease)),
        shots_(files, folder),
        checkpoints_(files, folder),
        past_(storage::replay(files, folder)),
        journal_(files, folder, lease_.epoch(),
                 past_.records.empty() ? 1 : past_.records.back().sequence + 1),
        promises_(promises) {
    EXPECT_GT(lease_.epoch(), promises_.epoch) << "an epoch is never given out twice";
    promises_.epoch = lease_.epoch();
  }

  void all() {
    sweep(lease_.epoch());
    const std::string plan = "{}";
    storage::replace_file(files_, folder_ + "/plan.json", std::as_bytes(std::span(plan)), epoch_tag());
    note(storage::RecordType::run_started, "{}");
    for (std::uint64_t seed = 1; seed <= kShots; ++seed) {
      if (!is_done(seed)) render(seed);
      checkpoints_.remove(ShotBuilder{}.seed(seed).id());
      lease_.renew();
    }
    note(storage::RecordType::run_finished, "{}");
    sweep(lease_.epoch() + 1);
    storage::sweep_folder(files_, folder_, lease_.epoch() + 1);
    lease_.release();
  }

 private:
  void sweep(std::uint64_t epoch) {
    storage::sweep_subfolders(files_, folder_ + "/shots", epoch);
    storage::sweep_subfolders(files_, folder_ + "/checkpoints", epoch);
  }

  std::string epoch_tag() const { return "e" + std::to_string(lease_.epoch()); }

  void note(storage::RecordType type, const std::string& payload) {
    const std::uint64_t sequence = journal_.append(type, payload);
    try {
      journal_.commit();
    } catch (const jobs::StorageError&) {
      journal_.commit();
    }
    promises_.records.push_back({type, lease_.epoch(), sequence, payload});
  }

  bool is_done(std::uint64_t seed) const {
    const jobs::ShotId id = ShotBuilder{}.seed(seed).id();
    for (const storage::Record& record : past_.records) {
      if (record.type == storage::RecordType::shot_committed && record.payload == jobs::to_hex(id)) {
        return shots_.size(id).has_value();
      }
    }
    return shots_.load(id).has_value();
  }

  void render(std::uint64_t seed) {
    const storage::AttemptId attempt{lease_.epoch(), 1};
    const jobs::ShotId id = ShotBuilder{}.seed(seed).id();
    const auto found = checkpoints_.load(id, jobs::Dtype::fp32, "cpu");
    jobs::Checkpoint state = found.checkpoint.value_or(first_state(seed));
    while (state.next_step < kSteps) {
      do_step(state);
      try {
        checkpoints_.save(state, attempt);
        promises_.checkpoints[id] = state.next_step;
      } catch (const jobs::StorageError&) {
        continue;
      }
    }
    commit(decoded(state, seed), attempt);
    note(storage::RecordType::shot_committed, jobs::to_hex(id));
  }

  void commit(const jobs::ShotResult& result, const storage::AttemptId& attempt) {
    const auto fence = [&] { lease_.check(); };
    auto committed = storage::ShotStore::Committed::already_there;
    try {
      committed = shots_.commit(result, attempt, fence);
    } catch (const jobs::StorageError&) {
      committed = shots_.commit(result, attempt, fence);
    }
    promises_.commits[result.id] += committed == storage::ShotStore::Committed::now ? 1 : 0;
  }

  storage::FileOps& files_;
  std::string folder_;
  storage::Lease lease_;
  storage::ShotStore shots_;
  storage::CheckpointStore checkpoints_;
  storage::Replay past_;
  storage::Journal journal_;
  Promises& promises_;
};

void expect_nothing_temporary(storage::FileOps& files, const std::string& folder) {
  for (const std::string& name : files.list(folder)) {
    const std::string path = folder + "/" + name;
    if (files.status(path).is_folder) {
      expect_nothing_temporary(files, path);
    } else {
      EXPECT_FALSE(name.ends_with(".tmp")) << path;
      EXPECT_FALSE(name.ends_with(".bad")) << path;
    }
  }
}

void expect_results_sound(storage::FileOps& files, const std::string& folder, const Promises& promises) {
  const storage::ShotStore shots(files, folder);
  for (std::uint64_t seed = 1; seed <= kShots; ++seed) {
    const jobs::ShotResult expected = expected_result(seed);
    const auto found = shots.load(expected.id);
    EXPECT_TRUE(!found || same(*found, expected)) << "a wrong result is taken for done";
    const auto promised = promises.commits.find(expected.id);
    if (promised == promises.commits.end()) continue;
    EXPECT_TRUE(found) << "a committed result is gone";
    EXPECT_LE(promised->second, 1) << "one shot was committed twice";
  }
}

void expect_checkpoints_sound(storage::FileOps& files, const std::string& folder, const Promises& promises) {
  const storage::CheckpointStore checkpoints(files, folder);
  for (std::uint64_t seed = 1; seed <= kShots; ++seed) {
    const jobs::ShotId id = ShotBuilder{}.seed(seed).id();
    const auto found = checkpoints.load(id, jobs::Dtype::fp32, "cpu");
    EXPECT_TRUE(found.rejected.empty()) << found.rejected.front();
    const auto& checkpoint = found.checkpoint;
    EXPECT_TRUE(!checkpoint || *checkpoint == state_after(seed, checkpoint->next_step));
    const auto promised = promises.checkpoints.find(id);
    const bool done = storage::ShotStore(files, folder).size(id).has_value();
    if (promised == promises.checkpoints.end() || done) continue;
    EXPECT_GE(found.checkpoint ? found.checkpoint->next_step : 0, promised->second) << "steps are lost";
  }
}

}  // namespace

Ending SmallFarm::run(storage::FileOps& files, const std::string& nonce, Promises& promises) const {
  try {
    storage::Holder self;
    self.host = "here";
    self.boot_id = "boot";
    self.nonce = nonce;
    const auto nobody_lives = [](const storage::Holder&) { return false; };
    auto taken = storage::take_lease(
        {.files = files, .run_directory = run_directory, .self = self, .is_alive = nobody_lives});
    if (!std::holds_alternative<storage::Lease>(taken)) return Ending::failed;
    Run(files, run_directory, std::get<storage::Lease>(std::move(taken)), promises).all();
    return Ending::finished;
  } catch (const Death&) {
    return Ending::died;
  } catch (const jobs::StorageError&) {
    return Ending::failed;
  }
}

void SmallFarm::expect_sound(storage::FileOps& files, const Promises& promises) const {
  expect_results_sound(files, run_directory, promises);
  expect_checkpoints_sound(files, run_directory, promises);
  const auto replay = storage::replay(files, run_directory);
  for (const storage::Record& record : promises.records) {
    const bool there =
        std::find(replay.records.begin(), replay.records.end(), record) != replay.records.end();
    EXPECT_TRUE(there) << "a committed record is gone: " << record.epoch << "." << record.sequence;
  }
}

void SmallFarm::expect_finished(storage::FileOps& files, const Promises& promises) const {
  expect_sound(files, promises);
  const storage::ShotStore shots(files, run_directory);
  EXPECT_EQ(shots.ids().size(), kShots);
  EXPECT_TRUE(storage::CheckpointStore(files, run_directory).ids().empty());
  expect_nothing_temporary(files, run_directory);
}

}  // namespace pia::tests
