// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/core/digest.hpp"
#include "jobs/core/words.hpp"

namespace pia::jobs {

/// Raised whenever the same recipe gives other pixels on purpose; part of every id.
inline constexpr int kPixelVersion = 1;

/// Equal ids mean equal pixels on the same device kind, CPU type and thread count.
struct ShotId {
  Digest digest;
  auto operator<=>(const ShotId&) const = default;
};
inline std::string to_hex(const ShotId& id) {
  return to_hex(id.digest);
}

/// The inverse of to_hex; nothing unless `hex` is exactly 64 hexadecimal digits.
inline std::optional<ShotId> shot_id_from_hex(std::string_view hex) {
  const auto digest = digest_from_hex(hex);
  return digest ? std::optional(ShotId{*digest}) : std::nullopt;
}

/// A file or a folder: where it is now, and what is in it. Only the digest is identity.
struct FileRef {
  std::string path;
  Digest digest;
  bool operator==(const FileRef&) const = default;
};

struct Size {
  int width = 0;
  int height = 0;
  bool operator==(const Size&) const = default;
};

/// How the input picture becomes the first condition: pixels in, pixels out.
struct Geometry {
  Size size;  ///< of the clip, multiples of the VAE's factor
  Resize resize = Resize::fit;
  std::optional<Size> first;  ///< the original resizes in two steps: to this size, then to `size`
  bool operator==(const Geometry&) const = default;
};

/// The text of one frame as the text encoder reads it: 77 token ids, begin and end included; of a long prompt
/// several such chunks, one after the other. All keyframes of a shot have as many chunks.
struct PromptKeyframe {
  int frame = 0;
  std::vector<std::int32_t> ids;
  std::vector<double> weights = {};  ///< AUTOMATIC1111's, one a token; empty: all 1
  bool operator==(const PromptKeyframe&) const = default;
};

/// The prompt of one frame of a travel: the keyframe at frame `from`, on its way to the one at `to`.
struct PromptBlend {
  int from = 0;
  int to = 0;
  double weight = 0;  ///< 0: `from` alone .. 1: `to` alone
  bool operator==(const PromptBlend&) const = default;
};

/// A prompt over the frames of a clip; a constant prompt is the one keyframe 0.
struct PromptTrack {
  std::vector<PromptKeyframe> keyframes;  ///< ascending frames
  std::vector<PromptBlend> blends = {};   ///< one a frame; empty where the prompt is constant
  Blending blending = Blending::slerp;    ///< of the blends
  bool operator==(const PromptTrack&) const = default;
};

/// How a clip longer than the network sees at once is denoised: in windows.
struct Windows {
  int length = 16;  ///< frames, fewer than the clip has
  int overlap = 4;  ///< frames that neighbours share, fewer than `length`
  WindowSchedule schedule = WindowSchedule::uniform;
  bool operator==(const Windows&) const = default;
};

/// A LoRA and how strongly it acts on the U-Net and on the text encoder; never both 0.
struct LoraUse {
  FileRef file;
  double weight = 1;
  double weight_te = 1;
  bool operator==(const LoraUse&) const = default;
};

/// A textual inversion and the word of the prompts that stands for it, without '"', '\\' and control
/// characters.
struct EmbeddingUse {
  std::string word;
  FileRef file;
  bool operator==(const EmbeddingUse&) const = default;
};

/// The picture that an IP-Adapter looks at, and its weight, which is not 0.
struct IpAdapterUse {
  FileRef image;
  double scale = 0;
  bool operator==(const IpAdapterUse&) const = default;
};

/// One clip to make, fully resolved: all that decides its pixels, and nothing left to interpret.
struct Shot {
  FileRef image;
  FileRef model;                    ///< the personalised model; its weights win wherever it has them
  std::optional<FileRef> base;      ///< supplies what `model` lacks
  FileRef motion;                   ///< PIA's condition module and motion modules
  std::optional<FileRef> vae = {};  ///< in place of the model's own
  std::vector<LoraUse> loras = {};  ///< in the order in which they are laid on
  std::vector<EmbeddingUse> embeddings = {};  ///< those that the prompts name, sorted by word
  std::optional<IpAdapterUse> ip_adapter = {};
  Geometry geometry;
  Reference reference = Reference::official;
  PromptTrack prompt;
  PromptTrack negative_prompt;  ///< where there is guidance, in as many chunks as `prompt`
  int clip_skip = 1;  ///< 1: the text encoder's last layer, 2: the last but one, .. (AUTOMATIC1111's count)
  std::vector<double> affinity;  ///< one a frame, 0..1 (paper section 3.2; the original's RANGE_LIST)
  int condition_frame = 0;       ///< the frame that is the input picture, 0..frames-1
  int frames = 16;
  std::optional<Windows> windows;  ///< none: all frames at once
  int steps = 25;
  double guidance_scale = 7.5;  ///< classifier-free guidance; none at <= 1
  Sampler sampler = Sampler::ddim;
  std::uint64_t seed = 0;
  double strength = 1.0;  ///< 0..1; the share of the steps that is done, from a noised input
  double eta = 0.0;       ///< 0: deterministic DDIM; 1: DDPM's variance
  Dtype dtype = Dtype::fp32;
  bool operator==(const Shot&) const = default;
};

}  // namespace pia::jobs
