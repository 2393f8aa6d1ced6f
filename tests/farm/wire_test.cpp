// SPDX-License-Identifier: Apache-2.0
#include "farm/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/core/error.hpp"
#include "tests/support/shot_builder.hpp"

namespace pia::farm {
namespace {

using tests::ShotBuilder;

std::vector<Message> one_of_each() {
  const jobs::PlannedShot shot = ShotBuilder{}.planned();
  return {
      RenderShot{.shot = shot, .output = {}, .attempt = 2, .epoch = 7},
      EncodeShot{.shot = shot, .output = {}, .epoch = 12},
      StopShot{shot.id},
      StagingBegins{shot.id, 2},
      KillRenderer{shot.id},
      Quit{},
      Ready{.first = true, .resident_model = "m"},
      StepReached{shot.id, 1, {renderer::Phase::denoising, 3, 8, 0.25}},
      StepGoesOn{shot.id, 2},
      DiskAwaited{shot.id, 2},
      DiskGone{"a disk is away"},
      StagingAsked{shot.id, 2},
      StagingEnded{shot.id, 2},
      ShotCommitted{shot.id, 1, 4096, {.load = 1, .encode = 2, .denoise = 3, .decode = 4, .steps_done = 5}},
      ShotFailed{shot.id, 3, scheduler::FailureKind::device, "no memory \xff"},
      ShotStopped{shot.id, 1, 4},
      VideosMade{shot.id, {"videos/a.mp4"}, ""},
      Notice{"a disk is full"},
      WorkerLost{"no program"},
      Alive{.host = "node07", .gpu = "MIG-1"},
      MayBeSilent{}};
}

TEST(Wire, EveryMessageReadsBackAsItself) {
  for (const Message& message : one_of_each()) {
    FrameReader reader;
    reader.feed(encode(message));
    const auto read = reader.next();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(encode(*read), encode(message)) << "message " << message.index();
    EXPECT_EQ(read->index(), message.index());
    EXPECT_FALSE(reader.next());
  }
}

ShotCommitted read_back(const std::string& json) {
  return std::get<ShotCommitted>(decode(json));
}

TEST(Wire, CarriesMetricsAndWhatWasMeasured) {
  const jobs::OutputWishes wishes{.metrics = {jobs::Metric::flicker, jobs::Metric::psnr}};
  const auto frame = encode(RenderShot{.shot = ShotBuilder{}.planned(), .output = wishes});
  EXPECT_EQ(std::get<RenderShot>(decode(frame.substr(8))).output, wishes);
  const jobs::Measures measures{.psnr = 31.25, .flicker = 0.1};
  const auto said = encode(ShotCommitted{.shot = ShotBuilder{}.id(), .measures = measures});
  EXPECT_EQ(read_back(said.substr(8)).measures, measures);
}

TEST(Wire, SaysNothingOfMeasuresWhereThereAreNone) {
  const auto said = encode(ShotCommitted{.shot = ShotBuilder{}.id()}).substr(8);
  EXPECT_EQ(said.find("measures"), std::string::npos);
  EXPECT_TRUE(read_back(said).measures.empty());
  EXPECT_EQ(encode(RenderShot{.shot = ShotBuilder{}.planned()}).find("metrics"), std::string::npos);
}

TEST(Wire, RefusesMeasuresThatAreNone) {
  const std::string said = encode(ShotCommitted{.shot = ShotBuilder{}.id()}).substr(8);
  for (const char* wrong : {R"({"psnr": "high"})", R"({"beauty": 1})", R"({"motion": -1})", "7", "[1]"}) {
    EXPECT_THROW(decode(said.substr(0, said.size() - 1) + ",\"measures\":" + wrong + "}"), jobs::InputError)
        << wrong;
  }
}

TEST(Wire, MessagesArriveHoweverTheStreamIsCut) {
  std::string stream;
  for (const Message& message : one_of_each()) stream += encode(message);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{64}, stream.size()}) {
    FrameReader reader;
    std::size_t count = 0;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      reader.feed(std::string_view(stream).substr(at, piece));
      while (reader.next()) ++count;
    }
    EXPECT_EQ(count, one_of_each().size()) << "pieces of " << piece;
  }
}

void expect_refused(const std::string& bytes) {
  FrameReader reader;
  reader.feed(bytes);
  EXPECT_THROW(reader.next(), jobs::InputError);
}

TEST(Wire, RefusesWhatIsNoFrame) {
  expect_refused("hello there");
}

TEST(Wire, RefusesAFrameLongerThanAnyMessage) {
  expect_refused(std::string("PIA1\xff\xff\xff\xff", 8));
}

/// Kinds that a stream of that way takes, by their place in one_of_each.
std::vector<std::size_t> taken(Way way) {
  std::vector<std::size_t> kinds;
  for (const Message& message : one_of_each()) {
    FrameReader reader(way);
    reader.feed(encode(message));
    try {
      if (reader.next()) kinds.push_back(message.index());
    } catch (const jobs::InputError&) {
    }
  }
  return kinds;
}

TEST(Wire, TakesOnlyWhatIsSaidInThatDirection) {
  using testing::ElementsAre;
  EXPECT_THAT(taken(Way::to_renderer), ElementsAre(0, 1, 2, 3, 5)) << "not kill_renderer";
  EXPECT_THAT(taken(Way::to_supervisor), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(taken(Way::from_renderer), ElementsAre(6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17))
      << "not worker_lost";
  EXPECT_THAT(taken(Way::from_supervisor),
              ElementsAre(6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20));
}

TEST(Wire, RefusesNumbersOutOfRange) {
  const std::string shot = to_hex(ShotBuilder{}.id());
  EXPECT_THROW(decode(R"({"is":"shot_stopped","shot":")" + shot + R"(","attempt":1e300,"step":1})"),
               jobs::InputError);
  EXPECT_THROW(decode(R"({"is":"shot_stopped","shot":")" + shot + R"(","attempt":-1,"step":1})"),
               jobs::InputError);
  EXPECT_THROW(decode(R"({"is":"shot_stopped","shot":"xyz","attempt":1,"step":1})"), jobs::InputError);
  EXPECT_THROW(decode(R"({"is":"nonsense"})"), jobs::InputError);
  EXPECT_THROW(decode("[]"), jobs::InputError);
}

}  // namespace
}  // namespace pia::farm
