// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "farm/training/video_shelf.hpp"
#include "jobs/core/training.hpp"
#include "renderer/training/affinity.hpp"
#include "renderer/training/clip_source.hpp"
#include "renderer/training/toy/draws.hpp"

namespace pia::farm {

/// Clips of the videos that a CSV lists (farm/training/video_list.hpp), taken as PIA's released code takes
/// them (animatediff/data/dataset.py, WebVid10M; farm/training/clip_cut.hpp), their captions being the
/// column "name", half of the clips mirrored if data.mirror. What is drawn by chance there follows from
/// (data.seed, index) here. Frames are resized and cropped as the pictures of shots are (jobs::Resize::crop),
/// by a filter that suits shrinking; the released code's is plain bilinear.
///
/// Affinity: as released, or as in the paper, whose smallest and largest distances are the 2.5th and 97.5th
/// percentiles of those to the condition frame in the first 64 clips (0 and 1 if nothing moves in them),
/// which are looked at when the first example is asked for.
///
/// Where a video can't be used, or the clip in it is damaged, another is drawn. Among 100 videos and more,
/// every 50th row of the list is held out: examples from kFirstHeldOut on (renderer/training/toy/scene.hpp)
/// come from those, all others from the rest. Of fewer videos, or if none of those can be used, the former
/// come from the same videos, being other clips of them.
class VideoClips final : public renderer::ClipSource {
 public:
  struct Options {
    Notice notice = {};  ///< of videos that can't be used
    std::size_t bytes_kept = VideoSet{}.bytes_kept;
  };

  /// Throws what read_video_list throws, and as `example` does if no video can be used.
  VideoClips(const jobs::ClipData& data, const jobs::DenoiserTraining& denoiser, Options options);

  /// Throws jobs::InputError if no video can be used (with the reason of one), jobs::StorageError where a
  /// disk fails.
  renderer::Example example(std::uint64_t index) const override;

  /// The caption of another video than the example's; its own if there is no other one.
  std::string caption_of_other(std::uint64_t index) const;

 private:
  struct Found {
    std::size_t video = 0;
    jobs::Clip clip;
    int condition = 0;
  };

  Found find(std::uint64_t index) const;
  std::optional<Found> find_in(bool held_out, renderer::Draws& draws) const;
  std::optional<Found> try_video(std::size_t video, renderer::Draws& draws) const;
  std::vector<float> affinity_of(const Found& found) const;
  const renderer::Distances& usual_distances() const;

  jobs::ClipData data_;
  jobs::DenoiserTraining denoiser_;
  VideoShelf shelf_;
  mutable std::once_flag measured_;
  mutable renderer::Distances usual_;  ///< once measured_
};

}  // namespace pia::farm
