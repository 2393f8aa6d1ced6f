// SPDX-License-Identifier: Apache-2.0
#include "farm/rank/supervising.hpp"

#include <unistd.h>

#include <algorithm>

#include "farm/rank/rank_transport.hpp"
#include "farm/run_loop.hpp"
#include "farm/run_rules.hpp"
#include "farm/signals.hpp"
#include "farm/worker_command.hpp"
#include "jobs/core/error.hpp"

namespace pia::farm {
namespace {

constexpr int kLongestPauseMs = 10;
std::string wait_for_orders(MpiWorld& world) {
  Pause pause;
  while (true) {
    if (const auto letter = world.receive(Tag::orders)) return letter->bytes;
    pause.wait(world, {});
  }
}

/// What a rank that can't render, or must not any more, does: waits to be sent home.
void stand_by(MpiWorld& world, SupervisorRankEnd& end) {
  Pause pause;
  while (!end.dismissed()) {
    try {
      if (!end.receive()) pause.wait(world, {});
    } catch (const jobs::InputError&) {
      // It takes no part any more: only Quit is of interest.
    }
  }
}

/// Keeps a renderer alive until Quit.
void keep_renderer(MpiWorld& world, SupervisorRankEnd& end, const Orders& orders, const RankPlace& here) {
  SignsOfLife signs(orders.sign_every);
  Supervisor supervisor(end, renderer_command(orders, here), here.place.rank);
  try {
    Pause pause;
    signs.give(end, here);
    for (supervisor.pump(); !supervisor.finished(); supervisor.pump()) {
      signs.give(end, here);
      pause.wait(world, {supervisor.watched()});
    }
  } catch (const jobs::Error&) {
    supervisor.kill_now();
    throw;
  }
}

/// What rank 0 said can't be understood: that ends this rank's part, not the farm.
std::string complaint(const RankPlace& here, const jobs::Error& error) {
  return "rank " + std::to_string(here.place.rank) + " on " + here.host +
         " renders nothing more: " + error.what();
}

}  // namespace

RendererCommand renderer_command(const Orders& orders, const RankPlace& here) {
  RendererCommand command = worker_command(
      {.run_directory = orders.run_directory,
       .checkpoint_every = orders.checkpoint_every,
       .device = orders.device,
       .threads = orders.threads,
       .digest_file = digest_file_for(orders.renderer, orders.digest_file),
       .scratch =
           scratch_of_node(orders.scratch, Reach::several_ranks, orders.renderer, environment_variable),
       .parent = getpid()},
      {.device = orders.device, .renderer = orders.renderer, .fake_step_seconds = orders.fake_step_seconds});
  if (here.gpu) {
    command.environment.push_back("CUDA_VISIBLE_DEVICES=" + *here.gpu);
    // As Slurm counts GPUs, and as their names go by.
    command.environment.emplace_back("CUDA_DEVICE_ORDER=PCI_BUS_ID");
  }
  return command;
}

std::optional<std::string> idle_reason(const Orders& orders, const RankPlace& here) {
  if (orders.device != "cuda" || orders.renderer != "torch" || here.gpu) return std::nullopt;
  return "rank " + std::to_string(here.place.rank) + " on " + here.host +
         " has no GPU of its own and stands idle; start one rank a GPU";
}

void Pause::wait(const MpiWorld& world, const std::vector<pollfd>& watched) {
  const bool busy = world.received() != seen_;
  seen_ = world.received();
  milliseconds_ = busy ? 1 : std::min(2 * milliseconds_, kLongestPauseMs);
  if (ready_within(std::chrono::milliseconds(milliseconds_), watched)) milliseconds_ = 1;
}

int supervise(MpiWorld& world, const RankPlace& here) {
  // Signals for the whole step reach rank 0 as well, and rank 0 drains.
  const StopSignals ignored;
  const std::string letter = wait_for_orders(world);
  SupervisorRankEnd end(world);
  try {
    const Orders orders = orders_from(letter);
    if (const auto reason = idle_reason(orders, here)) {
      end.send(WorkerLost{*reason});
    } else {
      keep_renderer(world, end, orders, here);
    }
  } catch (const jobs::Error& error) {
    end.send(WorkerLost{complaint(here, error)});
  }
  stand_by(world, end);
  // A rank that leaves early takes all others with it; without rank 0 the launcher ends it.
  part_with(world, std::nullopt, [] {});
  return 0;
}

void part_with(MpiWorld& world, std::optional<std::chrono::seconds> patience,
               const std::function<void()>& meanwhile) {
  const auto start = std::chrono::steady_clock::now();
  Pause pause;
  while (!world.all_said_farewell() && (!patience || std::chrono::steady_clock::now() < start + *patience)) {
    pause.wait(world, {});
    meanwhile();
  }
}

void SignsOfLife::give(WorkerEnd& end, const RankPlace& here) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::duration_cast<std::chrono::nanoseconds>(every_);
  end.send(Alive{.host = here.host, .gpu = here.gpu_name});
}

}  // namespace pia::farm
