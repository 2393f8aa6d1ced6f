// SPDX-License-Identifier: Apache-2.0
#include "farm/training/training_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dsl/training_json.hpp"
#include "farm/training/log_tail.hpp"
#include "farm/training/loss_curve.hpp"
#include "farm/training/sample_sheet.hpp"
#include "farm/training/trained_model.hpp"
#include "farm/training/training_files.hpp"
#include "farm/training/training_status.hpp"
#include "jobs/core/error.hpp"
#include "storage/lease.hpp"
#include "tests/support/line_trainer.hpp"
#include "tests/support/temp_folder.hpp"

namespace pia::farm {
namespace {

using jobs::ExitCode;
using testing::HasSubstr;

// A run directory and the training that is done in it; each call of train is another process's life.
class Trainings : public testing::Test {
 protected:
  Trainings() {
    planned.training = {.name = "line", .seed = 3, .steps = 20, .batch = 4};
    planned.training.optimizer.learning_rate = 0.05;
    planned.training.checkpoint_every = 6;
    planned.out = folder / "run";
    planned.training.output = folder / "run/model";
    planned.identity = jobs::sha256(dsl::training_recipe(planned));
    files->make_folders(planned.out);
    take_epoch();
  }

  void take_epoch() {
    auto taken = storage::take_lease({.files = *files,
                                      .run_directory = planned.out,
                                      .self = storage::describe_self(std::to_string(epoch), "now"),
                                      .is_alive = [](const storage::Holder&) { return false; }});
    epoch = std::get<storage::Lease>(taken).epoch();
  }

  ExitCode train(std::int64_t stop_at = -1) {
    tests::LoneReducer alone;
    tests::LineTrainer trainer(planned.training, alone);
    events.clear();
    std::int64_t step = 0;
    return run_training({.planned = planned,
                         .trainer = trainer,
                         .reducer = alone,
                         .files = *files,
                         .epoch = epoch,
                         .samples = SampleTask{.first_example = 40, .count = 3, .steps = 9},
                         .stop_asked = [&] { return step == stop_at; },
                         .happened =
                             [&](const TrainEvent& event) {
                               step = event.report.step;
                               events.push_back(event);
                             }});
  }
  std::string file(const std::string& name) { return text_of(*files, planned.out + "/" + name); }
  std::int64_t began() const { return events.at(0).report.step; }

  tests::TempFolder folder;
  std::unique_ptr<storage::FileOps> files = storage::make_posix_file_ops();
  dsl::PlannedTraining planned;
  std::uint64_t epoch = 0;
  std::vector<TrainEvent> events;
};

TEST_F(Trainings, StoppedAnywhereGoOnBitByBit) {
  EXPECT_EQ(train(), ExitCode::all_done);
  const std::string curve = file("loss.tsv");
  const std::string model = file("model/line.txt");
  ASSERT_EQ(read_curve(curve).size(), 20U);
  EXPECT_LT(read_curve(curve).back().loss, read_curve(curve).front().loss);
  for (const std::int64_t stop : {1, 5, 6, 7, 19}) {
    std::filesystem::remove_all(planned.out);
    files->make_folders(planned.out);
    take_epoch();
    EXPECT_EQ(train(stop), ExitCode::run_again);
    EXPECT_EQ(train(), ExitCode::all_done);
    EXPECT_EQ(began(), stop);
    EXPECT_EQ(file("loss.tsv"), curve) << stop;
    EXPECT_EQ(file("model/line.txt"), model) << stop;
  }
}

TEST_F(Trainings, CanBeLengthened) {
  planned.training.steps = 10;
  EXPECT_EQ(train(), ExitCode::all_done);
  EXPECT_TRUE(is_trained(planned, *files));
  planned.training.steps = 20;
  EXPECT_FALSE(is_trained(planned, *files));
  EXPECT_EQ(train(), ExitCode::all_done);
  EXPECT_EQ(began(), 10);
  EXPECT_EQ(read_curve(file("loss.tsv")).size(), 20U);
}

TEST_F(Trainings, ALostCurveOrModelComesBack) {
  EXPECT_EQ(train(), ExitCode::all_done);
  const std::string curve = file("loss.tsv");
  files->remove(curve_file(planned.out));
  std::filesystem::remove_all(planned.training.output);
  EXPECT_EQ(train(), ExitCode::all_done);
  EXPECT_EQ(began(), 20) << "no step is done again";
  EXPECT_EQ(file("loss.tsv"), curve);
  EXPECT_TRUE(is_trained(planned, *files));
}

TEST_F(Trainings, OfAnotherRecipeRefuseTheCheckpoints) {
  EXPECT_EQ(train(7), ExitCode::run_again);
  planned.identity = jobs::sha256("another");
  try {
    train();
    ADD_FAILURE() << "went on";
  } catch (const jobs::Error& error) {
    EXPECT_EQ(error.code(), ExitCode::bad_config);
    EXPECT_THAT(error.what(), HasSubstr("is of another training"));
    EXPECT_THAT(error.what(), HasSubstr("/run/checkpoints to begin anew"));
  }
}

TEST_F(Trainings, ThatWereTakenOverWriteNothing) {
  EXPECT_EQ(train(7), ExitCode::run_again);
  const std::uint64_t mine = epoch;
  take_epoch();
  epoch = mine;
  EXPECT_THROW(train(), storage::FencedOff);
  EXPECT_FALSE(files->exists(planned.training.output));
}

TEST_F(Trainings, NeverReplaceAFolderThatNoTrainingMade) {
  files->make_folders(planned.training.output + "/photos");
  try {
    train();
    ADD_FAILURE() << "replaced";
  } catch (const jobs::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("holds what no training made; move it away"));
  }
  EXPECT_TRUE(files->exists(planned.training.output + "/photos"));
}

TEST_F(Trainings, ThatComeApartSayWhatToDo) {
  planned.training.optimizer.learning_rate = 1e20;
  try {
    train();
    ADD_FAILURE() << "went on";
  } catch (const jobs::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("is not a number: the training came apart; lower "));
  }
}

TEST_F(Trainings, AreReportedWithTheirCurve) {
  EXPECT_EQ(train(), ExitCode::all_done);
  storage::replace_file(*files, training_file(planned.out), bytes_of(dsl::training_to_json(planned)), "e1");
  const TrainingStatus status = read_training_status(*files, planned.out);
  EXPECT_THAT(training_status_text(status), HasSubstr("state       done\n"));
  EXPECT_THAT(training_status_text(status), HasSubstr("steps       20 of 20 told"));
  EXPECT_THAT(training_report_html(status), HasSubstr("<polyline points=\""));
  EXPECT_THAT(training_report_html(status), HasSubstr("20 steps</text>"));
  EXPECT_THAT(training_plan_text(planned), HasSubstr("80 clips seen in all"));
  EXPECT_THROW(read_training_status(*files, folder.path()), jobs::Error);
}

TEST_F(Trainings, ShowWhatTheyMakeEverySoOften) {
  planned.training.sample_every = 8;
  EXPECT_EQ(train(17), ExitCode::run_again);
  EXPECT_EQ(files->list(sample_folder(planned.out)),
            (std::vector<std::string>{"captions.txt", "step-00000008.png", "step-00000016.png"}));
  EXPECT_EQ(train(), ExitCode::all_done);
  EXPECT_EQ(last_sheet(*files, planned.out), "samples/step-00000020.png") << "the end is shown, too";
  EXPECT_EQ(file("samples/captions.txt"), "9 steps\n9 steps\n9 steps\n");
  storage::replace_file(*files, training_file(planned.out), bytes_of(dsl::training_to_json(planned)), "e1");
  const TrainingStatus status = read_training_status(*files, planned.out);
  EXPECT_THAT(training_status_text(status), HasSubstr("/run/samples/step-00000020.png\n"));
  EXPECT_THAT(training_report_html(status), HasSubstr("<img src=\"samples/step-00000020.png\""));
  EXPECT_THAT(training_report_html(status), HasSubstr("<li>9 steps</li>"));
}

/// Calls the test back in the middle of a look.
class WatchedTrainer : public tests::LineTrainer {
 public:
  using LineTrainer::LineTrainer;
  std::optional<renderer::Sample> sample(std::uint64_t example, int steps,
                                         const std::function<bool()>& enough) const override {
    at_sample();
    return LineTrainer::sample(example, steps, enough);
  }
  std::function<void()> at_sample;
};

class Looks : public Trainings {
 protected:
  Looks() { planned.training.sample_every = 8; }

  ExitCode watched(const std::function<void()>& at_sample) {
    tests::LoneReducer alone;
    WatchedTrainer trainer(planned.training, alone);
    trainer.at_sample = at_sample;
    notices.clear();
    return run_training({.planned = planned,
                         .trainer = trainer,
                         .reducer = alone,
                         .files = *files,
                         .epoch = epoch,
                         .samples = SampleTask{.count = 3},
                         .stop_asked = [this] { return stop; },
                         .happened = [this](const TrainEvent& event) { notices += event.text; }});
  }
  bool has_sheet(std::int64_t step) const { return files->exists(sheet_file(planned.out, step)); }

  bool stop = false;
  std::string notices;
};

TEST_F(Looks, ThatGaveWayToAStopAreMadeUpForByTheNextStart) {
  EXPECT_EQ(watched([this] { stop = true; }), ExitCode::run_again);
  EXPECT_FALSE(files->exists(sample_folder(planned.out)));
  stop = false;
  EXPECT_EQ(watched([] {}), ExitCode::all_done);
  EXPECT_TRUE(has_sheet(8));
}

TEST_F(Looks, ThatWereCutOffAreMadeUpForByTheNextStart) {
  EXPECT_THROW(watched([] { throw std::bad_alloc(); }), std::bad_alloc);
  EXPECT_EQ(watched([] {}), ExitCode::all_done);
  EXPECT_TRUE(has_sheet(8)) << "its step was kept before";
  EXPECT_TRUE(has_sheet(20));
}

TEST_F(Looks, TheLastOneGivesWayToNobodyButDeath) {
  EXPECT_EQ(train(19), ExitCode::run_again);
  EXPECT_EQ(watched([this] { stop = true; }), ExitCode::all_done);
  EXPECT_TRUE(has_sheet(20));
  EXPECT_TRUE(is_trained(planned, *files));
  files->remove(sheet_file(planned.out, 20));
  stop = false;
  EXPECT_EQ(watched([] {}), ExitCode::all_done) << "as after a death in that look";
  EXPECT_TRUE(has_sheet(20));
}

TEST_F(Looks, ThatFailAreNotices) {
  EXPECT_EQ(watched([] { throw jobs::Error(ExitCode::internal, "no numbers"); }), ExitCode::all_done);
  EXPECT_THAT(notices, HasSubstr("no numbers; no look at what is learnt after step 8"));
  EXPECT_FALSE(files->exists(sample_folder(planned.out)));
}

TEST_F(Looks, OfATrainingThatBeginsAnewAreForgotten) {
  EXPECT_EQ(train(17), ExitCode::run_again);
  ASSERT_TRUE(has_sheet(16));
  storage::replace_file(*files, gate_file(planned.out), bytes_of("step 16"), "e1");
  std::filesystem::remove_all(planned.out + "/checkpoints");
  EXPECT_EQ(train(3), ExitCode::run_again);
  EXPECT_EQ(last_sheet(*files, planned.out), "");
  EXPECT_FALSE(files->exists(gate_file(planned.out)));
}

TEST_F(Trainings, ShowNothingUnlessAsked) {
  EXPECT_EQ(train(), ExitCode::all_done);
  EXPECT_FALSE(files->exists(sample_folder(planned.out)));
}

renderer::Sample sample_of(int frames, std::uint8_t given, std::uint8_t made) {
  const auto clip = [&](std::uint8_t value) {
    jobs::Clip one{.frames = frames, .width = 100, .height = 4, .rgb = {}};
    for (int i = 0; i < frames; ++i) {
      one.rgb.insert(one.rgb.end(), one.frame_bytes(), static_cast<std::uint8_t>(value + i));
    }
    return one;
  };
  return {.caption = {}, .made = clip(made), .given = clip(given)};
}

std::uint8_t pixel(const jobs::Image& image, int x, int y) {
  return image.rgb.at(static_cast<std::size_t>(y * image.width + x) * 3);
}

TEST(SampleSheet, HasTwoRowsAClipFromItsFirstFrameToItsLast) {
  const std::vector samples = {sample_of(31, 0, 100), sample_of(31, 40, 140)};
  const jobs::Image sheet = sample_sheet(samples);
  EXPECT_EQ(sheet.width, 16 * 102 - 2);
  EXPECT_EQ(sheet.height, 4 * 6 + 8 - 2);
  EXPECT_EQ(pixel(sheet, 0, 0), 0);
  EXPECT_EQ(pixel(sheet, 102, 0), 2) << "31 frames in 16 columns";
  EXPECT_EQ(pixel(sheet, sheet.width - 1, 0), 30);
  EXPECT_EQ(pixel(sheet, 0, 6), 100);
  EXPECT_EQ(pixel(sheet, 0, 20), 40);
  EXPECT_EQ(pixel(sheet, sheet.width - 1, sheet.height - 1), 170);
  EXPECT_EQ(pixel(sheet, 100, 0), 255) << "between frames";
}

TEST(SampleSheet, ShowsBeforeAClipTheOtherPictureThatItBeganWith) {
  std::vector samples = {sample_of(4, 0, 100), sample_of(4, 40, 140)};
  samples[1].condition = sample_of(1, 200, 0).given;
  const jobs::Image sheet = sample_sheet(samples);
  EXPECT_EQ(sheet.width, 5 * 102 - 2);
  EXPECT_EQ(pixel(sheet, 0, 0), 255) << "the first began with its own frame";
  EXPECT_EQ(pixel(sheet, 102, 0), 0);
  EXPECT_EQ(pixel(sheet, 0, 20), 200);
  EXPECT_EQ(pixel(sheet, 0, 26), 255);
  EXPECT_EQ(pixel(sheet, sheet.width - 1, 20), 43);
  samples[1].condition.width = 50;
  EXPECT_THROW(sample_sheet(samples), jobs::InputError);
}

TEST(SampleSheet, OfUnlikeSamplesIsRefused) {
  EXPECT_THROW(sample_sheet(std::vector{sample_of(4, 0, 0), sample_of(3, 0, 0)}), jobs::InputError);
  renderer::Sample narrow = sample_of(4, 0, 0);
  narrow.made.width = 50;
  EXPECT_THROW(sample_sheet(std::vector{sample_of(4, 0, 0), narrow}), jobs::InputError);
}

TEST(SampleSheet, HasAColumnASingleFrame) {
  const std::vector samples = {sample_of(1, 10, 110), sample_of(1, 20, 120), sample_of(1, 30, 130)};
  const jobs::Image sheet = sample_sheet(samples);
  EXPECT_EQ(sheet.width, 3 * 102 - 2);
  EXPECT_EQ(sheet.height, 2 * 6 - 2);
  EXPECT_EQ(pixel(sheet, 204, 0), 30);
  EXPECT_EQ(pixel(sheet, 204, 6), 130);
}

TEST(LossCurve, LinesComeBackAsTheyWereAndOthersAreNone) {
  const renderer::StepReport report{.step = 7, .loss = 0.1, .gradient_norm = 1e-30, .learning_rate = 1e-4};
  EXPECT_EQ(curve_line(report), "7\t0.1\t1e-30\t1e-04\n");
  EXPECT_EQ(curve_line(read_curve("7\t0.1\t1e-30\t1e-04\n8\t0.").at(0)), curve_line(report));
  for (const char* bad : {"", "7\t0.1\n", "x\t1\t1\t1\n", "7\t1\t1\t1\t1\n", "step\tloss\n"}) {
    EXPECT_TRUE(read_curve(bad).empty()) << bad;
  }
}

TEST(TrainEvents, ComeBackAsTheyWereAndOtherLinesAreNone) {
  const auto step = read_event("@step\t7\t0.5\t1\t0.001");
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(event_line(*step), "@step\t7\t0.5\t1\t0.001\n");
  EXPECT_EQ(event_line({.text = "a\nb"}), "@notice\ta b\n");
  EXPECT_EQ(read_event("@notice\ta b")->text, "a b");
  const auto failed = read_event("@failed\t65\tprocess 1: no");
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->code, 65);
  EXPECT_EQ(failed->text, "process 1: no");
  for (const char* other : {"", "loading", "@step\t7", "@steps\t7\t0.5\t1\t0.001"}) {
    EXPECT_FALSE(read_event(other).has_value()) << other;
  }
}

TEST(LogTail, GivesEachLineOnceAndOnlyWhole) {
  const tests::TempFolder folder;
  const auto add = [&](const std::string& text) { std::ofstream(folder / "log", std::ios::app) << text; };
  add("old\n");
  LogTail tail(folder / "log");
  EXPECT_TRUE(tail.take().empty());
  add("one\ntw");
  EXPECT_EQ(tail.take(), std::vector<std::string>{"one"});
  add("o\n");
  EXPECT_EQ(tail.take(), std::vector<std::string>{"two"});
}

}  // namespace
}  // namespace pia::farm
