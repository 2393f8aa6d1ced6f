// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "jobs/core/error.hpp"
#include "jobs/core/recipe.hpp"
#include "renderer/pipeline/render_shot.hpp"
#include "renderer/renderer.hpp"
#include "tests/renderer/golden.hpp"
#include "tests/renderer/observers.hpp"
#include "tests/renderer/rule_weights.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::tests {
namespace {

using jobs::KeepLatents;

/// A model on disk, and shots of it through the public facade.
class TorchRenderer : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = std::make_unique<TempFolder>();
    write_model("mirrored", folder->path());
  }
  static void TearDownTestSuite() { folder.reset(); }

  static jobs::Shot shot(int steps = 3) {
    jobs::Shot shot = shot_of(read_golden("official/frames-8"));
    shot.model.path = *folder / "weights/model";
    shot.motion.path = *folder / "weights/motion";
    shot.steps = steps;
    return shot;
  }
  static jobs::Image image() { return image_of(read_golden("official/frames-8")); }

  static renderer::Outcome render(renderer::Renderer& with, const renderer::RenderTask& task,
                                  Watcher& watcher) {
    return with.render(task, watcher);
  }
  static jobs::ShotResult finished(renderer::Renderer& with, const jobs::Shot& shot,
                                   const jobs::Checkpoint* from = nullptr) {
    Watcher watcher;
    const jobs::Image picture = image();
    return std::get<jobs::ShotResult>(
        with.render({.shot = shot, .image = picture, .keep = KeepLatents::all, .from = from}, watcher));
  }
  static void expect_same(const jobs::ShotResult& found, const jobs::ShotResult& expected) {
    EXPECT_EQ(found.id, expected.id);
    EXPECT_EQ(found.clip, expected.clip);
    EXPECT_EQ(found.latents, expected.latents);
    EXPECT_EQ(found.step_latents, expected.step_latents);
    EXPECT_EQ(found.timesteps, expected.timesteps);
  }
  static void expect_resumes(const jobs::Shot& shot) {
    const auto fresh = renderer::make_torch_renderer({});
    Watcher watcher;
    watcher.snapshots_wanted = true;
    const jobs::Image picture = image();
    const auto whole = std::get<jobs::ShotResult>(
        fresh->render({.shot = shot, .image = picture, .keep = KeepLatents::all}, watcher));
    ASSERT_EQ(watcher.snapshots.size(), static_cast<std::size_t>(renderer::step_count(shot)) + 1);
    for (const jobs::Checkpoint& checkpoint : watcher.snapshots) {
      expect_same(finished(*renderer::make_torch_renderer({}), shot, &checkpoint), whole);
    }
  }

  static std::unique_ptr<TempFolder> folder;
};
std::unique_ptr<TempFolder> TorchRenderer::folder;

TEST_F(TorchRenderer, ResumedAtAnyStepGivesTheSameBytes) {
  expect_resumes(shot());
}

TEST_F(TorchRenderer, ResumedWithNoiseInTheStepsGivesTheSameBytes) {
  jobs::Shot noisy = shot();
  noisy.eta = 0.5;
  expect_resumes(noisy);
}

TEST_F(TorchRenderer, ResumedAtStrengthBelowOneGivesTheSameBytes) {
  jobs::Shot partial = shot(5);
  partial.strength = 0.7;
  expect_resumes(partial);
  partial.reference = jobs::Reference::diffusers;
  partial.eta = 0.5;
  expect_resumes(partial);
}

TEST_F(TorchRenderer, StoppedByTheObserverGoesOnFromItsCheckpoint) {
  const auto one = renderer::make_torch_renderer({});
  const jobs::Shot shot = TorchRenderer::shot();
  const jobs::Image picture = image();
  Watcher stopper;
  stopper.stop_at = 1;
  const auto checkpoint = std::get<jobs::Checkpoint>(
      one->render({.shot = shot, .image = picture, .keep = KeepLatents::all}, stopper));
  EXPECT_EQ(checkpoint.next_step, 1);
  EXPECT_EQ(checkpoint.device_kind, "cpu");
  expect_same(finished(*one, shot, &checkpoint), finished(*one, shot));
}

TEST_F(TorchRenderer, StoppedWhileLoadingYieldsACheckpointOfTheStart) {
  class AtOnce : public renderer::RenderObserver {
    renderer::Directive reached(const renderer::Progress& progress,
                                const std::function<jobs::Checkpoint()>&) override {
      return progress.phase == renderer::Phase::loading ? renderer::Directive::stop
                                                        : renderer::Directive::go_on;
    }
  } observer;
  const auto one = renderer::make_torch_renderer({});
  const jobs::Shot shot = TorchRenderer::shot();
  const jobs::Image picture = image();
  const auto checkpoint = std::get<jobs::Checkpoint>(
      one->render({.shot = shot, .image = picture, .keep = KeepLatents::all}, observer));
  EXPECT_EQ(checkpoint.next_step, 0);
  expect_same(finished(*one, shot, &checkpoint), finished(*one, shot));
}

TEST_F(TorchRenderer, PixelsDoNotDependOnWhatWasRenderedBefore) {
  const auto one = renderer::make_torch_renderer({});
  const jobs::Shot a = shot();
  jobs::Shot b = shot(2);
  b.frames = 5;
  b.affinity.resize(5);
  b.geometry.size = {.width = 72, .height = 96};
  b.reference = jobs::Reference::diffusers;
  b.seed = 99;
  const jobs::ShotResult first = finished(*one, a);
  const jobs::ShotResult other = finished(*one, b);
  expect_same(finished(*one, a), first);
  expect_same(finished(*one, b), other);
  expect_same(finished(*renderer::make_torch_renderer({}), b), other);
}

TEST_F(TorchRenderer, KeepsTheModelForTheNextShot) {
  const auto one = renderer::make_torch_renderer({.now = [time = 0.0]() mutable { return ++time; }});
  EXPECT_EQ(finished(*one, shot()).timings.load, 1);
  EXPECT_EQ(finished(*one, shot()).timings.load, 0);
}

TEST_F(TorchRenderer, KeepsAsManyLatentsAsItIsAskedTo) {
  const auto one = renderer::make_torch_renderer({});
  const jobs::Shot shot = TorchRenderer::shot();
  const jobs::Image picture = image();
  const auto with = [&](KeepLatents keep) {
    Watcher watcher;
    return std::get<jobs::ShotResult>(one->render({.shot = shot, .image = picture, .keep = keep}, watcher));
  };
  const jobs::ShotResult all = with(KeepLatents::all);
  EXPECT_EQ(all.step_latents.size(), 4U);
  EXPECT_THAT(all.timesteps, testing::ElementsAre(667, 334, 1));
  EXPECT_EQ(with(KeepLatents::final).latents, all.step_latents.back());
  EXPECT_TRUE(with(KeepLatents::final).step_latents.empty());
  EXPECT_FALSE(with(KeepLatents::none).latents.has_value());
}

TEST_F(TorchRenderer, GuidanceOfOneNeedsNoNegativePrompt) {
  const auto one = renderer::make_torch_renderer({});
  jobs::Shot unguided = shot();
  unguided.guidance_scale = 1.0;
  const jobs::ShotResult with = finished(*one, unguided);
  jobs::Shot other = unguided;
  other.negative_prompt = other.prompt;
  EXPECT_EQ(finished(*one, other).clip, with.clip);
  EXPECT_NE(finished(*one, shot()).clip, with.clip);
}

TEST_F(TorchRenderer, RefusesWhatTheModelCannotDoAndStaysUsable) {
  const auto one = renderer::make_torch_renderer({});
  const auto refuses = [&](const char* why, const std::function<void(jobs::Shot&)>& change) {
    jobs::Shot wrong = shot();
    change(wrong);
    EXPECT_THROW(finished(*one, wrong), jobs::InputError) << why;
  };
  refuses("frames", [](jobs::Shot& s) {
    s.frames = 33;
    s.affinity.assign(33, 1.0);
  });
  refuses("affinity", [](jobs::Shot& s) { s.affinity.pop_back(); });
  refuses("no affinity", [](jobs::Shot& s) { s.affinity.clear(); });
  refuses("size", [](jobs::Shot& s) { s.geometry.size.width = 60; });
  refuses("no size", [](jobs::Shot& s) { s.geometry.size = {}; });
  refuses("token", [](jobs::Shot& s) { s.prompt.keyframes[0].ids[3] = 49408; });
  refuses("negative token", [](jobs::Shot& s) { s.negative_prompt.keyframes[0].ids[3] = -1; });
  refuses("too long", [](jobs::Shot& s) { s.prompt.keyframes[0].ids.resize(78, 1); });
  refuses("no prompt", [](jobs::Shot& s) { s.prompt.keyframes.clear(); });
  refuses("no negative prompt", [](jobs::Shot& s) { s.negative_prompt.keyframes.clear(); });
  refuses("half a chunk", [](jobs::Shot& s) {
    s.prompt.keyframes[0].ids.resize(100, 1);
    s.negative_prompt.keyframes[0].ids.resize(100, 1);
  });
  refuses("fewer chunks", [](jobs::Shot& s) { s.negative_prompt.keyframes[0].ids.resize(154, 49407); });
  refuses("weights", [](jobs::Shot& s) { s.prompt.keyframes[0].weights.assign(76, 1.0); });
  refuses("layers", [](jobs::Shot& s) { s.clip_skip = 3; });
  refuses("no layer", [](jobs::Shot& s) { s.clip_skip = 0; });
  refuses("unmixed", [](jobs::Shot& s) { s.prompt.keyframes.push_back({4, s.prompt.keyframes[0].ids}); });
  refuses("mixtures", [](jobs::Shot& s) { s.prompt.blends.assign(7, {}); });
  refuses("nothing to mix", [](jobs::Shot& s) { s.prompt.blends.assign(8, {.from = 0, .to = 4}); });
  refuses("a mixture", [](jobs::Shot& s) { s.prompt.blends.assign(8, {.weight = 1.5}); });
  refuses("an empty keyframe", [](jobs::Shot& s) {
    s.negative_prompt.keyframes.push_back({.frame = 4, .ids = {}});
    s.negative_prompt.blends.assign(8, {});
  });
  refuses("windows", [](jobs::Shot& s) { s.windows = {.length = 33}; });
  refuses("no windows", [](jobs::Shot& s) { s.windows = {.length = 0, .overlap = -1}; });
  refuses("overlap", [](jobs::Shot& s) { s.windows = {.length = 4, .overlap = 4}; });
  refuses("a sampler", [](jobs::Shot& s) { s.sampler = jobs::Sampler::euler; });
  refuses("a VAE", [](jobs::Shot& s) { s.vae = s.model; });
  refuses("a word", [](jobs::Shot& s) { s.embeddings = {{.word = "bad", .file = s.model}}; });
  refuses("an adapter", [](jobs::Shot& s) { s.ip_adapter = {.image = s.image, .scale = 1}; });
  refuses("steps", [](jobs::Shot& s) { s.steps = 1000; });
  refuses("strength", [](jobs::Shot& s) { s.strength = 0.1; });
  refuses("no strength", [](jobs::Shot& s) { s.strength = std::numeric_limits<double>::quiet_NaN(); });
  EXPECT_EQ(finished(*one, shot()).clip.frames, 8);
}

TEST_F(TorchRenderer, RefusesAnEmptyPicture) {
  Watcher watcher;
  const jobs::Shot shot = TorchRenderer::shot();
  const jobs::Image nothing;
  EXPECT_THROW(renderer::make_torch_renderer({})->render({.shot = shot, .image = nothing}, watcher),
               jobs::InputError);
}

TEST_F(TorchRenderer, RefusesACheckpointOfSomethingElse) {
  const auto one = renderer::make_torch_renderer({});
  jobs::Shot shot = TorchRenderer::shot();
  shot.eta = 0.5;
  Watcher watcher;
  watcher.snapshots_wanted = true;
  const jobs::Image picture = image();
  one->render({.shot = shot, .image = picture, .keep = KeepLatents::all}, watcher);
  const auto refuses = [&](const char* why, const std::function<void(jobs::Checkpoint&)>& change) {
    jobs::Checkpoint wrong = watcher.snapshots[1];
    change(wrong);
    EXPECT_THROW(finished(*one, shot, &wrong), jobs::StorageError) << why;
  };
  refuses("shot", [](jobs::Checkpoint& c) { c.shot = {}; });
  refuses("device", [](jobs::Checkpoint& c) { c.device_kind = "cuda"; });
  refuses("dtype", [](jobs::Checkpoint& c) { c.dtype = jobs::Dtype::fp16; });
  refuses("step", [](jobs::Checkpoint& c) { c.next_step = 4; });
  refuses("negative step", [](jobs::Checkpoint& c) { c.next_step = -1; });
  refuses("size", [](jobs::Checkpoint& c) { c.latents.width = 4; });
  refuses("values", [](jobs::Checkpoint& c) { c.latents.values.pop_back(); });
  refuses("generator", [](jobs::Checkpoint& c) { c.generator_state.resize(7); });
  refuses("no generator", [](jobs::Checkpoint& c) { c.generator_state.clear(); });
  refuses("kept", [](jobs::Checkpoint& c) { c.kept.clear(); });
}

TEST_F(TorchRenderer, SaysWhichStepMadeLatentsThatAreNoNumbers) {
  const auto one = renderer::make_torch_renderer({});
  const jobs::Shot shot = TorchRenderer::shot();
  const jobs::Image picture = image();
  Watcher stopper;
  stopper.stop_at = 1;
  auto checkpoint = std::get<jobs::Checkpoint>(one->render({.shot = shot, .image = picture}, stopper));
  checkpoint.latents.values[5] = std::numeric_limits<float>::infinity();
  Watcher watcher;
  try {
    one->render({.shot = shot, .image = picture, .from = &checkpoint}, watcher);
    FAIL() << "infinite latents were rendered";
  } catch (const jobs::Error& error) {
    EXPECT_EQ(error.code(), jobs::ExitCode::internal);
    EXPECT_THAT(error.what(), testing::HasSubstr(to_hex(jobs::shot_id(shot))));
    EXPECT_THAT(error.what(), testing::HasSubstr("step 2 of "));
    EXPECT_THAT(error.what(), testing::EndsWith("; try another model"));
  }
}

TEST(OtherDtype, BugAShotInFp32WasAdvisedToTryFp32) {
  EXPECT_EQ(renderer::other_dtype(jobs::Dtype::fp32, jobs::Dtype::fp32), "");
  EXPECT_EQ(renderer::other_dtype(jobs::Dtype::bf16, jobs::Dtype::fp32),
            "write dtype = \"fp32\" under [worker] in the site file, or ");
}

TEST_F(TorchRenderer, RefusesDevicesAndTypesThatAreNotThere) {
  EXPECT_THROW(renderer::make_torch_renderer({.device = "tpu"}), jobs::DeviceError);
  jobs::Shot half = shot();
  half.dtype = jobs::Dtype::fp16;
  EXPECT_THROW(finished(*renderer::make_torch_renderer({}), half), jobs::DeviceError);
}

TEST_F(TorchRenderer, BugTheRendererReadTheClockByItself) {
  const auto timeless = renderer::make_torch_renderer({});
  const jobs::Timings none = finished(*timeless, shot()).timings;
  EXPECT_EQ(none.load + none.encode + none.denoise + none.decode, 0);
  const auto one = renderer::make_torch_renderer({.now = [time = 0.0]() mutable { return ++time; }});
  const jobs::Timings timings = finished(*one, shot(3)).timings;
  EXPECT_EQ(timings.denoise, 3) << "two looks a step";
  EXPECT_EQ(timings.decode, 1);
}

TEST_F(TorchRenderer, AMissingModelLeavesTheRendererUsable) {
  const auto one = renderer::make_torch_renderer({});
  jobs::Shot lost = shot();
  lost.model = {*folder / "nowhere", jobs::sha256("nowhere")};
  EXPECT_THROW(finished(*one, lost), jobs::WeightError);
  EXPECT_EQ(finished(*one, shot()).clip.frames, 8);
}

TEST_F(TorchRenderer, ReportsEveryPhaseInOrder) {
  const auto one = renderer::make_torch_renderer({});
  const jobs::Shot shot = TorchRenderer::shot();
  const jobs::Image picture = image();
  Watcher watcher;
  one->render({.shot = shot, .image = picture}, watcher);
  std::vector<renderer::Phase> phases;
  for (const renderer::Progress& report : watcher.reports) phases.push_back(report.phase);
  using renderer::Phase;
  EXPECT_THAT(phases,
              testing::ElementsAre(Phase::loading, Phase::encoding, Phase::denoising, Phase::denoising,
                                   Phase::denoising, Phase::denoising, Phase::decoding));
}

}  // namespace
}  // namespace pia::tests
