// SPDX-License-Identifier: Apache-2.0
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>

#include "renderer/training/batches.hpp"
#include "renderer/training/optimizer.hpp"
#include "tests/renderer/flicker.hpp"
#include "tests/renderer/rule_weights.hpp"

namespace pia::tests {
namespace {

constexpr std::int64_t kMany = 200;

/// Flicker of 4 x 4 pixels, to be read by the hundred.
class Specks : public Flicker {
 public:
  renderer::Example example(std::uint64_t index) const override {
    renderer::Example one = Flicker::example(index);
    one.clip.width = 4;
    one.clip.height = 4;
    one.clip.rgb.resize(std::size_t{4} * one.clip.frame_bytes());
    return one;
  }
};

/// What a training with these choices reads.
struct Draws {
  explicit Draws(const jobs::DenoiserTraining& choices) : training(clips_training()) {
    training.denoiser = choices;
    training.denoiser.frames = 4;
  }

  renderer::BatchReader reader() const {
    return {.training = training,
            .clips = specks,
            .options = options,
            .encoder = &rule_model("test_pia").vae_encoder,
            .factor = rule_weights("test_pia").vae_config.factor()};
  }
  renderer::ReadClips clips(const renderer::BatchPart& part = {.count = kMany}) const {
    return renderer::read_clips(reader(), part);
  }
  renderer::ReadClips stills() const { return renderer::read_stills(reader(), {.count = kMany}); }

  jobs::Training training;
  Specks specks;
  renderer::TrainerOptions options{.tokenize = ids_of};
};

/// For [n] of yes and no: within four deviations of what so many draws come to.
void expect_share(const at::Tensor& chosen, double share) {
  const double deviation = std::sqrt(share * (1 - share) / static_cast<double>(chosen.numel()));
  EXPECT_NEAR(chosen.to(at::kDouble).mean().item<double>(), share, 4 * deviation);
}

at::Tensor have_no_affinity(const renderer::ReadClips& clips) {
  return clips.batch.affinity.eq(0).all(1);
}

at::Tensor have_no_picture(const renderer::ReadClips& clips) {
  return clips.batch.picture.eq(0).flatten(1).all(1);
}

// ids_of puts a caption's length there.
at::Tensor have_no_caption(const renderer::ReadClips& clips) {
  return clips.ids.select(1, 1).eq(0);
}

void expect_same_but_condition_and_caption(const renderer::ReadClips& left,
                                           const renderer::ReadClips& right) {
  EXPECT_TRUE(at::equal(left.batch.latents, right.batch.latents));
  EXPECT_TRUE(at::equal(left.batch.noise, right.batch.noise));
  EXPECT_TRUE(at::equal(left.batch.timesteps, right.batch.timesteps));
  EXPECT_EQ(left.places, right.places);
}

TEST(ConditionDropout, TakesBothPlanesOfItsShareOfTheClips) {
  const auto read = [](double share) {
    return Draws({.condition_dropout = share, .text_dropout = 0.3, .condition_noise = 0.5}).clips();
  };
  const renderer::ReadClips some = read(0.3);
  const renderer::ReadClips none = read(0);
  const at::Tensor dropped = have_no_affinity(some);
  expect_share(dropped, 0.3);
  EXPECT_TRUE(at::equal(have_no_picture(some), dropped));
  EXPECT_FALSE(have_no_picture(none).any().item<bool>());
  const at::Tensor kept = dropped.logical_not().to(at::kFloat);
  EXPECT_TRUE(at::equal(some.batch.affinity, none.batch.affinity * kept.view({-1, 1})));
  EXPECT_TRUE(at::equal(some.batch.picture, none.batch.picture * kept.view({-1, 1, 1, 1})));
  EXPECT_TRUE(have_no_affinity(read(1)).all().item<bool>());
}

TEST(ConditionDropout, ChangesNoOtherDraw) {
  const renderer::ReadClips none = Draws({.condition_dropout = 0, .text_dropout = 0.3}).clips();
  const renderer::ReadClips all = Draws({.condition_dropout = 1, .text_dropout = 0.3}).clips();
  expect_same_but_condition_and_caption(none, all);
  EXPECT_TRUE(at::equal(none.ids, all.ids));
}

TEST(ConditionDropout, HangsOnTheClipAloneHoweverBatchesAreShared) {
  const Draws draws({.condition_dropout = 0.5});
  const at::Tensor whole = have_no_affinity(draws.clips({.index = 0, .first = 40, .count = 16}));
  for (std::int64_t part = 0; part < 4; ++part) {
    const renderer::ReadClips clips = draws.clips({.index = static_cast<std::uint64_t>(part),
                                                   .first = static_cast<std::uint64_t>(40 + part * 4),
                                                   .count = 4});
    EXPECT_TRUE(at::equal(have_no_affinity(clips), whole.narrow(0, part * 4, 4))) << part;
  }
}

TEST(TextDropout, GivesItsShareOfTheExamplesTheEmptyPrompt) {
  const auto check = [](const renderer::ReadClips& some, const renderer::ReadClips& none) {
    const at::Tensor dropped = have_no_caption(some);
    expect_share(dropped, 0.3);
    EXPECT_FALSE(have_no_caption(none).any().item<bool>());
    const at::Tensor kept = at::where(dropped.view({-1, 1}), some.ids, none.ids);
    EXPECT_TRUE(at::equal(some.ids, kept)) << "the others keep their captions";
    expect_same_but_condition_and_caption(some, none);
  };
  const Draws some({.text_dropout = 0.3});
  const Draws none({.text_dropout = 0});
  check(some.clips(), none.clips());
  check(some.stills(), none.stills());
  EXPECT_TRUE(at::equal(some.clips().batch.picture, none.clips().batch.picture));
}

TEST(TextDropout, IsDrawnApartFromTheConditions) {
  const renderer::ReadClips clips = Draws({.condition_dropout = 0.5, .text_dropout = 0.5}).clips();
  expect_share(have_no_caption(clips).logical_and(have_no_affinity(clips)), 0.25);
}

// What the choices add to the noise, [n, frames, channels]: the same for all pixels.
at::Tensor shifts(const jobs::DenoiserTraining& choices) {
  const at::Tensor plain = Draws({}).clips().batch.noise;
  const at::Tensor shift = Draws(choices).clips().batch.noise - plain;
  const at::Tensor corner = shift.select(4, 0).select(3, 0);
  EXPECT_LT((shift - corner.unsqueeze(3).unsqueeze(4)).abs().max().item<double>(), 1e-5);
  EXPECT_NEAR(plain.std().item<double>(), 1, 0.05);
  return corner;
}

// Of values that differ along each of these dimensions as independent ones do.
void expect_independent(const at::Tensor& values, double deviation, const std::vector<int>& dimensions) {
  EXPECT_NEAR(values.mean().item<double>(), 0, 0.1 * deviation);
  EXPECT_NEAR(values.std().item<double>(), deviation, 0.1 * deviation);
  for (const int along : dimensions) {
    const double within = values.var(along).mean().sqrt().item<double>();
    EXPECT_NEAR(within, deviation, 0.1 * deviation) << along;
  }
}

TEST(OffsetNoise, ShiftsEachChannelOfAllFramesAlike) {
  const at::Tensor shift = shifts({.offset_noise = 0.5});
  EXPECT_LT((shift - shift.narrow(1, 0, 1)).abs().max().item<double>(), 1e-5);
  expect_independent(shift.select(1, 0), 0.5, {0, 1});
}

TEST(OffsetNoise, OfFramesShiftsEachChannelOfEachFrame) {
  expect_independent(shifts({.frame_offset_noise = 0.25}), 0.25, {0, 1, 2});
}

TEST(OffsetNoise, OfBothKindsIsTheSumOfTwoDraws) {
  const at::Tensor clip = shifts({.offset_noise = 0.5});
  const at::Tensor frame = shifts({.frame_offset_noise = 0.5});
  const at::Tensor both = shifts({.offset_noise = 0.5, .frame_offset_noise = 0.5});
  EXPECT_LT((both - clip - frame).abs().max().item<double>(), 1e-5);
  expect_independent(both.select(1, 0), 0.5 * std::sqrt(2), {0, 1});
}

at::Tensor timesteps(const jobs::DenoiserTraining& choices) {
  return Draws(choices).clips().batch.timesteps;
}

TEST(Timesteps, AreDrawnEvenlyFromFirstToLast) {
  const at::Tensor drawn = timesteps({.first_timestep = 200, .last_timestep = 203});
  EXPECT_EQ(drawn.min().item<int>(), 200);
  EXPECT_EQ(drawn.max().item<int>(), 203);
  for (int timestep = 200; timestep <= 203; ++timestep) expect_share(drawn.eq(timestep), 0.25);
  EXPECT_TRUE(timesteps({.first_timestep = 7, .last_timestep = 7}).eq(7).all().item<bool>());
}

TEST(Timesteps, AreAnywhereByDefault) {
  const at::Tensor drawn = timesteps({});
  for (int first = 0; first < 1000; first += 250) {
    expect_share(drawn.ge(first).logical_and(drawn.lt(first + 250)), 0.25);
  }
}

TEST(Timesteps, ComeFromTheFocusForItsShare) {
  const at::Tensor plain = timesteps({.last_timestep = 899});
  const at::Tensor some = timesteps({.last_timestep = 899, .focus = 0.4, .focus_timestep = 800});
  expect_share(some.ge(800), 0.4 + 0.6 / 9);
  EXPECT_LE(some.max().item<int>(), 899);
  const at::Tensor unfocused = some.eq(plain);
  expect_share(unfocused, 0.6);
  EXPECT_TRUE(some.ge(800).logical_or(unfocused).all().item<bool>());
  const at::Tensor all = timesteps({.last_timestep = 803, .focus = 1, .focus_timestep = 800});
  for (int timestep = 800; timestep <= 803; ++timestep) expect_share(all.eq(timestep), 0.25);
}

// An array of a trainer's state, in double precision.
at::Tensor array_of(const Bench& bench, const std::string& name) {
  for (const renderer::StateArray& array : bench.trainer->state().arrays) {
    if (array.name != name) continue;
    const at::Tensor values = at::empty(array.shape, at::kFloat);
    std::memcpy(values.data_ptr(), array.bytes.data(), array.bytes.size());
    return values.to(at::kDouble);
  }
  ADD_FAILURE() << "no array " << name;
  return {};
}

double largest_difference(const at::Tensor& left, const at::Tensor& right) {
  return (left - right).abs().max().item<double>();
}

// With updates that are large beside the rounding of the values.
jobs::Training lively_training() {
  jobs::Training training = clips_training();
  training.denoiser.frames_seen = 0;
  training.optimizer = {.learning_rate = 0.05, .clip_norm = 0};
  return training;
}

TEST(Average, OfTheValuesForgetsFasterInTheFirstSteps) {
  jobs::Training training = lively_training();
  training.optimizer.ema = 0.28;
  const Bench bench(training);
  at::Tensor expected = array_of(bench, "values");
  EXPECT_TRUE(at::equal(array_of(bench, "average"), expected));
  // (1 + step) / (10 + step) until that is more than 0.28.
  for (const double decay : {1.0 / 10, 2.0 / 11, 3.0 / 12, 0.28, 0.28}) {
    bench.trainer->step();
    expected = decay * expected + (1 - decay) * array_of(bench, "values");
    EXPECT_LT(largest_difference(array_of(bench, "average"), expected), 1e-6) << decay;
  }
  EXPECT_GT(largest_difference(array_of(bench, "average"), array_of(bench, "values")), 1e-2);
}

std::string written_motion(const Bench& bench, const std::string& folder) {
  bench.trainer->write_model(folder);
  std::ifstream file(folder + "/motion/diffusion_pytorch_model.safetensors", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Average, IsWhatIsWritten) {
  jobs::Training training = lively_training();
  training.optimizer.ema = 0.9;
  const Bench averaged(training);
  averaged.losses(2);
  renderer::TrainingState state = averaged.trainer->state();
  ASSERT_EQ(state.arrays.back().name, "average");
  training.optimizer.ema = 0;
  const Bench plain(training);
  const auto restored = [&] {
    plain.trainer->restore({.step = state.step, .arrays = {state.arrays.begin(), state.arrays.end() - 1}});
    return written_motion(plain, model_folder() + "/../plain");
  };
  const std::string written = written_motion(averaged, model_folder() + "/../averaged");
  EXPECT_GT(written.size(), 0U);
  EXPECT_NE(written, restored());
  state.arrays[1].bytes = state.arrays.back().bytes;
  EXPECT_EQ(written, restored());
}

TEST(LearningRate, IsConstantByDefault) {
  for (const int step : {0, 5, 99}) {
    EXPECT_DOUBLE_EQ(renderer::learning_rate({.learning_rate = 0.3}, step, 10), 0.3);
  }
}

TEST(LearningRate, RisesLinearlyToItsFullInTheLastStepOfTheWarmUp) {
  const jobs::Optimizer choices{.learning_rate = 0.8, .warmup = 4};
  const std::array<double, 6> expected = {0.2, 0.4, 0.6, 0.8, 0.8, 0.8};
  for (std::size_t step = 0; step < expected.size(); ++step) {
    EXPECT_DOUBLE_EQ(renderer::learning_rate(choices, static_cast<std::int64_t>(step), 6), expected[step]);
  }
}

TEST(LearningRate, FallsToZeroAsHalfACosine) {
  const jobs::Optimizer choices{.learning_rate = 0.8, .cosine = true};
  const std::map<int, double> expected = {{0, 0.8}, {4, 0.4 + 0.4 * std::sqrt(0.5)},
                                          {8, 0.4}, {12, 0.4 - 0.4 * std::sqrt(0.5)},
                                          {16, 0},  {17, 0}};
  for (const auto& [step, rate] : expected) {
    EXPECT_NEAR(renderer::learning_rate(choices, step, 16), rate, 1e-12) << step;
  }
  const jobs::Optimizer warm{.learning_rate = 0.8, .warmup = 16, .cosine = true};
  EXPECT_NEAR(renderer::learning_rate(warm, 7, 14), 0.2, 1e-12) << "half of the half";
}

// A batch of 4 at once, and as two of 2.
void expect_accumulated_equals_whole(jobs::Training training) {
  // AdamW's first steps have the gradients' signs alone, unless eps is large.
  training.optimizer = {.learning_rate = 1, .eps = 1, .clip_norm = 0, .accumulation = 1};
  training.batch = 4;
  const Bench whole(training);
  training.batch = 2;
  training.optimizer.accumulation = 2;
  const Bench parts(training);
  const at::Tensor before = array_of(whole, "values");
  for (int step = 0; step < 2; ++step) {
    const renderer::StepReport expected = whole.trainer->step();
    const renderer::StepReport found = parts.trainer->step();
    EXPECT_NEAR(found.loss, expected.loss, 1e-5 * expected.loss) << training.name;
    EXPECT_NEAR(found.gradient_norm, expected.gradient_norm, 1e-5 * expected.gradient_norm) << training.name;
  }
  EXPECT_LT(largest_difference(array_of(parts, "values"), array_of(whole, "values")), 1e-5) << training.name;
  EXPECT_GT(largest_difference(array_of(whole, "values"), before), 1e-2) << training.name;
}

TEST(Accumulation, OfTwoBatchesOfTwoIsABatchOfFour) {
  jobs::Training clips = lively_training();
  clips.denoiser.condition_dropout = 0.5;
  clips.denoiser.text_dropout = 0.5;
  expect_accumulated_equals_whole(clips);
  jobs::Training stills = mixed_training();
  stills.denoiser.stills_every = 1;
  expect_accumulated_equals_whole(stills);
  expect_accumulated_equals_whole(vae_training());
}

// What a trainer's moments and values are after a step.
struct Memory {
  explicit Memory(const Bench& bench)
      : values(array_of(bench, "values")),
        first(array_of(bench, "first_moment")),
        second(array_of(bench, "second_moment")) {}
  Memory(const Memory& whole, const at::Tensor& chosen)
      : values(whole.values.masked_select(chosen)),
        first(whole.first.masked_select(chosen)),
        second(whole.second.masked_select(chosen)) {}
  at::Tensor values;
  at::Tensor first;
  at::Tensor second;
};

TEST(Clipping, ScalesWhatAStepLearnsFromAndReportsTheNormBefore) {
  jobs::Training training = lively_training();
  const auto after_a_step = [&](double limit) {
    training.optimizer.clip_norm = limit;
    const Bench bench(training);
    const double norm = bench.trainer->step().gradient_norm;
    return std::pair(norm, Memory(bench).first / (1 - training.optimizer.beta1));
  };
  const auto [norm, gradients] = after_a_step(0);
  EXPECT_NEAR(gradients.norm().item<double>(), norm, 1e-5 * norm);
  const auto [reported, clipped] = after_a_step(norm / 8);
  EXPECT_DOUBLE_EQ(reported, norm);
  EXPECT_LT(largest_difference(clipped * 8, gradients), 1e-4 * gradients.abs().max().item<double>());
  EXPECT_TRUE(at::equal(after_a_step(norm * 2).second, gradients)) << "nothing to clip";
}

// In double precision, as in Loshchilov and Hutter, algorithm 2.
void expect_adamw_step(const Memory& before, const Memory& after, const jobs::Optimizer& choices,
                       const renderer::Advance& now) {
  const double rate = now.learning_rate;
  const auto count = static_cast<double>(now.step + 1);
  const at::Tensor gradients = (after.first - choices.beta1 * before.first) / (1 - choices.beta1);
  const at::Tensor second = choices.beta2 * before.second + (1 - choices.beta2) * gradients.square();
  EXPECT_LT(largest_difference(after.second, second), 1e-5 * second.max().item<double>());
  const at::Tensor mean = after.first / (1 - std::pow(choices.beta1, count));
  const at::Tensor size = at::sqrt(second / (1 - std::pow(choices.beta2, count))) + choices.eps;
  const at::Tensor values = before.values * (1 - rate * choices.weight_decay) - rate * mean / size;
  EXPECT_LT(largest_difference(after.values, values), 1e-6) << "update " << count;
  EXPECT_GT(largest_difference(after.values, before.values), 1e-2);
}

const jobs::Optimizer kAdamW = {.learning_rate = 0.1,
                                .beta1 = 0.8,
                                .beta2 = 0.9,
                                .eps = 1e-2,
                                .weight_decay = 0.3,
                                .clip_norm = 1,
                                .warmup = 4};

TEST(AdamW, OfTheFirstTwoStepsIsTheFormulaWithDecayOfTheWeights) {
  jobs::Training training = lively_training();
  training.optimizer = kAdamW;
  const Bench bench(training);
  Memory before(bench);
  EXPECT_EQ(before.first.abs().max().item<double>(), 0);
  for (const renderer::Advance& now :
       {renderer::Advance{.step = 0, .learning_rate = 0.025}, {.step = 1, .learning_rate = 0.05}}) {
    bench.trainer->step();
    const Memory after(bench);
    expect_adamw_step(before, after, training.optimizer, now);
    before = after;
  }
}

TEST(AdamW, PassesTheMotionPartOverInStepsOfStills) {
  jobs::Training training = mixed_training();
  training.optimizer = kAdamW;
  const Bench bench(training);
  bench.trainer->step();
  const Memory clips(bench);
  bench.trainer->step();
  const Memory stills(bench);
  bench.trainer->step();
  const Memory after(bench);
  const at::Tensor waited = stills.values.eq(clips.values);
  EXPECT_TRUE(at::equal(Memory(clips, waited).first, Memory(stills, waited).first)) << "no momentum";
  const at::Tensor moved = waited.logical_not();
  EXPECT_GT(Memory(clips, waited).first.ne(0).sum().item<int>(), 1000);
  expect_adamw_step(Memory(clips, moved), Memory(stills, moved), kAdamW, {.step = 1, .learning_rate = 0.05});
  expect_adamw_step(Memory(stills, moved), Memory(after, moved), kAdamW, {.step = 2, .learning_rate = 0.075});
  expect_adamw_step(Memory(stills, waited), Memory(after, waited), kAdamW,
                    {.step = 1, .learning_rate = 0.075});
}

}  // namespace
}  // namespace pia::tests
