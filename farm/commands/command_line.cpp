// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/command_line.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "dsl/diagnostic.hpp"
#include "dsl/schema.hpp"
#include "farm/commands/verb_line.hpp"
#include "farm/version.hpp"
#include "jobs/core/error.hpp"
#include "renderer/renderer.hpp"

namespace pia::farm {
namespace {

using Words = std::vector<std::string>;

constexpr std::array<const char*, 2> kLater = {"inspect", "eval"};

bool asks_for_help(const Words& words) {
  return std::any_of(words.begin(), words.end(),
                     [](const std::string& word) { return word == "--help" || word == "-h"; });
}

void add_job_flags(VerbLine& line, JobOptions& job) {
  line.place("job", job.target);
  line.value("--out", "DIR", "run directory; else [job] out, else renders/<job name> here", job.out);
  line.values("--set", "KEY=VALUE", "change a key for every shot (steps=8), or any key (paths.models=/data)",
              job.sets);
  line.value("--farm", "FILE", "site file: device, threads, where models are", job.farm);
  line.flag("--draft", "at most 8 steps and 256 pixels, into videos/draft: to see what it will be", job.draft,
            dsl::JobSource::Draft::yes);
  line.flag("--rehash", "", job.rehash, Rehash::yes);
}

void add_choice(VerbLine& line, JobOptions& job) {
  line.values("--only", "KEY=PATTERN",
              "keep the shots that match (image=raiden, name=night-*, seed=1000-1003)", job.only);
}

void add_wait(VerbLine& line, IfHeld& if_held) {
  line.flag("--wait", "if another run is at work in the run directory, wait for its end first", if_held,
            IfHeld::wait);
}

void check_renderer(const RunOptions& run) {
  if (run.renderer == "torch" || run.renderer == "fake") return;
  if (!run.renderer.starts_with("fake:")) {
    throw jobs::Error(jobs::ExitCode::bad_usage,
                      "--renderer is \"" + run.renderer + "\"; it can be torch, fake, or fake:<script>");
  }
  try {
    renderer::make_fake_renderer({.script = run.renderer.substr(5)});
  } catch (const jobs::InputError& error) {
    throw jobs::Error(jobs::ExitCode::bad_usage, error.what());
  }
}

/// A verb's options, read; or its help.
template <class Options, class Describe>
Invocation read(const Words& words, VerbLine& line, Options options, Describe describe) {
  describe(line, options);
  if (asks_for_help(words)) return ShowText{line.help()};
  line.parse(words);
  return options;
}

Invocation read_run(const Words& words) {
  VerbLine line("run", "JOB [flags]",
                "Renders what is missing of a job and makes its videos. JOB is a job file, or the run\n"
                "directory of an earlier run. Run it again after anything: what is done stays done.\n"
                "Ctrl-C keeps every shot at its next step and stops; a second Ctrl-C stops at once.\n");
  RunOptions run;
  Voice quiet = Voice::normal;
  Voice json = Voice::normal;
  add_job_flags(line, run.job);
  add_choice(line, run.job);
  line.number("--workers", "N", "renderers at once; they share the cores (1)", run.workers);
  line.value("--renderer", "KIND", "torch, or fake: a rehearsal without a model (torch)", run.renderer);
  line.number("--step-seconds", "S", "", run.fake_step_seconds);
  line.number("--silence", "S", "", run.silence);
  add_wait(line, run.if_held);
  line.flag("--quiet", "say only what fails, and the end", quiet, Voice::quiet);
  line.flag("--json", "one event a line, for programs", json, Voice::json);
  if (asks_for_help(words)) return ShowText{line.help()};
  line.parse(words);
  if (quiet != Voice::normal && json != Voice::normal) {
    throw jobs::Error(jobs::ExitCode::bad_usage, "--quiet and --json exclude each other; give one of them");
  }
  run.voice = json != Voice::normal ? json : quiet;
  check_renderer(run);
  return run;
}

/// What `run` does by itself inside a Slurm job.
Invocation read_launch(const Words& words) {
  Invocation invocation = read_run(words);
  if (auto* run = std::get_if<RunOptions>(&invocation)) run->where = RunOptions::Where::in_a_job;
  return invocation;
}

Invocation read_train(const Words& words) {
  VerbLine line(
      "train", "JOB [flags]",
      "Trains what a job file with kind = \"train\" describes, and writes the trained model. It keeps a\n"
      "checkpoint every so often: run it again after anything, and the loss curve goes on as if nothing\n"
      "had happened. Ctrl-C keeps a checkpoint and stops; a second Ctrl-C stops at once.\n");
  return read(words, line, TrainOptions{}, [](VerbLine& l, TrainOptions& options) {
    l.place("job", options.job.target);
    l.value("--out", "DIR", "run directory; else [job] out, else renders/<job name> here", options.job.out);
    l.values("--set", "KEY=VALUE", "change a key of [train] (steps=100), or any (optimizer.ema=0.99)",
             options.job.sets);
    l.value("--farm", "FILE", "site file: device, threads, where models are", options.job.farm);
    l.number("--workers", "N", "processes that share each batch, over MPI: with a GPU each, or the cores (1)",
             options.workers);
    l.value("--trainer", "PROGRAM", "", options.trainer);
    l.number("--step-seconds", "S", "", options.step_seconds);
    l.number("--silence", "S", "", options.silence);
    add_wait(l, options.if_held);
    l.flag("--quiet", "say only what fails, and the end", options.voice, Voice::quiet);
    l.flag("--rehash", "", options.job.rehash, Rehash::yes);
  });
}

Invocation read_render(const Words& words) {
  VerbLine line("render", "JOB --shot SHOT [flags]",
                "Renders one shot of a job, if it is not done: to look into a failure. SHOT is its name, or\n"
                "the first digits of its id (at least 4). Given a run directory, it takes the plan that is\n"
                "kept there, whatever became of the job file.\n");
  RenderOptions render;
  add_job_flags(line, render.run.job);
  line.value("--shot", "SHOT", "which one", render.shot);
  line.value("--renderer", "KIND", "torch, or fake (torch)", render.run.renderer);
  line.number("--step-seconds", "S", "", render.run.fake_step_seconds);
  line.flag("--quiet", "say only what fails, and the end", render.run.voice, Voice::quiet);
  if (asks_for_help(words)) return ShowText{line.help()};
  line.parse(words);
  if (render.shot.empty()) {
    throw jobs::Error(jobs::ExitCode::bad_usage,
                      "render needs --shot with a shot's name or id; pia-farm plan JOB --list lists them");
  }
  check_renderer(render.run);
  return render;
}

Invocation read_check(const Words& words) {
  VerbLine line("check", "JOB [flags]",
                "Reads a job file and everything it names (pictures, models, keys, prompts) and lists all\n"
                "that is wrong with it, without rendering. Exit code 0, or 65 if there are errors.\n");
  return read(words, line, CheckOptions{}, [](VerbLine& l, CheckOptions& options) {
    add_job_flags(l, options.job);
    l.flag("--strict", "warnings are errors too", options.job.warnings, dsl::JobSource::Warnings::refuse);
    l.flag("--json", "each complaint as a line of JSON, for editors", options.form, Form::json);
  });
}

Invocation read_plan(const Words& words) {
  VerbLine line(
      "plan", "JOB [flags]",
      "Says what a job comes to: shots, models, work, disk and time. Renders and writes nothing.\n");
  Invocation invocation = read(words, line, PlanOptions{}, [](VerbLine& l, PlanOptions& options) {
    add_job_flags(l, options.job);
    add_choice(l, options.job);
    l.flag("--list", "its shots, a line each: name, id, size, frames, steps, and whether it is done",
           options.of, PlanOptions::Of::shots);
    l.flag("--json", "the plan as JSON, for programs", options.form, Form::json);
    l.value("--explain", "SHOT", "every value of a shot (name or id), and where it came from",
            options.explain);
    l.flag("--diff", "what a run would render again and why, against the plan that the last run kept",
           options.compare, PlanOptions::Compare::with_kept);
  });
  auto* plan = std::get_if<PlanOptions>(&invocation);
  if (plan == nullptr) return invocation;
  if (!plan->explain.empty()) plan->job.explain = dsl::CompileOptions::Explain::all;
  const int asked = (plan->compare == PlanOptions::Compare::with_kept ? 1 : 0) +
                    (plan->explain.empty() ? 0 : 1) + (plan->form == Form::json ? 1 : 0) +
                    (plan->of == PlanOptions::Of::shots ? 1 : 0);
  if (asked > 1) {
    throw jobs::Error(jobs::ExitCode::bad_usage,
                      "--list, --diff, --explain and --json exclude each other; give one of them");
  }
  if (plan->compare == PlanOptions::Compare::with_kept && !plan->job.only.empty()) {
    throw jobs::Error(jobs::ExitCode::bad_usage, "--diff compares whole plans; leave --only out");
  }
  return invocation;
}

Invocation read_status(const Words& words) {
  VerbLine line("status", "JOB [flags]",
                "Says what is done, failed and left in a run directory, and who is at work there.\n");
  Invocation invocation = read(words, line, StatusOptions{}, [](VerbLine& l, StatusOptions& options) {
    add_job_flags(l, options.job);
    l.flag("--workers", "each worker: where it is, at what, with what success", options.of,
           StatusOptions::Of::workers);
    l.value("--why", "SHOT", "what became of a shot (name or id), attempt by attempt", options.why);
    l.flag("--json", "the same as JSON, for programs", options.form, Form::json);
  });
  const auto* status = std::get_if<StatusOptions>(&invocation);
  if (status == nullptr) return invocation;
  const int asked = (status->of == StatusOptions::Of::workers ? 1 : 0) + (status->why.empty() ? 0 : 1) +
                    (status->form == Form::json ? 1 : 0);
  if (asked > 1) {
    throw jobs::Error(jobs::ExitCode::bad_usage,
                      "--workers, --why and --json exclude each other; give one of them");
  }
  return invocation;
}

Invocation read_submit(const Words& words) {
  VerbLine line(
      "submit", "JOB [flags]",
      "Submits a job to Slurm: checks it, writes the batch script into the run directory, and says\n"
      "how to watch it. Words after --sbatch go to sbatch as they are.\n");
  SubmitOptions submit;
  add_job_flags(line, submit.run.job);
  line.number("--nodes", "N", "nodes (1)", submit.nodes);
  line.number("--gpus-per-node", "N", "GPUs of each node; one worker a GPU", submit.gpus_per_node);
  line.value("--time", "TIME", "limit, as sbatch takes it; the job goes on after it by itself", submit.time);
  line.value("--partition", "NAME", "where", submit.partition);
  line.values("--sbatch", "FLAG", "any other flag of sbatch, such as --sbatch=--qos=night", submit.sbatch);
  line.number("--workers", "N", "on each node without GPUs, renderers at once (1)", submit.run.workers);
  line.value("--renderer", "KIND", "torch, or fake: a rehearsal without a model (torch)",
             submit.run.renderer);
  line.number("--step-seconds", "S", "", submit.run.fake_step_seconds);
  if (asks_for_help(words)) return ShowText{line.help()};
  line.parse(words);
  check_renderer(submit.run);
  return submit;
}

Invocation read_encode(const Words& words) {
  VerbLine line("encode", "JOB [flags]",
                "Makes the videos that are missing, or were made with other settings (fps, crf, metadata),\n"
                "from the results in the store; renders nothing. Given a job file, as it asks for now.\n");
  return read(words, line, EncodeOptions{}, [](VerbLine& l, EncodeOptions& options) {
    add_job_flags(l, options.job);
    l.flag("--all", "make all of them again", options.which, EncodeOptions::Which::all);
  });
}

Invocation read_gallery(const Words& words) {
  VerbLine line(
      "gallery", "JOB [flags]",
      "Writes gallery/index.html into the run directory: the clips that are done, side by side, as\n"
      "[output] gallery = { rows = \"magnitude\", cols = \"model\", page = \"image\" } lays them out, else\n"
      "by what differs among them. Also while a run is at work, which writes it now and then itself.\n");
  return read(words, line, GalleryOptions{},
              [](VerbLine& l, GalleryOptions& options) { add_job_flags(l, options.job); });
}

Invocation read_verify(const Words& words) {
  VerbLine line("verify", "JOB [flags]",
                "Reads every result, checkpoint and journal record of a run directory and says which are\n"
                "damaged. Changes nothing. Exit code 0, or 3 if something is damaged.\n");
  return read(words, line, VerifyOptions{},
              [](VerbLine& l, VerifyOptions& options) { add_job_flags(l, options.job); });
}

Invocation read_gc(const Words& words) {
  VerbLine line(
      "gc", "JOB [flags]",
      "Lists what a run directory holds of shots that the job file no longer asks for, in full or as a\n"
      "draft, and that the last run was not for: results, checkpoints, videos, scores, logs. Removes it\n"
      "only with --yes, and not while a run is at work there.\n");
  return read(words, line, GcOptions{}, [](VerbLine& l, GcOptions& options) {
    add_job_flags(l, options.job);
    l.flag("--yes", "remove what is listed", options.act, GcOptions::Act::remove);
  });
}

Invocation read_watch(const Words& words) {
  VerbLine line("watch", "JOB [flags]",
                "Follows a run from anywhere that sees its run directory, until it ends; Ctrl-C ends only\n"
                "the looking. Exit code as the run's own, as far as it is known.\n");
  return read(words, line, WatchOptions{},
              [](VerbLine& l, WatchOptions& options) { add_job_flags(l, options.job); });
}

Invocation read_journal(const Words& words) {
  VerbLine line("journal", "JOB [flags]", "Prints what happened in a run directory, a JSON object a line.\n");
  return read(words, line, JournalOptions{},
              [](VerbLine& l, JournalOptions& options) { add_job_flags(l, options.job); });
}

Invocation read_schema(const Words& words) {
  VerbLine line(
      "schema", "[flags]",
      "Prints the JSON schema of job files, for editors: save it beside a job file, which names it in\n"
      "a line #:schema ./pia-farm.schema.json.\n");
  Form form = Form::json;
  line.flag("--reference", "all keys on a page for people instead", form, Form::text);
  if (asks_for_help(words)) return ShowText{line.help()};
  line.parse(words);
  return ShowText{form == Form::json ? dsl::job_schema() : dsl::reference_page()};
}

Invocation read_import(const Words& words) {
  VerbLine line(
      "import", "FILE|FOLDER [flags]",
      "Makes a job file of another program's: PIA's YAML, AnimateDiff CLI's prompt_travel.json, a CSV\n"
      "table of shots, or pictures with AUTOMATIC1111's settings in them (a file or a folder). Says\n"
      "what could not be carried over.\n");
  return read(words, line, ImportOptions{}, [](VerbLine& l, ImportOptions& options) {
    l.place("source", options.source);
    l.value("-o,--output", "JOB", "job file to write; else it goes to the standard output", options.output);
    l.flag("--force", "write over a job file that is there", options.over, ImportOptions::Over::write);
    l.value("--models", "FOLDER", "where the models are that pictures name by hash", options.models);
    l.value("--image", "FILE", "the picture to animate, where none is named", options.image);
    l.value("--motion", "FILE", "PIA's weights, where none are named", options.motion);
  });
}

Invocation read_toy_model(const Words& words) {
  VerbLine line("toy-model", "CONFIGS [OUTPUT]",
                "Makes the tiny rule-made model that the set-up uses: weights for the configs in CONFIGS\n"
                "(model/, motion/), in OUTPUT or CONFIGS/weights. Does nothing if they are there.\n");
  return read(words, line, ToyModelOptions{}, [](VerbLine& l, ToyModelOptions& options) {
    l.place("configs", options.configs);
    l.optional_place("output", options.output);
  });
}

Invocation read_toy_pictures(const Words& words) {
  VerbLine line(
      "toy-pictures", "FOLDER [flags]",
      "Draws pictures of the toy world that no training draws: the first frames of clips, the ten\n"
      "kinds of motion in turn, with the truth in cases.json and a sheet of the clips in sheet.png.\n");
  return read(words, line, ToyPicturesOptions{}, [](VerbLine& l, ToyPicturesOptions& options) {
    l.place("folder", options.folder);
    l.number("--count", "N", "how many (200)", options.count);
    l.number("--seed", "N", "which ones", options.seed);
    l.number("--size", "N", "width and height in pixels (64)", options.size);
    l.values("--style", "WORD", "flat, comic, pastel or neon; several: in turn", options.styles);
    l.flag("--clips", "the whole clips, each a folder of 16 frames", options.what,
           ToyPicturesOptions::What::clips);
  });
}

struct Verb {
  const char* name;
  Invocation (*read)(const Words&);
};
constexpr auto kVerbs = std::to_array<Verb>({{"run", read_run},
                                             {"launch", read_launch},
                                             {"train", read_train},
                                             {"check", read_check},
                                             {"plan", read_plan},
                                             {"status", read_status},
                                             {"submit", read_submit},
                                             {"encode", read_encode},
                                             {"gallery", read_gallery},
                                             {"render", read_render},
                                             {"verify", read_verify},
                                             {"journal", read_journal},
                                             {"watch", read_watch},
                                             {"gc", read_gc},
                                             {"schema", read_schema},
                                             {"import", read_import},
                                             {"toy-model", read_toy_model},
                                             {"toy-pictures", read_toy_pictures}});

const Verb* verb_called(const std::string& word) {
  const auto found =
      std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& v) { return word == v.name; });
  return found == kVerbs.end() ? nullptr : &*found;
}

[[noreturn]] void refuse_verb(const std::string& word) {
  if (std::find(kLater.begin(), kLater.end(), word) != kLater.end()) {
    throw jobs::Error(jobs::ExitCode::bad_usage,
                      word + " is not built yet; pia-farm --help lists what is there");
  }
  Words known(kLater.begin(), kLater.end());
  for (const Verb& verb : kVerbs) known.emplace_back(verb.name);
  known.emplace_back("help");
  const std::string near = word == "resume" ? "run" : dsl::nearest(word, known);
  throw jobs::Error(jobs::ExitCode::bad_usage,
                    "\"" + word + "\" is neither a verb nor a job file" +
                        (near.empty() ? "; " : "; did you mean \"" + near + "\"? ") +
                        "pia-farm --help lists the verbs");
}

/// A bare word without a dot or a slash that is no verb and names nothing here can hardly be a job file.
bool may_be_a_path(const std::string& word) {
  std::error_code ignored;
  return word.find_first_of("./") != std::string::npos || std::filesystem::exists(word, ignored);
}

}  // namespace

Invocation parse_command_line(const std::vector<std::string>& words) {
  if (words.empty()) {
    throw jobs::Error(
        jobs::ExitCode::bad_usage,
        "say which job to render, as in: pia-farm jobs/quickstart.toml; or see pia-farm --help");
  }
  const std::string& first = words.front();
  if (first == "--version") return ShowText{"pia-farm " + std::string(kVersion) + "\n"};
  if (first == "--help" || first == "-h") return ShowText{help_text()};
  const Words rest(words.begin() + 1, words.end());
  if (first == "help") {
    if (rest.empty()) return ShowText{help_text()};
    const Verb* verb = verb_called(rest.front());
    if (verb == nullptr) refuse_verb(rest.front());
    return verb->read({"--help"});
  }
  if (const Verb* verb = verb_called(first)) return verb->read(rest);
  if (!first.starts_with("-") && !may_be_a_path(first)) refuse_verb(first);
  return read_run(words);
}

}  // namespace pia::farm
