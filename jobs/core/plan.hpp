// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "jobs/core/gallery.hpp"
#include "jobs/core/shot.hpp"

namespace pia::jobs {

/// A shot with its labels. Labels name and order it; they change no pixel and are not in the id.
struct PlannedShot {
  ShotId id;
  Shot shot;
  std::string name;                ///< the first of `names`
  std::vector<std::string> names;  ///< all the shots of the job file that became this one
  std::string grid;                ///< name of its [[grid]], empty for a [[shot]]
  std::string image_id;            ///< as the job file calls them: an id, else the file's stem
  std::string model_id;
  std::string prompt_text;  ///< of the first keyframe
  std::string negative_prompt_text;
  std::map<int, std::string> prompt_travel = {};  ///< text by keyframe; empty where the prompt is constant
  std::map<int, std::string> negative_prompt_travel = {};
  Mode mode = Mode::animate;
  Magnitude magnitude = Magnitude::small;
  int fps = 8;
  int priority = 0;  ///< higher goes first
  std::vector<std::string> tags;
  std::string video_stem;  ///< path under videos/, without extension; unique in the plan
  std::string source;      ///< "file:line" in the job file
  /// Of a seed that was drawn: the hash of the shot apart from it, by which a later plan knows it again.
  std::optional<Digest> drawn_as = {};
  bool operator==(const PlannedShot&) const = default;
};

struct OutputWishes {
  std::vector<VideoFormat> formats = {VideoFormat::mp4};
  int crf = 18;  ///< H.264 quality, 0 (lossless) .. 51
  KeepLatents keep_latents = KeepLatents::final;
  bool metadata = true;  ///< the recipe goes into each video's metadata
  GalleryWishes gallery = {};
  std::vector<Metric> metrics = {};  ///< to measure of each clip that is rendered, each once
  bool operator==(const OutputWishes&) const = default;
};

struct PlanCounts {
  std::int64_t combinations = 0;
  std::int64_t excluded = 0;
  std::int64_t included = 0;
  std::int64_t left_out = 0;  ///< combinations that a grid's `sample` did not choose
  std::int64_t duplicates = 0;
  std::int64_t shots = 0;
  bool operator==(const PlanCounts&) const = default;
};

/// What a job file means: ordered shots with unique ids. What `plan` prints, the scheduler orders, the id
/// hashes and the renderer renders is this one value.
struct Plan {
  std::string job_name;
  std::string job_file;  ///< absolute path
  std::string out;       ///< absolute path of the run directory
  std::vector<PlannedShot> shots;
  OutputWishes output;
  PlanCounts counts;
  bool operator==(const Plan&) const = default;
};

}  // namespace pia::jobs
