// SPDX-License-Identifier: Apache-2.0
#include "farm/child/staging.hpp"

#include <thread>

namespace pia::farm {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<jobs::FileRef*> models_of(jobs::Shot& shot) {
  std::vector<jobs::FileRef*> models{&shot.model, &shot.motion};
  if (shot.base) models.push_back(&*shot.base);
  for (jobs::LoraUse& use : shot.loras) models.push_back(&use.file);
  return models;
}

/// Says that the attempt lives, each second; whether it should stop.
class Signs {
 public:
  explicit Signs(const StagingTalk& talk) : talk_(talk) {}

  bool asked_to_stop() {
    if (Clock::now() - last_ >= talk_.patience.second) {
      last_ = Clock::now();
      talk_.socket.send(DiskAwaited{talk_.shot, talk_.attempt});
    }
    return talk_.stop.asked();
  }

  /// The same, after a moment.
  bool asked_to_stop_later() {
    std::this_thread::sleep_for(talk_.patience.second / 10);
    return asked_to_stop();
  }

 private:
  const StagingTalk& talk_;
  Clock::time_point last_ = Clock::now();
};

/// A turn at the shared disk.
class Turn {
 public:
  explicit Turn(const StagingTalk& talk) : talk_(talk) {
    talk_.socket.send(StagingAsked{talk_.shot, talk_.attempt});
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { talk_.socket.send(StagingEnded{talk_.shot, talk_.attempt}); }

  bool has_come() const { return talk_.socket.may_stage(talk_.shot, talk_.attempt); }

 private:
  const StagingTalk& talk_;
};

}  // namespace

Staging::Staging(Scratch scratch, LocalCopies::Parts parts)
    : scratch_(std::move(scratch)), copies_(std::move(parts)) {}

bool Staging::is_worth_it(const Models& models) const {
  if (closed_) return false;
  if (scratch_.stage == Stage::all) return true;
  if (kind_of_disk(scratch_.folder) != DiskKind::of_this_node) return false;
  return std::any_of(models.begin(), models.end(), [](const jobs::FileRef* model) {
    return kind_of_disk(model->path) == DiskKind::shared;
  });
}

Staging::InPlace Staging::read_in_place(const std::string& why, const StagingTalk& talk) {
  held_.clear();
  if (!told_)
    talk.socket.send(Notice{"weights are read where they are, not from a copy on this node: " + why});
  told_ = true;
  return {};
}

Staging::Outcome Staging::stage(const jobs::Shot& shot, const StagingTalk& talk) {
  staged_ = shot;
  const Models models = models_of(staged_);
  if (!is_worth_it(models)) return InPlace{};
  try {
    if (find_all(models)) return staged_;
    return fetch(models, talk);
  } catch (const ScratchTrouble& trouble) {
    closed_ = true;
    return read_in_place(trouble.what(), talk);
  }
}

/// Holds those that are there; if all are, the shot names them.
bool Staging::find_all(const Models& models) {
  std::map<jobs::Digest, LocalCopies::Copy> found;
  for (const jobs::FileRef* model : models) {
    if (auto copy = copies_.find(model->digest)) found.insert_or_assign(model->digest, std::move(*copy));
  }
  std::swap(found, held_);
  for (const jobs::FileRef* model : models) {
    if (!held_.contains(model->digest)) return false;
  }
  for (jobs::FileRef* model : models) {
    if (!found.contains(model->digest)) copies_.remember_use(model->digest);
    model->path = held_.at(model->digest).path;
  }
  return true;
}

Staging::Outcome Staging::fetch(const Models& models, const StagingTalk& talk) {
  Signs signs(talk);
  const auto began = Clock::now();
  auto lock = copies_.try_lock();
  while (!lock) {
    if (signs.asked_to_stop_later()) return Stopped{};
    if ((Clock::now() - began) / talk.patience.second >= talk.patience.for_its_return.count()) {
      throw ScratchTrouble("another process has been copying for ten minutes");
    }
    lock = copies_.try_lock();
  }
  copies_.sweep();
  if (find_all(models)) return staged_;
  return copy_missing(models, talk);
}

Staging::Outcome Staging::copy_missing(const Models& models, const StagingTalk& talk) {
  std::map<jobs::Digest, const jobs::FileRef*> missing;
  for (const jobs::FileRef* model : models) {
    if (!held_.contains(model->digest)) missing.emplace(model->digest, model);
  }
  std::uint64_t bytes = 0;
  for (const auto& [content, model] : missing) bytes += LocalCopies::size(*model);
  if (!copies_.make_room(bytes)) {
    return read_in_place(
        scratch_.folder + " has no room for " + std::to_string(bytes) + " bytes and a tenth of itself", talk);
  }
  Signs signs(talk);
  const Turn turn(talk);
  while (!turn.has_come()) {
    if (signs.asked_to_stop_later()) return Stopped{};
  }
  for (const auto& [content, model] : missing) {
    const auto stop = [&signs] { return signs.asked_to_stop(); };
    if (copies_.copy(*model, stop) == LocalCopies::End::stopped) return Stopped{};
  }
  if (find_all(models)) return staged_;
  throw ScratchTrouble("a copy that was made in " + scratch_.folder + " is not there");
}

void Staging::leave() {
  held_.clear();
  copies_.clean();
}

}  // namespace pia::farm
