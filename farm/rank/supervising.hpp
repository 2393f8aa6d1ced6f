// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "farm/rank/mpi_world.hpp"
#include "farm/rank/orders.hpp"
#include "farm/supervisor.hpp"
#include "slurm/place.hpp"

namespace pia::farm {

/// Which GPU this rank has, and who it is, for people.
struct RankPlace {
  slurm::Place place;
  std::optional<std::string> gpu;  ///< for CUDA_VISIBLE_DEVICES of its renderer
  std::string host;
  std::string gpu_name = {};  ///< of the GPU, as gpu_name makes it
};

/// How this rank starts its renderer. Throws jobs::Error(unavailable) if its program is not there.
RendererCommand renderer_command(const Orders& orders, const RankPlace& here);

/// Why this rank must not render: it has no GPU of its own. Nothing if it may.
std::optional<std::string> idle_reason(const Orders& orders, const RankPlace& here);

/// Sleeps until a descriptor can be read, and no longer than a moment that grows from 1 ms to 10 ms while
/// nothing happens: MPI has nothing to wait on, and asking it without a pause would take a core from the
/// renderer.
class Pause {
 public:
  /// Negative descriptors count as none.
  void wait(const MpiWorld& world, const std::vector<pollfd>& watched);

 private:
  std::uint64_t seen_ = 0;
  int milliseconds_ = 1;
};

/// Says now and then that this rank lives, and who it is.
class SignsOfLife {
 public:
  /// `every` seconds.
  explicit SignsOfLife(double every) : every_(every) {}

  /// Sends a sign if it is time.
  void give(WorkerEnd& end, const RankPlace& here);

 private:
  std::chrono::duration<double> every_;
  std::chrono::steady_clock::time_point next_{};
};

/// The life of every rank but 0: waits for orders, keeps one renderer alive, until Quit. Returns main's exit
/// code.
int supervise(MpiWorld& world, const RankPlace& here);

/// Waits for all ranks to be through, at most `patience`; nothing: however long. Calls `meanwhile` now and
/// then.
void part_with(MpiWorld& world, std::optional<std::chrono::seconds> patience,
               const std::function<void()>& meanwhile);

}  // namespace pia::farm
