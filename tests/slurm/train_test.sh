#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The real engine trains on the three nodes of a Slurm job and is disturbed there in every way: train_test.sh <source> <programs>
SOURCE=$1 BIN=$2
# shellcheck source=tests/slurm/lab.sh
source "$SOURCE/tests/slurm/lab.sh"
# shellcheck source=tests/slurm/lab_training.sh
source "$SOURCE/tests/slurm/lab_training.sh"

goes_on() { # <steps more>
  local from
  from=$(steps)
  if until_true 90 has_steps $((from + $1)); then return 0; fi
  tell_of_job
  return 1
}
starts() { events "$RUN" training_started; }
has_started() { (($(starts) >= $1)); } # <times>
same_model() { diff -r --exclude=training.json "$WORK/alone/model" "$RUN/model"; }

start() { submit --nodes=3 pia-farm train "$WORK/lab.toml" --out "$RUN" --farm "$WORK/site.toml" "$@"; }
start
check 'sbatch pia-farm train gets going' until_true 60 has_steps 2
check 'with a process on each of three nodes' equals "$(for p in $(trainers); do variable_of "$p" SLURMD_NODENAME; done | sort -u | wc -l)" 3

trainers | tail -n 1 | xargs kill -KILL
check 'one of them killed, the launcher starts all again' until_true 60 has_started 2
check 'and they go on from their checkpoint' goes_on 3

BEFORE=$(fact Restarts)
slurm scancel --batch --signal=USR1 "$JOB"
check 'warned by Slurm, it keeps a checkpoint and is run again' until_true 60 restarted_since "$BEFORE"
check 'and goes on' goes_on 3

# As before a preemption, where Slurm tells the processes of the steps alone.
BEFORE=$(fact Restarts)
slurm scancel --signal=TERM "$JOB"
check 'only its processes told, it is run again too' until_true 60 restarted_since "$BEFORE"
check 'and goes on once more' goes_on 3

BEFORE=$(fact Restarts)
kill -KILL "$(launcher_of "$RUN")"
check 'its launcher killed, Slurm runs the job again' until_true 60 restarted_since "$BEFORE"

check 'and goes on a last time' goes_on 1

slurm scancel "$JOB"
check 'cancelled, it ends' until_true 60 is_over
STEPS=$(($(steps) + 3))
start --set steps="$STEPS"
check "submitted again with an end at step $STEPS, it ends well" ends_with 120 0
"$BIN/pia-farmd" train "$WORK/lab.toml" --out "$WORK/alone" --workers 3 --farm "$WORK/site.toml" --set steps="$STEPS" \
  --quiet >"$WORK/alone.out" 2>&1 || true
check 'with the losses of three processes on one machine, byte for byte' cmp "$WORK/alone/loss.tsv" "$RUN/loss.tsv"
check 'and the same model' same_model
check 'no process is left' until_true 20 no_processes "$RUN"

submit --array=1-2 pia-farm train "$WORK/lab.toml" --out "$WORK/array" --farm "$WORK/site.toml"
check 'a job array is refused' until_true 30 says 'give one job more nodes instead: sbatch --nodes=4'
finish
