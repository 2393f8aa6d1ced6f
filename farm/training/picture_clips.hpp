// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "farm/training/unusable_files.hpp"
#include "jobs/core/training.hpp"
#include "renderer/training/clip_source.hpp"

namespace pia::farm {

/// 0 .. count-1 in an order that follows from the two keys alone, each order as likely as any other.
std::vector<std::size_t> epoch_order(std::uint64_t seed, std::uint64_t epoch, std::size_t count);

/// Stills of a training's pictures (jobs::ClipData::pictures; there is at least one) with their captions:
/// upright, and resized and cropped as the pictures of shots are (jobs::Resize::crop); never mirrored.
/// An epoch is as many examples as there are pictures, and has each picture once, in an order of its own that
/// follows from data.seed. Examples from kFirstHeldOut on (renderer/training/toy/scene.hpp) are the same
/// pictures in other orders. Instead of a picture that can't be used the next one of the epoch is taken, and
/// `notice` is told as UnusableFiles does.
class PictureClips final : public renderer::ClipSource {
 public:
  struct Options {
    Notice notice = {};  ///< of pictures that can't be used
    /// So many bytes of resized pictures are kept, of the first ones of the list; others are read anew.
    std::size_t bytes_kept = std::size_t{512} << 20U;
  };

  /// Throws as `example` does if no picture can be used.
  PictureClips(const jobs::ClipData& data, Options options);

  /// Throws jobs::InputError if no picture can be used (with the reason of one), jobs::StorageError where a
  /// disk fails, and jobs::Error (unavailable) where this installation lacks what decodes a picture.
  renderer::Example example(std::uint64_t index) const override;

  /// The caption of another picture than the example's; its own if no other one is there.
  std::string caption_of_other(std::uint64_t index) const;

 private:
  struct Found {
    std::size_t picture = 0;
    jobs::Clip clip;
  };

  Found find(std::uint64_t index) const;
  /// Nothing if it can't be used.
  std::optional<jobs::Clip> still(std::size_t picture) const;
  bool keeps(std::size_t picture) const;

  jobs::ClipData data_;
  std::size_t bytes_kept_;
  mutable UnusableFiles unusable_;
  mutable std::mutex mutex_;  ///< of all below
  mutable std::map<std::size_t, jobs::Clip> kept_;
  mutable std::vector<bool> is_unusable_;
};

}  // namespace pia::farm
