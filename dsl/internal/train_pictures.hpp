// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dsl/catalog.hpp"
#include "jobs/core/digest.hpp"
#include "jobs/core/training.hpp"

namespace pia::dsl::internal {

/// Which pictures a training asks for.
struct PictureWish {
  std::string path;  ///< absolute: a folder, a picture, or a pattern (dsl/internal/glob.hpp)
  enum class Captions { none, needed } captions = Captions::needed;
  std::optional<std::string> caption = {};  ///< of those that have no text beside them
};

struct FoundPictures {
  std::vector<jobs::ListedPicture> pictures;  ///< at least one, sorted by path
  jobs::Digest digest = {};                   ///< of each one's bytes and caption; not of their names
};

/// The pictures of a folder (not those of its folders, nor hidden ones) or of a pattern, each with the text
/// of the file beside it that has its name and the extension .txt, else with the wish's caption. That text is
/// UTF-8 of at most 64 KiB with or without a byte order mark; white space and control characters are one
/// space, and none at its ends. Or all that is wrong, each kind of trouble once, with the first file that
/// has it and how many do.
std::variant<FoundPictures, std::vector<Trouble>> find_pictures(const PictureWish& wish,
                                                                const Catalog& catalog);

}  // namespace pia::dsl::internal
