// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "dsl/job_file.hpp"
#include "farm/digest_cache.hpp"
#include "farm/tenure.hpp"

namespace pia::farm {

/// How the user names a job: a job file or a run directory, and what changes its meaning.
struct JobOptions {
  std::string target;             ///< path of a job file, or of a run directory
  std::string out;                ///< --out; empty if not given
  std::vector<std::string> sets;  ///< --set key=value, in order
  std::string farm;               ///< --farm; empty if not given
  Rehash rehash = Rehash::no;
  dsl::JobSource::Draft draft = dsl::JobSource::Draft::no;             ///< --draft
  std::vector<std::string> only = {};                                  ///< --only key=pattern, in order
  dsl::JobSource::Warnings warnings = dsl::JobSource::Warnings::warn;  ///< --strict
  dsl::CompileOptions::Explain explain = dsl::CompileOptions::Explain::little;  ///< what is asked of the plan
};

/// How long a step of the fake renderer takes, unless --step-seconds says otherwise.
inline constexpr double kFakeStepSeconds = 0.02;

/// How much is said, and for whom.
enum class Voice { normal, quiet, json };
enum class Form { text, json };

struct RunOptions {
  JobOptions job;
  int workers = 1;
  std::string renderer = "torch";  ///< "torch", "fake" or "fake:<script>"
  double fake_step_seconds = kFakeStepSeconds;
  Voice voice = Voice::normal;
  double silence = 30;  ///< of a rank, in seconds, that makes it a lost one
  enum class Where { anywhere, in_a_job } where = Where::anywhere;  ///< in_a_job: `launch` was said
  IfHeld if_held = IfHeld::refuse;                                  ///< wait: --wait
};
struct TrainOptions {
  JobOptions job;
  int workers = 1;                    ///< processes that share each batch
  std::string trainer = "pia-train";  ///< the program, beside this one
  double step_seconds = 0;            ///< of a fake one
  double silence = 3600;              ///< of its processes, in seconds, that makes them hanging ones
  Voice voice = Voice::normal;
  IfHeld if_held = IfHeld::refuse;  ///< wait: --wait
};
struct RenderOptions {
  RunOptions run;
  std::string shot;  ///< a name, or at least four first digits of an id
};
struct CheckOptions {
  JobOptions job;
  Form form = Form::text;
};
struct PlanOptions {
  JobOptions job;
  Form form = Form::text;
  std::string explain;  ///< a shot's name or id; empty: the plan as a whole
  enum class Compare { with_nothing, with_kept } compare = Compare::with_nothing;  ///< --diff
  enum class Of { job, shots } of = Of::job;                                       ///< shots: --list
};
struct StatusOptions {
  JobOptions job;
  Form form = Form::text;
  enum class Of { shots, workers } of = Of::shots;
  std::string why;  ///< a shot's name or id; empty: the run as a whole
};
struct SubmitOptions {
  RunOptions run;
  int nodes = 0;                         ///< 0: not given
  int gpus_per_node = 0;                 ///< 0: not given
  std::string time = {};                 ///< as sbatch takes it; empty: not given
  std::string partition = {};            ///< empty: not given
  std::vector<std::string> sbatch = {};  ///< more flags, as "--qos=night"
};
struct EncodeOptions {
  JobOptions job;
  enum class Which { missing, all } which = Which::missing;
};
struct GalleryOptions {
  JobOptions job;
};
struct VerifyOptions {
  JobOptions job;
};
struct JournalOptions {
  JobOptions job;
};
struct GcOptions {
  JobOptions job;
  enum class Act { list, remove } act = Act::list;
};
struct WatchOptions {
  JobOptions job;
};
struct ToyModelOptions {
  std::string configs;  ///< folder with the configs of the model and the motion modules
  std::string output;   ///< folder to make; empty: <configs>/weights
};
struct ToyPicturesOptions {
  std::string folder;
  int seed = 20261129;              ///< of another world than any training's
  int count = 200;                  ///< the ten kinds of motion in turn
  int size = 64;                    ///< pixels
  std::vector<std::string> styles;  ///< in turn, ten cases each; empty: flat
  enum class What { pictures, clips } what = What::pictures;
};
struct ImportOptions {
  std::string source;  ///< a file of another program, a picture, or a folder of pictures
  std::string output;  ///< -o; empty: stdout
  std::string models;  ///< folder in which models are looked for by their hash; empty: not looked for
  std::string image;
  std::string motion;
  enum class Over { refuse, write } over = Over::refuse;  ///< write: a file that is there may be replaced
};
/// Help or the version: only to be printed.
struct ShowText {
  std::string text;
};

/// What a command line asks for.
using Invocation =
    std::variant<ShowText, RunOptions, RenderOptions, CheckOptions, PlanOptions, StatusOptions, EncodeOptions,
                 GalleryOptions, VerifyOptions, JournalOptions, ToyModelOptions, ToyPicturesOptions,
                 SubmitOptions, GcOptions, WatchOptions, ImportOptions, TrainOptions>;

}  // namespace pia::farm
