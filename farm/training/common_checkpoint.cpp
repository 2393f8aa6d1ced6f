// SPDX-License-Identifier: Apache-2.0
#include "farm/training/common_checkpoint.hpp"

#include <algorithm>
#include <thread>

#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

using Found = storage::TrainingStore::Found;

constexpr int kLooks = 60;

/// What a process would go on from.
struct View {
  std::uint64_t step = 0;
  std::uint64_t mark = 0;  ///< of the training, what it is to do, and its losses so far
  bool operator==(const View&) const = default;
};

View view_of(const TrainingRun& run, const Found& found) {
  const std::string curve = found.checkpoint ? found.checkpoint->curve : "";
  const jobs::Training& training = run.planned.training;
  const jobs::Digest digest = jobs::sha256(jobs::to_hex(run.planned.identity) + "\n" + found.foreign + "\n" +
                                           std::to_string(training.steps) + " " +
                                           std::to_string(training.checkpoint_every) + "\n" + curve);
  return {.step = found.checkpoint ? static_cast<std::uint64_t>(found.checkpoint->step) : 0,
          .mark = std::hash<jobs::Digest>{}(digest)};
}

// Sums are of floats, which are exact for 16 bits.
constexpr std::size_t kPieces = 4;
constexpr std::size_t kFloats = 2 * kPieces;

void put(std::uint64_t value, std::span<float> pieces) {
  for (std::size_t i = 0; i < kPieces; ++i) pieces[i] = static_cast<float>(value >> (16 * i) & 0xFFFFU);
}

std::uint64_t get(std::span<const float> pieces) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kPieces; ++i) value |= static_cast<std::uint64_t>(pieces[i]) << (16 * i);
  return value;
}

std::vector<View> views_of_all(renderer::Reducer& reducer, const View& own) {
  const auto ranks = static_cast<std::size_t>(reducer.ranks());
  std::vector<float> shared(ranks * kFloats, 0.0F);
  const std::span<float> place =
      std::span(shared).subspan(static_cast<std::size_t>(reducer.rank()) * kFloats, kFloats);
  put(own.step, place.first(kPieces));
  put(own.mark, place.last(kPieces));
  reducer.sum(shared);
  std::vector<View> views;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    const std::span<const float> pieces = std::span(shared).subspan(rank * kFloats, kFloats);
    views.push_back({.step = get(pieces.first(kPieces)), .mark = get(pieces.last(kPieces))});
  }
  return views;
}

[[noreturn]] void refuse(const TrainingRun& run, const std::vector<View>& views) {
  const auto other = std::ranges::find_if(views, [&](const View& view) { return view != views.front(); });
  const std::string who = "process " + std::to_string(other - views.begin());
  const std::string where = run.planned.out + "/checkpoints";
  const std::string step = std::to_string(views.front().step);
  throw jobs::Error(jobs::ExitCode::run_again,
                    other->step == views.front().step
                        ? "in " + where + ", process 0 and " + who + " see different trainings at step " +
                              step + "; is that one disk for all nodes?"
                        : "in " + where + ", process 0 sees a checkpoint of step " + step + ", and " + who +
                              " one of step " + std::to_string(other->step) +
                              "; is that one disk for all nodes, and can all of them read it?");
}

void require_own(const TrainingRun& run, const Found& found) {
  if (!found.foreign.empty()) {
    throw jobs::Error(jobs::ExitCode::bad_config, foreign_words(found.foreign, run.planned.out));
  }
  const std::int64_t steps = run.planned.training.steps;
  if (found.checkpoint && found.checkpoint->step > steps) {
    throw jobs::Error(jobs::ExitCode::bad_config, beyond_words(found.checkpoint->step, steps));
  }
}

}  // namespace

std::string mend_of_foreign(const std::string& run_directory) {
  return "train into another directory with --out, or remove " + run_directory + "/checkpoints to begin anew";
}

std::string foreign_words(const std::string& foreign, const std::string& run_directory) {
  return foreign + "; " + mend_of_foreign(run_directory);
}

std::string beyond_words(std::int64_t step, std::int64_t steps) {
  return "this training is at step " + std::to_string(step) +
         " already, beyond steps = " + std::to_string(steps) +
         "; give it that many steps or more, or train into another directory with --out";
}

Found common_checkpoint(const TrainingRun& run, const storage::TrainingStore& store) {
  for (int look = 1;; ++look) {
    Found found = store.load(run.planned.identity, run.device);
    const std::vector<View> views = views_of_all(run.reducer, view_of(run, found));
    if (std::ranges::all_of(views, [&](const View& view) { return view == views.front(); })) {
      require_own(run, found);
      return found;
    }
    if (look == kLooks) refuse(run, views);
    std::this_thread::sleep_for(run.between_looks);
  }
}

}  // namespace pia::farm
