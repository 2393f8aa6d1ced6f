// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dsl/internal/flat_reader.hpp"
#include "dsl/internal/resolve.hpp"
#include "dsl/internal/shot_loras.hpp"

namespace pia::dsl::internal {

struct FoundFiles {
  const ImageFile* image = nullptr;
  const ModelFile* model = nullptr;
  const ModelFile* base = nullptr;  ///< only if the model lacks something
  const ModelFile* motion = nullptr;
  const ModelFile* vae = nullptr;  ///< in place of the model's
};

/// One shot on its way.
struct Task {
  const FlatShot& flat;
  Resolving& with;
  FlatReader read;
  FoundFiles files = {};
  jobs::PlannedShot planned = {};
  std::string prompt_words = {};
  ShotLoras loras{with, files};
  bool good = true;

  void refuse(const Place& place, const std::string& sentence) {
    with.complaints.error(place, sentence);
    good = false;
  }
};

/// Finds the picture, the model, what it lacks, its own VAE and the motion weights: all that are there.
void find_files(Task& task);

/// After the prompts: the embeddings that they name, and the IP-Adapter's picture.
void find_additions(Task& task);

/// Writes what was found into the shot.
void set_files(Task& task);

}  // namespace pia::dsl::internal
