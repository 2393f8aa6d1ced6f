// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "jobs/core/plan.hpp"
#include "jobs/core/recipe.hpp"

namespace pia::tests {

/// A small valid shot, changed word by word: `ShotBuilder{}.model("toonyou").steps(4).planned()`.
class ShotBuilder {
 public:
  ShotBuilder() {
    shot_.image = {"/images/labrador.png", jobs::sha256("labrador")};
    shot_.model = {"/models/tiny", jobs::sha256("tiny")};
    shot_.motion = {"/motions/tiny", jobs::sha256("motion")};
    shot_.geometry.size = {16, 16};
    shot_.prompt.keyframes = {{0, std::vector<std::int32_t>(77, 320)}};
    shot_.negative_prompt.keyframes = {{0, std::vector<std::int32_t>(77, 49407)}};
    frames(4).steps(4);
  }
  ShotBuilder& model(const std::string& name) {
    shot_.model = {"/models/" + name, jobs::sha256(name)};
    return *this;
  }
  ShotBuilder& steps(int value) {
    shot_.steps = value;
    return *this;
  }
  ShotBuilder& seed(std::uint64_t value) {
    shot_.seed = value;
    return *this;
  }
  ShotBuilder& size(int width, int height) {
    shot_.geometry.size = {width, height};
    return *this;
  }
  ShotBuilder& frames(int value) {
    shot_.frames = value;
    shot_.affinity.assign(static_cast<std::size_t>(value), 0.8);
    shot_.affinity[0] = 1.0;
    return *this;
  }
  jobs::Shot build() const { return shot_; }
  jobs::ShotId id() const { return jobs::shot_id(shot_); }
  jobs::PlannedShot planned(const std::string& name = "shot") const {
    jobs::PlannedShot planned;
    planned.id = id();
    planned.shot = shot_;
    planned.name = name;
    planned.names = {name};
    planned.video_stem = name;
    return planned;
  }

 private:
  jobs::Shot shot_;
};

}  // namespace pia::tests
