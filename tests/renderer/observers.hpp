// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "renderer/renderer.hpp"

namespace pia::tests {

/// Watches a render and lets it run: what it reported, and a snapshot after each step.
class Watcher : public renderer::RenderObserver {
 public:
  renderer::Directive reached(const renderer::Progress& progress,
                              const std::function<jobs::Checkpoint()>& snapshot) override {
    reports.push_back(progress);
    if (progress.phase != renderer::Phase::denoising) return renderer::Directive::go_on;
    if (snapshots_wanted) snapshots.push_back(snapshot());
    return stop_at == progress.step ? renderer::Directive::stop : renderer::Directive::go_on;
  }

  renderer::Directive between_windows() override {
    ++signs;
    return stop_at_sign == signs ? renderer::Directive::stop : renderer::Directive::go_on;
  }

  std::optional<int> stop_at_sign;  ///< stop between windows, at the n-th sign of life
  int signs = 0;
  std::optional<int> stop_at;  ///< stop when this many steps are done
  bool snapshots_wanted = false;
  std::vector<renderer::Progress> reports;
  std::vector<jobs::Checkpoint> snapshots;  ///< one for 0..steps
};

}  // namespace pia::tests
