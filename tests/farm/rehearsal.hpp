// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "farm/local_run.hpp"
#include "tests/support/picture.hpp"
#include "tests/support/shot_builder.hpp"
#include "tests/support/write_file.hpp"

namespace pia::tests {

/// A little farm with the fake renderer, real processes and real files.
struct Rehearsal {
  std::string folder = {};  ///< holds the picture and the run directory
  int shots = 4;
  int steps = 6;
  int workers = 2;
  int attempts = 3;
  double step_seconds = 0.005;
  double checkpoint_every = 0;  ///< every step
  std::string script = {};      ///< misbehaviour: FakeOptions::script

  std::string run_directory() const { return folder + "/run"; }

  jobs::Plan plan() const {
    const std::string picture = folder + "/picture.png";
    if (!std::ifstream(picture)) write_file(picture, png(16, 16));
    jobs::Plan plan;
    plan.job_name = "rehearsal";
    plan.job_file = folder + "/rehearsal.toml";
    plan.out = run_directory();
    plan.output.formats = {jobs::VideoFormat::gif};
    for (int i = 0; i < shots; ++i) {
      jobs::PlannedShot shot = ShotBuilder{}.seed(static_cast<std::uint64_t>(i)).steps(steps).planned();
      shot.shot.image = {picture, jobs::sha256(png(16, 16))};
      shot.id = jobs::shot_id(shot.shot);
      shot.name = shot.video_stem = "shot-" + std::to_string(i);
      shot.names = {shot.name};
      plan.shots.push_back(shot);
    }
    plan.counts.shots = plan.counts.combinations = shots;
    return plan;
  }

  jobs::Site site() const {
    jobs::Site site;
    site.threads = 1;
    site.attempts = attempts;
    site.checkpoint_every = checkpoint_every;
    return site;
  }

  farm::LocalRunOptions options() const {
    return {.workers = workers,
            .device = "cpu",
            .renderer = script.empty() ? "fake" : "fake:" + script,
            .fake_step_seconds = step_seconds};
  }

  jobs::ExitCode run(farm::Watcher& watcher) const {
    return farm::run_locally(plan(), site(), options(), watcher);
  }
};

}  // namespace pia::tests
