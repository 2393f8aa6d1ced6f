// SPDX-License-Identifier: Apache-2.0
#include "farm/commands/command_line.hpp"

namespace pia::farm {

std::string help_text() {
  return R"(pia-farm renders a job of image animations (PIA on Stable Diffusion 1.5): it keeps
what is done, goes on after any interruption, and renders again only what changed.

  pia-farm jobs/quickstart.toml        try it: renders three short clips
  pia-farm check my_job.toml           what is wrong with my job file?
  pia-farm plan my_job.toml            how much work is it?
  pia-farm my_job.toml                 render it; the same again after Ctrl-C, a crash or an edit
  sbatch --nodes=3 --gpus-per-node=2 pia-farm my_job.toml      the same on a Slurm cluster

A job file names pictures, models and prompts (jobs/quickstart.toml explains itself). Clips and all else
go to the run directory, renders/<job name>; wherever a JOB is asked for, either of the two will do.

  run JOB       render what is missing (the default verb); a training: train
  train JOB     train what a job file with kind = "train" describes; goes on after anything
  check JOB     list everything that is wrong, without rendering
  plan JOB      say what the job comes to; --list: its shots; --explain SHOT: where values came from
  status JOB    say what is done, failed and left; --workers, --why SHOT
  submit JOB    write and submit a Slurm batch script; --nodes, --gpus-per-node
  encode JOB    make missing videos again, without rendering
  gallery JOB   write a page that shows the clips side by side
  render JOB --shot SHOT    render one shot
  verify JOB    read everything that is kept and say what is damaged
  journal JOB   print what happened, event by event
  watch JOB     follow a run from anywhere that sees its run directory
  gc JOB        list what is no longer planned; --yes: remove it
  schema        print the JSON schema of job files, for editors
  import FILE   make a job file of PIA's YAML, a prompt travel, a CSV table, annotated pictures
  setup, test   in a checkout of the sources alone: set up and build; run every test
  help VERB     flags of a verb (or VERB --help); --version

Exit codes: 0 all done; 3 finished, but some shots failed; 75 not finished: run the same command again;
64 command line; 65 job file; 66 picture or model; 69 something needed is not there; 70 a bug.
)";
}

}  // namespace pia::farm
