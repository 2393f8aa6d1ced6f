// SPDX-License-Identifier: Apache-2.0
#include "farm/whole_pictures.hpp"

#include <filesystem>
#include <fstream>

#include "farm/media/image_file.hpp"

namespace pia::farm {

WholePictures::WholePictures(std::string file) : file_(std::move(file)) {
  std::ifstream lines(file_, std::ios::binary);
  for (std::string line; std::getline(lines, line);) {
    if (const auto digest = jobs::digest_from_hex(line)) known_.insert(*digest);
  }
}

void WholePictures::require(std::span<const std::byte> bytes, const jobs::Digest& digest,
                            const std::string& name) {
  if (known_.contains(digest)) return;
  read_image_bytes(bytes, name);
  ++decoded_;
  remember(digest);
}

void WholePictures::remember(const jobs::Digest& digest) {
  known_.insert(digest);
  if (file_.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(file_).parent_path(), ignored);
  std::ofstream lines(file_, std::ios::binary | std::ios::app);
  // The line end before it parts it from a line that somebody left torn.
  lines << "\n" + to_hex(digest) + "\n";
}

}  // namespace pia::farm
