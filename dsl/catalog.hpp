// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "jobs/core/digest.hpp"
#include "jobs/core/shot.hpp"

namespace pia::dsl {

/// A sentence that says why something can't be used.
struct Trouble {
  std::string sentence;
};

/// What a job file needs to know of a picture.
struct ImageFacts {
  jobs::Digest digest;
  jobs::Size size;  ///< upright: after EXIF orientation
};

/// What a job file needs to know of a model, a base or a motion file.
struct ModelFacts {
  jobs::Digest digest;
  int vae_factor = 8;     ///< pixels a latent; 0 if it holds no VAE
  int motion_frames = 0;  ///< length of the position table; 0 if it holds no motion modules
  bool has_unet = false;
  bool has_vae = false;
  bool has_text_encoder = false;
  bool has_motion = false;  ///< motion modules and PIA's 9-channel conv_in
  int text_layers = 0;      ///< of the text encoder; 0 if it holds none
  /// A single-file checkpoint, which nothing renders yet; of some only the digest is known, and the rest is
  /// what such a file usually holds.
  bool is_single_file = false;
  std::vector<std::string> unused_tensors = {};  ///< names of those that nothing here has a use for
};

/// Answers for the file system, so that `dsl` touches no file. Paths are absolute.
class Catalog {
 public:
  virtual ~Catalog() = default;

  enum class Kind { none, file, folder };
  virtual Kind kind(const std::string& path) const = 0;
  virtual std::vector<std::string> list(
      const std::string& folder) const = 0;  ///< names, sorted; for globs and near words
  /// The bytes of a text file (a job file that another extends, a list of wildcards) of at most 1 MiB.
  virtual std::variant<std::string, Trouble> text(const std::string& path) const = 0;
  virtual std::variant<ImageFacts, Trouble> image(const std::string& path) const = 0;
  virtual std::variant<ModelFacts, Trouble> model(const std::string& path) const = 0;
  /// Of a file's bytes: a LoRA, an embedding.
  virtual std::variant<jobs::Digest, Trouble> digest(const std::string& path) const = 0;
  /// Why a LoRA can't be laid on a model, whose `base` (it may be empty) supplies what it lacks; nothing if
  /// it can.
  virtual std::optional<Trouble> lora_trouble(const std::string& lora, const std::string& model,
                                              const std::string& base) const = 0;
};

}  // namespace pia::dsl
