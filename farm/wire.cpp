// SPDX-License-Identifier: Apache-2.0
#include "farm/wire.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "dsl/plan_json.hpp"
#include "farm/internal/measures_json.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

using Json = nlohmann::json;
using scheduler::FailureKind;

constexpr std::string_view kMagic = "PIA1";
constexpr std::size_t kHeader = 8;
constexpr std::array<std::string_view, 4> kPhases = {"loading", "encoding", "denoising", "decoding"};
constexpr std::array<std::string_view, 6> kFailures = {"input",  "crash",  "hang",
                                                       "device", "memory", "gpu_memory"};

[[noreturn]] void refuse(const std::string& why) {
  throw jobs::InputError("a message between farm processes is not valid (" + why +
                         "); are pia-farmd and pia-render of one build?");
}

template <std::size_t N>
std::size_t index_of(const std::array<std::string_view, N>& words, const std::string& word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == word) return i;
  }
  refuse("unknown word \"" + word.substr(0, 40) + "\"");
}

int int_at(const Json& json, const char* key) {
  const Json& value = json.at(key);
  if (!value.is_number_integer()) refuse(std::string(key) + " is no integer");
  const auto wide = value.get<std::int64_t>();
  if (wide < 0 || wide > 1'000'000'000) refuse(std::string(key) + " is out of range");
  return static_cast<int>(wide);
}

jobs::ShotId shot_of(const Json& json) {
  const auto shot = jobs::shot_id_from_hex(json.at("shot").get<std::string>());
  if (!shot) refuse("shot is no id");
  return *shot;
}

Json output_to_json(const jobs::OutputWishes& output) {
  Json formats = Json::array();
  for (const auto format : output.formats) formats.push_back(jobs::to_word(format));
  Json json = {{"formats", formats},
               {"crf", output.crf},
               {"keep_latents", jobs::to_word(output.keep_latents)},
               {"metadata", output.metadata}};
  for (const jobs::Metric metric : output.metrics) json["metrics"].push_back(jobs::to_word(metric));
  return json;
}

jobs::Metric metric_of(const std::string& word) {
  const auto metric = jobs::from_word<jobs::Metric>(word);
  if (!metric) refuse("unknown metric");
  return *metric;
}

jobs::OutputWishes output_from_json(const Json& json) {
  jobs::OutputWishes output;
  output.formats.clear();
  for (const Json& word : json.at("formats")) {
    const auto format = jobs::from_word<jobs::VideoFormat>(word.get<std::string>());
    if (!format) refuse("unknown video format");
    output.formats.push_back(*format);
  }
  const auto keep = jobs::from_word<jobs::KeepLatents>(json.at("keep_latents").get<std::string>());
  if (!keep) refuse("unknown keep_latents");
  output.keep_latents = *keep;
  output.crf = int_at(json, "crf");
  output.metadata = json.at("metadata").get<bool>();
  for (const Json& word : json.value("metrics", Json::array()))
    output.metrics.push_back(metric_of(word.get<std::string>()));
  return output;
}

template <class Kind>
Json of_attempt(const char* is, const Kind& message) {
  return {{"is", is}, {"shot", to_hex(message.shot)}, {"attempt", message.attempt}};
}

/// What RenderShot and EncodeShot say, but for the shot.
struct ToJson {
  Json operator()(const RenderShot& m) const {
    return {{"is", "render_shot"},
            {"output", output_to_json(m.output)},
            {"attempt", m.attempt},
            {"epoch", m.epoch}};
  }
  Json operator()(const EncodeShot& m) const {
    return {{"is", "encode_shot"}, {"output", output_to_json(m.output)}, {"epoch", m.epoch}};
  }
  Json operator()(const StopShot& m) const { return {{"is", "stop_shot"}, {"shot", to_hex(m.shot)}}; }
  Json operator()(const KillRenderer& m) const { return {{"is", "kill_renderer"}, {"shot", to_hex(m.shot)}}; }
  Json operator()(const Quit&) const { return {{"is", "quit"}}; }
  Json operator()(const Ready& m) const {
    return {{"is", "ready"}, {"first", m.first}, {"resident_model", m.resident_model}};
  }
  Json operator()(const StepReached& m) const {
    return {{"is", "step_reached"},         {"shot", to_hex(m.shot)},
            {"attempt", m.attempt},         {"phase", kPhases[static_cast<std::size_t>(m.progress.phase)]},
            {"step", m.progress.step},      {"of", m.progress.of},
            {"seconds", m.progress.seconds}};
  }
  Json operator()(const StepGoesOn& m) const { return of_attempt("step_goes_on", m); }
  Json operator()(const DiskAwaited& m) const { return of_attempt("disk_awaited", m); }
  Json operator()(const DiskGone& m) const { return {{"is", "disk_gone"}, {"reason", m.reason}}; }
  Json operator()(const StagingBegins& m) const { return of_attempt("staging_begins", m); }
  Json operator()(const StagingAsked& m) const { return of_attempt("staging_asked", m); }
  Json operator()(const StagingEnded& m) const { return of_attempt("staging_ended", m); }
  Json operator()(const ShotCommitted& m) const {
    const jobs::Timings& t = m.timings;
    Json json = {{"is", "shot_committed"}, {"shot", to_hex(m.shot)}, {"attempt", m.attempt},
                 {"size", m.size},         {"load", t.load},         {"encode", t.encode},
                 {"denoise", t.denoise},   {"decode", t.decode},     {"steps_done", t.steps_done}};
    if (!m.measures.empty()) json["measures"] = measures_json<Json>(m.measures);
    return json;
  }
  Json operator()(const ShotFailed& m) const {
    return {{"is", "shot_failed"},
            {"shot", to_hex(m.shot)},
            {"attempt", m.attempt},
            {"kind", kFailures[static_cast<std::size_t>(m.kind)]},
            {"reason", m.reason}};
  }
  Json operator()(const ShotStopped& m) const {
    return {{"is", "shot_stopped"}, {"shot", to_hex(m.shot)}, {"attempt", m.attempt}, {"step", m.step}};
  }
  Json operator()(const VideosMade& m) const {
    return {{"is", "videos_made"}, {"shot", to_hex(m.shot)}, {"files", m.files}, {"trouble", m.trouble}};
  }
  Json operator()(const Notice& m) const { return {{"is", "notice"}, {"sentence", m.sentence}}; }
  Json operator()(const WorkerLost& m) const { return {{"is", "worker_lost"}, {"reason", m.reason}}; }
  Json operator()(const Alive& m) const { return {{"is", "alive"}, {"host", m.host}, {"gpu", m.gpu}}; }
  Json operator()(const MayBeSilent&) const { return {{"is", "may_be_silent"}}; }
};

renderer::Progress progress_from_json(const Json& json) {
  return {.phase = static_cast<renderer::Phase>(index_of(kPhases, json.at("phase").get<std::string>())),
          .step = int_at(json, "step"),
          .of = int_at(json, "of"),
          .seconds = json.at("seconds").get<double>()};
}

jobs::Timings timings_from_json(const Json& json) {
  return {.load = json.at("load").get<double>(),
          .encode = json.at("encode").get<double>(),
          .denoise = json.at("denoise").get<double>(),
          .decode = json.at("decode").get<double>(),
          .steps_done = int_at(json, "steps_done")};
}

jobs::Measures measures_from_json(const Json& json) {
  jobs::Measures measures;
  for (const auto& [word, value] : json.items()) measures[metric_of(word)] = value.get<double>();
  if (measures != measures_in({{"measures", json}})) refuse("a measure is out of range");
  return measures;
}

Message towards_renderer(const std::string& is, const Json& json) {
  if (is == "render_shot") {
    return RenderShot{.shot = dsl::shot_from_json(json.at("planned").dump()),
                      .output = output_from_json(json.at("output")),
                      .attempt = int_at(json, "attempt"),
                      .epoch = json.at("epoch").get<std::uint64_t>()};
  }
  if (is == "encode_shot") {
    return EncodeShot{.shot = dsl::shot_from_json(json.at("planned").dump()),
                      .output = output_from_json(json.at("output")),
                      .epoch = json.at("epoch").get<std::uint64_t>()};
  }
  if (is == "stop_shot") return StopShot{shot_of(json)};
  if (is == "kill_renderer") return KillRenderer{shot_of(json)};
  if (is == "staging_begins") return StagingBegins{shot_of(json), int_at(json, "attempt")};
  if (is == "quit") return Quit{};
  refuse("unknown kind \"" + is.substr(0, 40) + "\"");
}

Message from_json(const Json& json) {
  const auto is = json.at("is").get<std::string>();
  if (is == "ready") return Ready{json.at("first").get<bool>(), json.at("resident_model").get<std::string>()};
  if (is == "notice") return Notice{json.at("sentence").get<std::string>()};
  if (is == "alive") return Alive{json.at("host").get<std::string>(), json.at("gpu").get<std::string>()};
  if (is == "may_be_silent") return MayBeSilent{};
  if (is == "worker_lost") return WorkerLost{json.at("reason").get<std::string>()};
  if (is == "step_reached")
    return StepReached{shot_of(json), int_at(json, "attempt"), progress_from_json(json)};
  if (is == "step_goes_on") return StepGoesOn{shot_of(json), int_at(json, "attempt")};
  if (is == "disk_awaited") return DiskAwaited{shot_of(json), int_at(json, "attempt")};
  if (is == "staging_asked") return StagingAsked{shot_of(json), int_at(json, "attempt")};
  if (is == "staging_ended") return StagingEnded{shot_of(json), int_at(json, "attempt")};
  if (is == "disk_gone") return DiskGone{json.at("reason").get<std::string>()};
  if (is == "shot_committed") {
    return ShotCommitted{shot_of(json), int_at(json, "attempt"), json.at("size").get<std::uint64_t>(),
                         timings_from_json(json), measures_from_json(json.value("measures", Json::object()))};
  }
  if (is == "shot_failed") {
    const auto kind = static_cast<FailureKind>(index_of(kFailures, json.at("kind").get<std::string>()));
    return ShotFailed{shot_of(json), int_at(json, "attempt"), kind, json.at("reason").get<std::string>()};
  }
  if (is == "shot_stopped") return ShotStopped{shot_of(json), int_at(json, "attempt"), int_at(json, "step")};
  if (is == "videos_made") {
    return VideosMade{shot_of(json), json.at("files").get<std::vector<std::string>>(),
                      json.at("trouble").get<std::string>()};
  }
  return towards_renderer(is, json);
}

/// The text of a shot goes in as it is: to read it only to write it again is work for nothing.
std::string to_text(const Message& message) {
  // Reasons and paths come from anywhere: bytes that are not UTF-8 are replaced, not refused.
  std::string text = std::visit(ToJson{}, message).dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto* render = std::get_if<RenderShot>(&message);
  const auto* encode = std::get_if<EncodeShot>(&message);
  if (render == nullptr && encode == nullptr) return text;
  text.back() = ',';
  return text + "\"planned\":" + dsl::shot_to_json(render != nullptr ? render->shot : encode->shot) + "}";
}

template <class... Kinds>
bool is_one_of(const Message& message) {
  return (std::holds_alternative<Kinds>(message) || ...);
}

std::uint32_t read_length(std::string_view bytes) {
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    length |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8U * i);
  }
  return length;
}

}  // namespace

std::string encode(const Message& message) {
  const std::string json = to_text(message);
  if (json.size() > kLongestFrame) {
    throw jobs::Error(jobs::ExitCode::internal, "a message between farm processes is too long");
  }
  std::string frame(kMagic);
  for (unsigned i = 0; i < 4; ++i) frame += static_cast<char>(json.size() >> (8U * i) & 0xffU);
  return frame + json;
}

Message decode(std::string_view json) {
  try {
    return from_json(Json::parse(json));
  } catch (const Json::exception& error) {
    refuse(error.what());
  }
}

bool is_said(const Message& message, Way way) {
  const bool to_renderer = is_one_of<RenderShot, EncodeShot, StopShot, StagingBegins, Quit>(message);
  const bool to_supervisor = to_renderer || is_one_of<KillRenderer>(message);
  switch (way) {
    case Way::to_renderer:
      return to_renderer;
    case Way::from_renderer:
      return is_one_of<Ready, StepReached, StepGoesOn, DiskAwaited, DiskGone, StagingAsked, StagingEnded,
                       ShotCommitted, ShotFailed, ShotStopped, VideosMade, Notice>(message);
    case Way::to_supervisor:
      return to_supervisor;
    case Way::from_supervisor:
      return !to_supervisor;
    case Way::any:
      break;
  }
  return true;
}

std::optional<Message> FrameReader::next() {
  const std::size_t compared = std::min(buffer_.size(), kMagic.size());
  if (std::string_view(buffer_).substr(0, compared) != kMagic.substr(0, compared))
    refuse("no frame begins here");
  if (buffer_.size() < kHeader) return std::nullopt;
  const std::size_t length = read_length(std::string_view(buffer_).substr(kMagic.size(), 4));
  if (length > kLongestFrame) refuse("a frame of " + std::to_string(length) + " bytes");
  if (buffer_.size() < kHeader + length) return std::nullopt;
  Message message = decode(std::string_view(buffer_).substr(kHeader, length));
  buffer_.erase(0, kHeader + length);
  if (!is_said(message, way_)) {
    refuse("a " + std::visit(ToJson{}, message).at("is").get<std::string>() + " from where none may come");
  }
  return message;
}

}  // namespace pia::farm
