// SPDX-License-Identifier: Apache-2.0
#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/roll.h>
#include <c10/core/Allocator.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "renderer/pipeline/stages.hpp"
#include "tests/renderer/cases.hpp"

namespace pia::tests {
namespace {

using jobs::PromptKeyframe;
using jobs::WindowSchedule;

std::vector<PromptKeyframe> keyframes_of(const Golden& golden, const std::string& track) {
  std::vector<PromptKeyframe> keyframes;
  for (int frame = 0; frame < golden.settings.at("frames"); ++frame) {
    const std::string name = track + "_" + std::to_string(frame);
    if (!golden.has(name + "_ids")) continue;
    const at::Tensor& ids = golden[name + "_ids"];
    const auto* id = ids.const_data_ptr<std::int32_t>();
    keyframes.push_back({.frame = frame,
                         .ids = {id, id + ids.numel()},
                         .weights = golden.settings.at(name + "_weights").get<std::vector<double>>()});
  }
  return keyframes;
}

jobs::PromptTrack track_of(const Golden& golden, const std::string& track) {
  jobs::PromptTrack read{.keyframes = keyframes_of(golden, track), .blends = {}};
  for (const auto& row : golden.settings.at(track + "_blends")) {
    read.blends.push_back({.from = row[0], .to = row[1], .weight = row[2]});
  }
  read.blending = *jobs::from_word<jobs::Blending>(golden.settings.at("blending").get<std::string>());
  return read;
}

/// The shot of a golden of tests/golden/travel.
jobs::Shot travel_shot(const Golden& golden) {
  const auto& settings = golden.settings;
  jobs::Shot shot;
  shot.model = {"mirrored", jobs::sha256("mirrored")};
  shot.reference = *jobs::from_word<jobs::Reference>(settings.at("reference").get<std::string>());
  shot.geometry.size = {.width = settings.at("width"), .height = settings.at("height")};
  shot.affinity = settings.at("affinity").get<std::vector<double>>();
  shot.frames = settings.at("frames");
  shot.steps = settings.at("steps");
  shot.clip_skip = settings.at("clip_skip");
  shot.seed = std::stoull(settings.at("seed").get<std::string>());
  shot.prompt = track_of(golden, "prompt");
  shot.negative_prompt = track_of(golden, "negative");
  if (settings.contains("length")) {
    shot.windows = {.length = settings.at("length"),
                    .overlap = settings.at("overlap"),
                    .schedule = *jobs::from_word<WindowSchedule>(settings.at("schedule").get<std::string>())};
  }
  return shot;
}

renderer::Outcome outcome_of(const jobs::Shot& shot, const jobs::Checkpoint* from, Watcher& watcher) {
  const c10::InferenceMode inference;
  static const jobs::Image kImage = image_of(read_golden("travel/static"));
  renderer::EncodingMemory memory;
  return renderer::render_shot({.model = rule_model("mirrored"),
                                .memory = memory,
                                .choices = renderer::choices_of(shot.reference),
                                .now = [] { return 0.0; }},
                               {.shot = shot, .image = kImage, .keep = jobs::KeepLatents::all, .from = from},
                               watcher);
}

jobs::ShotResult render(const jobs::Shot& shot, const jobs::Checkpoint* from = nullptr,
                        Watcher* watching = nullptr) {
  Watcher none;
  return std::get<jobs::ShotResult>(outcome_of(shot, from, watching != nullptr ? *watching : none));
}

jobs::Checkpoint stopped(const jobs::Shot& shot, Watcher& watcher) {
  return std::get<jobs::Checkpoint>(outcome_of(shot, nullptr, watcher));
}

/// The worst of all steps.
double error_of(const Golden& golden, const jobs::ShotResult& result) {
  double worst = 0;
  for (std::size_t i = 0; i < result.timesteps.size(); ++i) {
    const std::string name = (i < 10 ? "latents_0" : "latents_") + std::to_string(i);
    const at::Tensor found = renderer::to_tensor(result.step_latents.at(i + 1), at::kCPU).transpose(0, 1);
    worst = std::max(worst, largest_error(found, golden[name]));
  }
  return worst;
}

class Travel : public testing::TestWithParam<std::string> {};

TEST_P(Travel, AndWindowsAgreeWithALoopOverTheOriginalsModulesAtEveryStep) {
  const Golden golden = read_golden("travel/" + GetParam());
  const jobs::ShotResult result = render(travel_shot(golden));
  const double error = error_of(golden, result);
  std::printf("%-16s largest error %.1e of std\n", GetParam().c_str(), error);
  EXPECT_LE(error, 1e-4);
  EXPECT_EQ(result.timesteps, golden.settings.at("timesteps").get<std::vector<std::int64_t>>());
}

INSTANTIATE_TEST_SUITE_P(Golden, Travel, testing::ValuesIn(goldens_in("travel")),
                         [](const auto& place) { return place.param; });

// Tests of the comparison: each mistake must show.
TEST(Travel, AMistakeShows) {
  const auto error = [](const char* name, const std::function<void(jobs::Shot&)>& mistake) {
    const Golden golden = read_golden("travel/" + std::string(name));
    jobs::Shot shot = travel_shot(golden);
    mistake(shot);
    return error_of(golden, render(shot));
  };
  EXPECT_GT(
      error("slerp", [](auto& s) { s.prompt.blending = s.negative_prompt.blending = jobs::Blending::lerp; }),
      3e-4);
  EXPECT_GT(error("slerp", [](auto& s) { std::swap(s.prompt.blends[1], s.prompt.blends[2]); }), 3e-4);
  EXPECT_GT(error("slerp", [](auto& s) { s.negative_prompt.blends[3].weight += 0.05; }), 3e-4);
  EXPECT_GT(error("lerp", [](auto& s) { s.clip_skip = 1; }), 3e-4);
  EXPECT_GT(error("static", [](auto& s) { s.windows->schedule = WindowSchedule::looped; }), 3e-4);
  EXPECT_GT(error("uniform", [](auto& s) { s.windows->schedule = WindowSchedule::fixed; }), 3e-4);
  EXPECT_GT(error("looped", [](auto& s) { s.windows->overlap = 2; }), 3e-4);
  EXPECT_GT(error("static", [](auto& s) { std::swap(s.affinity[8], s.affinity[1]); }), 3e-4);
  for (const char* name : {"official_slerp", "official_looped", "official_uniform"}) {
    EXPECT_GT(error(name, [](auto& s) { s.reference = jobs::Reference::diffusers; }), 1e-2) << name;
  }
}

TEST(Travel, ThatStandsStillGivesTheBytesOfAConstantPrompt) {
  jobs::Shot shot = travel_shot(read_golden("travel/lerp"));
  jobs::Shot constant = shot;
  constant.prompt.keyframes.resize(1);
  constant.prompt.blends.clear();
  shot.prompt.blends.assign(static_cast<std::size_t>(shot.frames), {.from = 0, .to = 3, .weight = 0});
  const jobs::ShotResult still = render(shot);
  EXPECT_EQ(still.step_latents, render(constant).step_latents);
  EXPECT_EQ(still.clip, render(constant).clip);
}

TEST(Travel, ResumedAtAnyStepGivesTheSameBytes) {
  jobs::Shot shot = travel_shot(read_golden("travel/slerp"));
  shot.windows = {.length = 4, .overlap = 2, .schedule = WindowSchedule::uniform};
  shot.steps = 4;
  shot.eta = 0.5;
  Watcher watcher;
  watcher.snapshots_wanted = true;
  const jobs::ShotResult whole = render(shot, nullptr, &watcher);
  ASSERT_EQ(watcher.snapshots.size(), 5U);
  for (const jobs::Checkpoint& checkpoint : watcher.snapshots) {
    const jobs::ShotResult resumed = render(shot, &checkpoint);
    EXPECT_EQ(resumed.step_latents, whole.step_latents) << checkpoint.next_step;
    EXPECT_EQ(resumed.clip, whole.clip) << checkpoint.next_step;
  }
}

/// A shot of `frames` in windows.
jobs::Shot long_shot(int frames, const jobs::Windows& windows) {
  jobs::Shot shot = travel_shot(read_golden("travel/uniform"));
  shot.frames = frames;
  shot.windows = windows;
  shot.steps = 1;
  shot.geometry.size = {.width = 32, .height = 32};
  shot.affinity.assign(static_cast<std::size_t>(frames), 0.8);
  return shot;
}

/// One step of a clip in windows, with constant prompts: the answer of the model by rule.
struct Step {
  jobs::Windows windows;
  int frames = 0;
  at::Tensor latents;
  at::Tensor condition;
};
at::Tensor answer_of(const Step& step) {
  const renderer::ResidentModel& model = rule_model("mirrored");
  const at::Tensor text = read_golden("modules/unet_41")["in_text"];
  const auto constant = [&text](std::int64_t half) {
    return renderer::TextTrack{.keyframe = [one = text.narrow(0, half, 1)](std::size_t) { return one; }};
  };
  renderer::ClipTexts texts(model.unet, {constant(0), constant(1)});
  const renderer::Pass pass;
  const renderer::Denoiser whole{.unet = model.unet, .pass = pass, .condition = step.condition, .text = {}};
  return *denoise_in_windows(
      whole, texts, step.latents,
      {.timestep = 481, .windows = renderer::windows_of(step.windows, step.frames, 1)});
}

std::set<std::int64_t> frames_that_differ(const at::Tensor& one, const at::Tensor& other) {
  std::set<std::int64_t> frames;
  for (std::int64_t f = 0; f < one.size(0); ++f) {
    if (!one[f].equal(other[f])) frames.insert(f);
  }
  return frames;
}

std::set<std::int64_t> frames_beside(std::int64_t frame, const Step& step) {
  std::set<std::int64_t> frames;
  for (const renderer::Window& window : renderer::windows_of(step.windows, step.frames, 1)) {
    if (std::ranges::find(window.frames, frame) == window.frames.end()) continue;
    frames.insert(window.frames.begin(), window.frames.end());
  }
  return frames;
}

TEST(LongClip, AFrameDependsOnTheFramesOfItsWindowsAndNoOthers) {
  const c10::InferenceMode inference;
  for (const auto schedule : {WindowSchedule::uniform, WindowSchedule::fixed, WindowSchedule::looped}) {
    const Step step{.windows = {.schedule = schedule},
                    .frames = 40,
                    .latents = at::randn({40, 4, 4, 4}),
                    .condition = at::randn({40, 5, 4, 4})};
    const at::Tensor before = answer_of(step);
    for (const std::int64_t frame : {0, 20, 26, 39}) {
      Step changed = step;
      changed.condition = step.condition.clone();
      changed.condition[frame][0].add_(0.5);
      EXPECT_EQ(frames_that_differ(before, answer_of(changed)), frames_beside(frame, step))
          << to_word(schedule) << " " << frame;
      EXPECT_LT(frames_beside(frame, step).size(), 40U);
    }
  }
}

TEST(LongClip, StoppedBetweenTwoWindowsKeepsTheStepsBefore) {
  const jobs::Shot shot = [] {
    jobs::Shot four = long_shot(12, {.length = 4, .overlap = 2, .schedule = WindowSchedule::uniform});
    four.steps = 3;
    four.eta = 0.5;
    return four;
  }();
  Watcher whole_watcher;
  const jobs::ShotResult whole = render(shot, nullptr, &whole_watcher);
  ASSERT_GT(whole_watcher.signs, 8);
  for (const int sign : {1, whole_watcher.signs / 2, whole_watcher.signs}) {
    Watcher stopping;
    stopping.stop_at_sign = sign;
    const jobs::Checkpoint checkpoint = stopped(shot, stopping);
    EXPECT_EQ(stopping.signs, sign);
    EXPECT_EQ(checkpoint.next_step, stopping.reports.back().step);
    EXPECT_EQ(render(shot, &checkpoint).step_latents, whole.step_latents) << sign;
  }
}

TEST(LongClip, MayHaveManyMoreFramesThanTheNetworkKnows) {
  const jobs::ShotResult result = render(long_shot(128, {}));
  EXPECT_EQ(result.clip.frames, 128);
  EXPECT_EQ(result.latents->frames, 128);
  EXPECT_EQ(result.latents, result.step_latents.back());
}

/// Bytes of tensors on the CPU that live at once, of those that were made since it began to look.
class LiveBytes : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, std::int64_t bytes, std::size_t, std::size_t, c10::Device) override {
    now_ += bytes;
    most_ = std::max(most_, now_);
  }
  bool memoryProfilingEnabled() const override { return true; }
  void forget() { most_ = now_; }
  std::int64_t most() const { return most_; }

 private:
  std::int64_t now_ = 0;
  std::int64_t most_ = 0;
};

/// What the tensors of a step take, those of the shot included that live beside it: not the picture's and the
/// prompt's encoding before, nor decoding behind it.
struct StepMemory : Watcher {
  renderer::Directive reached(const renderer::Progress& progress,
                              const std::function<jobs::Checkpoint()>& snapshot) override {
    if (progress.phase == renderer::Phase::denoising && progress.step == 0) live->forget();
    if (progress.phase == renderer::Phase::denoising && progress.step == 1) bytes = live->most();
    return Watcher::reached(progress, snapshot);
  }
  std::shared_ptr<LiveBytes> live = std::make_shared<LiveBytes>();
  std::int64_t bytes = 0;
};

std::int64_t bytes_of_a_step(const jobs::Shot& shot) {
  rule_model("mirrored");  // made before anyone counts
  StepMemory memory;
  memory.stop_at = 1;
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, memory.live);
  stopped(shot, memory);
  return memory.bytes;
}

TEST(LongClip, TakesTheMemoryOfAWindowAndItsLatents) {
  constexpr std::int64_t kLatentsOfAFrame = 4 * 4 * 4 * sizeof(float);
  const std::int64_t of_window = bytes_of_a_step(long_shot(16, {}));
  const std::int64_t of_long = bytes_of_a_step(long_shot(128, {}));
  // The latents, their condition's five channels, what the windows answer.
  EXPECT_LE(of_long - of_window, 112 * 4 * kLatentsOfAFrame);
  jobs::Shot at_once = long_shot(24, {});
  at_once.windows.reset();
  EXPECT_GT(bytes_of_a_step(at_once) - of_window, 8 * 100 * kLatentsOfAFrame) << "what is measured grows";
}

TEST(LongClip, ThatIsOneWindowHasTheLatentsOfAllFramesAtOnce) {
  jobs::Shot shot = long_shot(8, {});
  const jobs::ShotResult windowed = render(shot);
  shot.windows.reset();
  EXPECT_EQ(windowed.step_latents, render(shot).step_latents);
}

TEST(LongClip, ALoopHasNoFirstFrame) {
  const c10::InferenceMode inference;
  const at::Tensor latents = at::randn({12, 4, 8, 8});
  const at::Tensor condition = at::randn({12, 5, 8, 8});
  const auto moved_there_and_back = [&](std::int64_t by) {
    const at::Tensor answer =
        answer_of({.windows = {.length = 6, .overlap = 2, .schedule = WindowSchedule::looped},
                   .frames = 12,
                   .latents = at::roll(latents, by, 0),
                   .condition = at::roll(condition, by, 0)});
    return at::roll(answer, -by, 0);
  };
  // Moved by a multiple of the windows' distance, the same windows see the same frames.
  EXPECT_LE(largest_error(moved_there_and_back(4), moved_there_and_back(0)), 1e-6);
  EXPECT_LE(largest_error(moved_there_and_back(-4), moved_there_and_back(0)), 1e-6);
  EXPECT_GT(largest_error(moved_there_and_back(1), moved_there_and_back(0)), 1e-3);
}

}  // namespace
}  // namespace pia::tests
