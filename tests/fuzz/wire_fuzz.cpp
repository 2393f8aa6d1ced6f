// SPDX-License-Identifier: Apache-2.0
#include "farm/wire.hpp"
#include "jobs/core/error.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/shot_builder.hpp"

int main() {
  using namespace pia;
  const jobs::PlannedShot shot = tests::ShotBuilder{}.planned();
  const std::vector<std::string> seeds = {
      farm::encode(farm::RenderShot{.shot = shot, .output = {}, .attempt = 1, .epoch = 3}),
      farm::encode(farm::StepReached{shot.id, 1, {renderer::Phase::denoising, 3, 8, 0.25}}) +
          farm::encode(farm::ShotCommitted{shot.id, 1, 4096, {}}),
      farm::encode(farm::ShotFailed{shot.id, 1, scheduler::FailureKind::crash, "reason"}),
      farm::encode(farm::VideosMade{shot.id, {"videos/a.mp4"}, ""})};
  return tests::fuzz("wire", seeds, [](const std::string& input) {
    farm::FrameReader reader;
    reader.feed(input);
    try {
      while (reader.next()) {
      }
    } catch (const jobs::InputError&) {
    }
  });
}
