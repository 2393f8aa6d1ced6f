// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace pia::farm {

/// What rank 0 tells every other rank before anything else: how their renderers are started. PROTOCOL.md.
struct Orders {
  std::string run_directory;       ///< absolute, on a file system that all nodes share
  std::string renderer = "torch";  ///< as LocalRunOptions
  std::string device = "cpu";
  int threads = 1;
  double checkpoint_every = 30;
  double fake_step_seconds = 0.02;
  double sign_every = 5;         ///< seconds between two signs of life
  std::string digest_file = {};  ///< of the digest cache; empty: none
  std::string scratch = {};      ///< `[worker] scratch` of the site file, as scratch_of_node wants it
  bool operator==(const Orders&) const = default;
};

std::string to_text(const Orders& orders);

/// Throws jobs::InputError for anything that to_text of this build does not make: ranks of different builds
/// must not work together.
Orders orders_from(std::string_view text);

}  // namespace pia::farm
