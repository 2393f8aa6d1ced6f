// SPDX-License-Identifier: Apache-2.0
#include "farm/rank/supervising.hpp"

#include <unistd.h>

#include <algorithm>

#include "farm/rank/rank_transport.hpp"
#include "farm/run_loop.hpp"
#include "farm/run_rules.hpp"
#include "farm/signals.hpp"
#include "farm/worker_command.hpp"

namespace pia::farm {
namespace {

constexpr int kLongestPauseMs = 10;
constexpr std::chrono::seconds kFarewellPatience{30};

Orders wait_for_orders(MpiWorld& world) {
  Pause pause;
  while (true) {
    if (const auto letter = world.receive(Tag::orders)) return orders_from(letter->bytes);
    pause.wait(world, {});
  }
}

/// What a rank that can't render does: waits to be sent home.
void stand_by(MpiWorld& world, SupervisorRankEnd& end) {
  Pause pause;
  while (!end.dismissed()) {
    if (!end.receive()) pause.wait(world, {});
  }
}

}  // namespace

RendererCommand renderer_command(const Orders& orders, const RankPlace& here) {
  RendererCommand command = worker_command(
      {.run_directory = orders.run_directory,
       .checkpoint_every = orders.checkpoint_every,
       .device = orders.device,
       .threads = orders.threads,
       .digest_file = digest_file_for(orders.renderer, orders.digest_file),
       .parent = getpid()},
      {.device = orders.device, .renderer = orders.renderer, .fake_step_seconds = orders.fake_step_seconds});
  if (here.gpu) command.environment.push_back("CUDA_VISIBLE_DEVICES=" + *here.gpu);
  return command;
}

std::optional<std::string> idle_reason(const Orders& orders, const RankPlace& here) {
  if (orders.device != "cuda" || orders.renderer != "torch" || here.gpu) return std::nullopt;
  return "rank " + std::to_string(here.place.rank) + " on " + here.host +
         " has no GPU of its own and stands idle; start one rank a GPU";
}

void Pause::wait(const MpiWorld& world, const std::vector<int>& descriptors) {
  const bool busy = world.received() != seen_;
  seen_ = world.received();
  milliseconds_ = busy ? 1 : std::min(2 * milliseconds_, kLongestPauseMs);
  if (readable_within(std::chrono::milliseconds(milliseconds_), descriptors)) milliseconds_ = 1;
}

int supervise(MpiWorld& world, const RankPlace& here) {
  // Signals for the whole step reach rank 0 as well, and rank 0 drains.
  const StopSignals ignored;
  const Orders orders = wait_for_orders(world);
  SupervisorRankEnd end(world);
  if (const auto reason = idle_reason(orders, here)) {
    end.send(WorkerLost{*reason});
  } else {
    Supervisor supervisor(end, renderer_command(orders, here), here.place.rank);
    Pause pause;
    for (supervisor.pump(); !supervisor.finished(); supervisor.pump()) {
      pause.wait(world, {supervisor.socket()});
    }
  }
  stand_by(world, end);
  part_with(world, kFarewellPatience, [] {});
  return 0;
}

void part_with(MpiWorld& world, std::chrono::seconds patience, const std::function<void()>& meanwhile) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  Pause pause;
  while (!world.all_said_farewell() && std::chrono::steady_clock::now() < deadline) {
    pause.wait(world, {});
    meanwhile();
  }
}

}  // namespace pia::farm
