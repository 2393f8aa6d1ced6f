// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <nlohmann/json.hpp>

#include "farm/commands/status_facts.hpp"
#include "farm/internal/measures_json.hpp"
#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

using State = ShotStatus::State;

constexpr std::size_t kMostListed = 20;
constexpr std::size_t kShortId = 12;

const char* word_of(RunStatus::Holder holder) {
  constexpr std::array<const char*, 4> kWords = {"nobody", "alive", "dead", "elsewhere"};
  return kWords.at(static_cast<std::size_t>(holder));
}

std::string holder_words(const RunStatus& status) {
  const std::string who = "process " + std::to_string(status.holder.pid) + " on " +
                          printable(status.holder.host) + " since " + printable(status.holder.since);
  switch (status.holder_is) {
    case RunStatus::Holder::alive:
      return "being rendered by " + who;
    case RunStatus::Holder::elsewhere:
      if (storage::is_damaged(status.holder)) {
        return "its lease is damaged, so nobody can tell who renders there; the next run waits for a sign of "
               "life, and takes it over if there is none";
      }
      return "held by " + who + ", which can't be asked from here";
    case RunStatus::Holder::dead:
      return "nobody is at work; " + who + " ended without giving it back";
    default:
      return "nobody is at work";
  }
}

std::string shot_line(const jobs::PlannedShot& shot, const ShotStatus& found) {
  std::string text =
      padded(word_of(found.state), 9) + printable(shot.name) + "  " + to_hex(shot.id).substr(0, kShortId);
  if (found.checkpoint > 0) {
    text += "  step " + std::to_string(found.checkpoint) + " of " + std::to_string(found.steps) + " is kept";
  }
  if (found.attempts > 0)
    text += "  " + counted(found.attempts, "failed attempt") + ": " + printable(found.reason);
  return text + "\n";
}

/// Shots in one state, as far as they fit.
std::string listed(const RunStatus& status, State state, const StatusWords& words) {
  std::string text;
  std::size_t count = 0;
  for (std::size_t i = 0; i < status.shots.size(); ++i) {
    if (status.shots[i].state != state || ++count > kMostListed) continue;
    const jobs::PlannedShot& shot = status.plan.shots[i];
    text += shot_line(shot, status.shots[i]);
    if (state == State::failed) {
      text += "  again: " + words.program + " render --shot " + to_hex(shot.id).substr(0, kShortId) + " " +
              status.renderer_words + words.job_words + "\n";
    }
  }
  if (count > kMostListed) {
    text += std::string(word_of(state)) + ": " + std::to_string(count - kMostListed) + " more\n";
  }
  return text;
}

}  // namespace

const char* word_of(State state) {
  constexpr std::array<const char*, 4> kWords = {"done", "failed", "running", "left"};
  return kWords.at(static_cast<std::size_t>(state));
}

std::string status_text(const RunStatus& status, const StatusWords& words) {
  const int failed = status.count(State::failed);
  std::string text = "job " + printable(status.plan.job_name) + " in " + printable(status.plan.out) + ": " +
                     holder_words(status) + "\n" + std::to_string(status.count(State::done)) + " of " +
                     counted(static_cast<std::int64_t>(status.shots.size()), "shot") + " done" +
                     (failed > 0 ? ", " + std::to_string(failed) + " failed" : "") + ", " +
                     std::to_string(status.count(State::running) + status.count(State::left)) + " left\n";
  if (status.device == "fake") text += "This is a rehearsal (--renderer=fake).\n";
  text += listed(status, State::running, words) + listed(status, State::failed, words) +
          listed(status, State::left, words);
  return text;
}

std::string status_json(const RunStatus& status) {
  using Json = nlohmann::ordered_json;
  Json shots = Json::array();
  for (std::size_t i = 0; i < status.shots.size(); ++i) {
    const ShotStatus& found = status.shots[i];
    Json shot = {{"id", to_hex(status.plan.shots[i].id)},
                 {"name", status.plan.shots[i].name},
                 {"state", word_of(found.state)},
                 {"failed_attempts", found.attempts},
                 {"reason", found.reason},
                 {"checkpoint_step", found.checkpoint},
                 {"steps", found.steps},
                 {"videos", found.videos}};
    if (!found.measures.empty()) shot["measures"] = measures_json<Json>(found.measures);
    shots.push_back(std::move(shot));
  }
  Json holder = {{"state", word_of(status.holder_is)}};
  if (status.holder_is != RunStatus::Holder::nobody) {
    holder["host"] = status.holder.host;
    holder["pid"] = status.holder.pid;
    holder["since"] = status.holder.since;
  }
  const Json json = {
      {"format", 1},
      {"job", {{"name", status.plan.job_name}, {"file", status.plan.job_file}, {"out", status.plan.out}}},
      {"device", status.device},
      {"holder", holder},
      {"counts",
       {{"shots", status.shots.size()},
        {"done", status.count(State::done)},
        {"failed", status.count(State::failed)},
        {"running", status.count(State::running)},
        {"left", status.count(State::left)}}},
      {"shots", shots}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace pia::farm
