// SPDX-License-Identifier: Apache-2.0
#include "farm/watchers/board.hpp"

#include <algorithm>
#include <filesystem>

#include "farm/catalog.hpp"
#include "farm/run_files.hpp"
#include "farm/watchers/words.hpp"

namespace pia::farm {
namespace {

constexpr std::size_t kShortId = 12;

std::string place_words(const Watcher::Start& start) {
  if (start.device == "fake") return "a rehearsal with " + counted(start.workers, "fake renderer");
  return counted(start.workers, "worker") + " on " + start.device + ", " + counted(start.threads, "thread") +
         (start.workers > 1 ? " each" : "");
}

}  // namespace

std::string repeat_command(const WatchSetting& setting, const jobs::ShotId& shot) {
  return setting.program + " render --shot " + to_hex(shot).substr(0, kShortId) + " " + setting.render_flags +
         setting.job_words;
}

std::string counts_words(const Board& board) {
  return std::to_string(board.done()) + " of " + std::to_string(board.shots) + " done" +
         (board.failed > 0 ? ", " + std::to_string(board.failed) + " failed" : "") + ", " +
         std::to_string(board.left()) + " left";
}

double BoardWatcher::seconds_since_start() const {
  return std::chrono::duration<double>(setting_.now() - start_).count();
}

std::string BoardWatcher::shown_path(const std::string& under_run_directory) const {
  return shortened_path(board_.out + "/" + under_run_directory, setting_.working_directory);
}

WorkerView& BoardWatcher::view(scheduler::WorkerId worker) {
  const auto index = static_cast<std::size_t>(std::max(0, worker.value));
  if (board_.workers.size() <= index) board_.workers.resize(index + 1);
  return board_.workers[index];
}

double BoardWatcher::wall_of(scheduler::WorkerId worker) const {
  const auto since = assigned_at_.find(worker.value);
  if (since == assigned_at_.end()) return 0;
  return std::chrono::duration<double>(setting_.now() - since->second).count();
}

void BoardWatcher::started(const Start& start) {
  start_ = setting_.now();
  board_ = Board{.job = start.plan.job_name,
                 .out = start.plan.out,
                 .device = start.device,
                 .shots = static_cast<int>(start.plan.shots.size()),
                 .done_before = start.done_before,
                 .threads = start.threads,
                 .workers = {}};
  board_.workers.resize(static_cast<std::size_t>(start.workers));
  eta_ = Eta(start.workers);
  for (const jobs::PlannedShot& shot : start.plan.shots) {
    if (!start.done.contains(shot.id)) eta_.add(shot);
  }
  board_.rule_made = has_rule_made_model(start.plan);
  const int todo = board_.left();
  say(Loudness::result,
      "job " + printable(board_.job) + ": " + counted(board_.shots, "shot") + ", " +
          (board_.done_before > 0 ? std::to_string(board_.done_before) + " done before, " : "") +
          std::to_string(todo) + " to render; " + place_words(start));
  board_changed();
}

void BoardWatcher::assigned(scheduler::WorkerId worker, const jobs::PlannedShot& shot, int attempt) {
  eta_.assigned(worker, shot.id, setting_.now());
  assigned_at_[worker.value] = setting_.now();
  view(worker) = {.shot = printable(shot.name), .id = shot.id, .attempt = attempt, .progress = {}};
  unheard_of_.insert(shot.id);
  say(Loudness::detail, printable(shot.name) + ": started by worker " + std::to_string(worker.value + 1) +
                            (attempt > 1 ? ", attempt " + std::to_string(attempt) : ""));
  board_changed();
}

void BoardWatcher::progressed(scheduler::WorkerId worker, const jobs::PlannedShot& shot,
                              const renderer::Progress& progress) {
  eta_.progressed(shot.id, progress, setting_.now());
  view(worker).progress = progress;
  // A renderer speaks first of where it begins.
  if (unheard_of_.erase(shot.id) != 0 && progress.step > 0) {
    say(Loudness::detail, printable(shot.name) + ": goes on from step " + std::to_string(progress.step) +
                              " of " + std::to_string(progress.of));
  }
  board_changed();
}

void BoardWatcher::committed(scheduler::WorkerId worker, const jobs::PlannedShot& shot, const Made& made) {
  const double wall = wall_of(worker);
  eta_.committed(shot.id, made.timings, setting_.now());
  view(worker) = {};
  ++board_.done_now;
  rendered_.insert(shot.id);
  say(Loudness::result, printable(shot.name) + ": done in " + duration_words(wall) + " (" +
                            std::to_string(board_.done()) + " of " + std::to_string(board_.shots) + ")");
  board_changed();
}

void BoardWatcher::stopped(scheduler::WorkerId worker, const jobs::PlannedShot& shot, int step) {
  eta_.released(shot.id);
  view(worker) = {};
  say(Loudness::result,
      printable(shot.name) + (step > 0 ? ": stopped after step " + std::to_string(step) + ", and kept"
                                       : ": stopped before a step of it was kept"));
  board_changed();
}

/// The log of an attempt is called e<epoch>-a<attempt>.log; the highest epoch is the one just seen.
std::string BoardWatcher::newest_log(const jobs::ShotId& shot, int attempt) const {
  const std::string folder = log_folder(board_.out, shot);
  const std::string tail = "-a" + std::to_string(attempt) + ".log";
  std::string newest;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const auto rank = [](const std::string& text) { return std::pair(text.size(), text); };
    if (name.ends_with(tail) && rank(name) > rank(newest)) newest = name;
  }
  return shortened_path(newest.empty() ? folder : folder + "/" + newest, setting_.working_directory);
}

void BoardWatcher::attempt_failed(scheduler::WorkerId worker, const jobs::PlannedShot& shot, int attempt,
                                  const std::string& reason) {
  eta_.released(shot.id);
  view(worker) = {};
  say(Loudness::complaint, printable(shot.name) + ": attempt " + std::to_string(attempt) +
                               " failed: " + printable(reason) + "; log: " + newest_log(shot.id, attempt));
  board_changed();
}

void BoardWatcher::gave_up(const jobs::PlannedShot& shot, const std::string&) {
  eta_.gave_up(shot.id);
  ++board_.failed;
  say(Loudness::complaint, printable(shot.name) + ": given up; once it is mended, repeat it with: " +
                               repeat_command(setting_, shot.id));
  board_changed();
}

void BoardWatcher::videos_made(const jobs::PlannedShot& shot, const VideosMade& videos) {
  const Loudness loudness = rendered_.contains(shot.id) ? Loudness::detail : Loudness::result;
  for (const std::string& file : videos.files) {
    say(loudness, printable(shot.name) + ": " + shown_path(file));
  }
  if (!videos.trouble.empty()) {
    say(Loudness::complaint, printable(shot.name) + ": no video: " + printable(videos.trouble));
  }
}

void BoardWatcher::draining() {
  board_.draining = true;
  say(Loudness::result, "stopping: every shot is kept; another Ctrl-C stops at once");
  board_changed();
}

}  // namespace pia::farm
