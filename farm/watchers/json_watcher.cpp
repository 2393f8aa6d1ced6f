// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <nlohmann/json.hpp>

#include "farm/catalog.hpp"
#include "farm/internal/measures_json.hpp"
#include "farm/run_files.hpp"
#include "farm/watchers/watchers.hpp"

namespace pia::farm {
namespace {

using Json = nlohmann::ordered_json;

const char* phase_word(renderer::Phase phase) {
  switch (phase) {
    case renderer::Phase::loading:
      return "loading";
    case renderer::Phase::encoding:
      return "encoding";
    case renderer::Phase::denoising:
      return "denoising";
    default:
      return "decoding";
  }
}

class JsonWatcher final : public Watcher {
 public:
  JsonWatcher(const WatchSetting& setting, const WatchStreams& streams)
      : setting_(setting), results_(streams.results) {}

  void started(const Start& start) override {
    out_ = start.plan.out;
    Json models = Json::array();
    for (const jobs::PlannedShot& shot : start.plan.shots) {
      if (is_rule_made(shot.shot.model.path) &&
          std::find(models.begin(), models.end(), Json(shot.shot.model.path)) == models.end()) {
        models.push_back(shot.shot.model.path);
      }
    }
    tell("run_started", {{"job", start.plan.job_name},
                         {"out", start.plan.out},
                         {"shots", start.plan.shots.size()},
                         {"done_before", start.done_before},
                         {"workers", start.workers},
                         {"threads", start.threads},
                         {"device", start.device},
                         {"rule_made_models", models}});
  }
  void assigned(scheduler::WorkerId worker, const jobs::PlannedShot& shot, int attempt) override {
    tell("shot_assigned", shot, {{"worker", worker.value}, {"attempt", attempt}});
  }
  void progressed(scheduler::WorkerId worker, const jobs::PlannedShot& shot,
                  const renderer::Progress& progress) override {
    tell("step", shot,
         {{"worker", worker.value},
          {"phase", phase_word(progress.phase)},
          {"step", progress.step},
          {"of", progress.of},
          {"seconds", progress.seconds}});
  }
  void committed(scheduler::WorkerId worker, const jobs::PlannedShot& shot, const Made& made) override {
    const jobs::Timings& timings = made.timings;
    Json facts = {{"worker", worker.value},
                  {"seconds", timings.load + timings.encode + timings.denoise + timings.decode},
                  {"load", timings.load},
                  {"encode", timings.encode},
                  {"denoise", timings.denoise},
                  {"decode", timings.decode},
                  {"steps", timings.steps_done}};
    if (!made.measures.empty()) facts["measures"] = measures_json<Json>(made.measures);
    tell("shot_committed", shot, facts);
  }
  void stopped(scheduler::WorkerId worker, const jobs::PlannedShot& shot, int step) override {
    tell("shot_stopped", shot, {{"worker", worker.value}, {"step", step}});
  }
  void attempt_failed(scheduler::WorkerId worker, const jobs::PlannedShot& shot, int attempt,
                      const std::string& reason) override {
    tell("attempt_failed", shot, {{"worker", worker.value}, {"attempt", attempt}, {"reason", reason}});
  }
  void gave_up(const jobs::PlannedShot& shot, const std::string& reason) override {
    tell("shot_failed", shot, {{"reason", reason}, {"again", repeat_command(setting_, shot.id)}});
  }
  void videos_made(const jobs::PlannedShot& shot, const VideosMade& videos) override {
    Json files = Json::array();
    for (const std::string& file : videos.files) files.push_back(out_ + "/" + file);
    tell("videos_made", shot, {{"files", files}, {"trouble", videos.trouble}});
  }
  void notice(const std::string& sentence) override { tell("notice", {{"sentence", sentence}}); }
  void waiting(const std::string& run_directory, const std::string& sentence) override {
    tell("waiting", {{"out", run_directory}, {"sentence", sentence}});
  }
  void draining() override { tell("draining", Json::object()); }
  void tick(scheduler::TimePoint) override { results_.flush(); }
  void finished(const Summary& summary) override {
    tell("run_finished", {{"shots", summary.shots},
                          {"done_before", summary.done_before},
                          {"done_now", summary.done_now},
                          {"failed", summary.failures.size()},
                          {"left", summary.left()},
                          {"drained", summary.drained},
                          {"trouble", summary.trouble},
                          {"video_troubles", summary.video_troubles},
                          {"seconds", summary.seconds},
                          {"gallery", if_written(gallery_page(out_))},
                          {"report", if_written(report_page(out_))}});
  }

 private:
  static std::string if_written(const std::string& path) {
    std::error_code error;
    return std::filesystem::exists(path, error) ? path : "";
  }

  void tell(const char* event, const Json& facts) {
    const scheduler::TimePoint now = setting_.now();
    if (!first_) first_ = now;
    Json line = {{"event", event}};
    line["elapsed"] = std::chrono::duration<double>(now - *first_).count();
    line.update(facts);
    results_.put(line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  void tell(const char* event, const jobs::PlannedShot& shot, const Json& facts) {
    Json line = {{"shot", to_hex(shot.id)}, {"name", shot.name}};
    line.update(facts);
    tell(event, line);
  }

  WatchSetting setting_;
  Stream& results_;
  std::string out_;
  std::optional<scheduler::TimePoint> first_;  ///< event
};

}  // namespace

std::unique_ptr<Watcher> make_json_watcher(const WatchSetting& setting, const WatchStreams& streams) {
  return std::make_unique<JsonWatcher>(setting, streams);
}

}  // namespace pia::farm
