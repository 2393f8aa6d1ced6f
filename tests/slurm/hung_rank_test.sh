#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A training whose process hangs on a node of a Slurm job: hung_rank_test.sh <source> <programs>
SOURCE=$1 BIN=$2
# shellcheck source=tests/slurm/lab.sh
source "$SOURCE/tests/slurm/lab.sh"

printf '[worker]\nthreads = 1\ndevice = "cpu"\n' >"$WORK/site.toml"
printf '%s\n' 'format = 1' 'kind = "train"' '[job]' 'name = "lab"' '[train]' "model = \"$SOURCE/jobs/toy/weights/model\"" \
  "motion = \"$SOURCE/jobs/toy/weights/motion\"" 'parameters = ["motion/"]' 'frames = 4' 'steps = 100000' 'batch = 3' \
  'checkpoint_every = 1' '[data]' 'width = 32' 'height = 32' >"$WORK/lab.toml"
RUN=$WORK/lab

trainers() { pgrep --full "^[^ ]*pia-train --run-directory $RUN "; }
steps() { if [[ -e $RUN/loss.tsv ]]; then tail -n +2 "$RUN/loss.tsv" | wc -l; else echo 0; fi; }
has_steps() { hurry; (($(steps) >= $1)); }
has_started() { (($(events "$RUN" training_started) >= $1)); } # <times>

submit --nodes=3 pia-farm train "$WORK/lab.toml" --out "$RUN" --farm "$WORK/site.toml" --silence 10
check 'sbatch pia-farm train gets going' until_true 90 has_steps 2
HUNG=$(trainers | tail -n 1)
kill -STOP "$HUNG"
check 'one process stopped, the launcher ends all and starts them again' until_true 180 has_started 2
check 'the one that hung is gone' until_true 10 eval '! kill -0 "$HUNG" 2>/dev/null'
check 'and they go on from their checkpoint' until_true 90 has_steps "$(($(steps) + 3))"
check 'it was told' says 'nothing was heard'
slurm scancel "$JOB"
check 'cancelled, it ends' until_true 60 is_over
check 'no process is left' until_true 20 no_processes "$RUN"
finish
