// SPDX-License-Identifier: Apache-2.0
// Prints what keeping costs on this machine's temporary folder; judges nothing.
#include <chrono>
#include <cstdio>

#include "storage/checkpoint_store.hpp"
#include "storage/journal.hpp"
#include "storage/shot_store.hpp"
#include "tests/support/kept_samples.hpp"
#include "tests/support/temp_folder.hpp"

namespace {

using namespace pia;

template <class Work>
double seconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

jobs::Latents latents(int frames, int height, int width) {
  jobs::Latents made{.frames = frames, .channels = 4, .height = height, .width = width, .values = {}};
  made.values.assign(static_cast<std::size_t>(frames) * 4 * static_cast<std::size_t>(height * width), 0.5F);
  return made;
}

void bench_journal(storage::FileOps& files, const std::string& run) {
  constexpr int kRecords = 1'000'000;
  storage::Journal journal(files, run, 1, 1);
  const std::string payload(100, 'x');
  const double writing = seconds([&] {
    for (int i = 0; i < kRecords; ++i) {
      journal.append(storage::RecordType::shot_assigned, payload);
      if (i % 10'000 == 0) journal.commit();
    }
    journal.commit();
  });
  std::size_t found = 0;
  const double reading = seconds([&] { found = storage::replay(files, run).records.size(); });
  std::printf("journal: %d records written in %.2f s, %zu replayed in %.2f s\n", kRecords, writing, found,
              reading);
}

void bench_checkpoint(storage::FileOps& files, const std::string& run) {
  storage::CheckpointStore store(files, run);
  jobs::Checkpoint checkpoint = tests::sample_checkpoint(1);
  checkpoint.latents = latents(16, 64, 64);
  checkpoint.sampler_history.clear();
  checkpoint.kept.clear();
  constexpr int kTimes = 50;
  const double saving = seconds([&] {
    for (checkpoint.next_step = 0; checkpoint.next_step < kTimes; ++checkpoint.next_step) {
      store.save(checkpoint, {1, 1});
    }
  });
  const double loading = seconds([&] { store.load(checkpoint.shot, jobs::Dtype::fp32, "cpu"); });
  std::printf("checkpoint 16x4x64x64: save %.2f ms, load %.2f ms\n", 1000 * saving / kTimes, 1000 * loading);
}

void bench_result(storage::FileOps& files, const std::string& run) {
  storage::ShotStore store(files, run);
  jobs::ShotResult result = tests::sample_result();
  result.clip = {.frames = 16, .width = 512, .height = 512, .rgb = {}};
  result.clip.rgb.assign(16 * result.clip.frame_bytes(), 7);
  result.latents = latents(16, 64, 64);
  const double committing = seconds([&] { store.commit(result, {1, 1}, [] {}); });
  const double loading = seconds([&] { store.load(result.id); });
  std::printf("result 16x512x512: commit %.1f ms, load %.1f ms\n", 1000 * committing, 1000 * loading);
}

}  // namespace

int main() {
  const tests::TempFolder folder;
  const auto files = storage::make_posix_file_ops();
  bench_journal(*files, folder / "run");
  bench_checkpoint(*files, folder / "run");
  bench_result(*files, folder / "run");
  return 0;
}
