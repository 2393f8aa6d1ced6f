// SPDX-License-Identifier: Apache-2.0
// same_results A B: whether two run directories hold the same shots with the same frames and latents, byte by
// byte.
#include <cstdio>

#include "jobs/core/error.hpp"
#include "storage/shot_store.hpp"

int main(int argc, char** argv) {
  using namespace pia;
  if (argc != 3) return static_cast<int>(jobs::ExitCode::bad_usage);
  try {
    const auto files = storage::make_posix_file_ops();
    const storage::ShotStore first(*files, argv[1]);
    const storage::ShotStore second(*files, argv[2]);
    const auto ids = first.ids();
    if (ids.empty() || ids != second.ids()) {
      std::printf("%zu shots in %s, %zu in %s\n", ids.size(), argv[1], second.ids().size(), argv[2]);
      return 1;
    }
    for (const jobs::ShotId& id : ids) {
      const auto one = first.load(id);
      const auto other = second.load(id);
      if (one->clip != other->clip || one->latents != other->latents) {
        std::printf("shot %s differs\n", to_hex(id).c_str());
        return 1;
      }
    }
    std::printf("%zu shots are the same\n", ids.size());
    return 0;
  } catch (const jobs::Error& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
}
