#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a farm on a real Slurm survives: recovery_test.sh <source> <programs>
SOURCE=$1 BIN=$2
# shellcheck source=tests/slurm/lab.sh
source "$SOURCE/tests/slurm/lab.sh"

job wild 30 6
make_alone wild &
ALONE=$!
RUN=$WORK/wild
start_wild() { # <step seconds> <sbatch flags...>
  local seconds=$1
  shift
  submit "$@" pia-farm "$WORK/wild.toml" --out "$RUN" --renderer=fake --step-seconds "$seconds" --farm "$WORK/site.toml"
}
# A moment of calm after a kill: the next generation has committed <more> shots than there were.
goes_on() {
  local goal=$(($(commits "$RUN") + $1))
  until_true 40 has_reached "$goal"
}
has_reached() { hurry; has_commits "$RUN" "$1"; } # <commits>
kept_all() { # <rule>
  wait "$ALONE" || true
  check "$1: with the frames of an undisturbed run" same_results "$WORK/alone-wild" "$RUN"
  check "$1: each shot committed once, nothing left behind" eval 'committed_once "$RUN" && has_no_leftovers "$RUN"'
}

# kill -9 of ranks, of a renderer, of the launcher.
start_wild 0.25 --nodes=3 --gpus-per-node=2
check 'the farm gets going' until_true 30 has_commits "$RUN" 2
kill -KILL "$(ranks_of "$RUN" | tail -n 1)"
check 'after kill -9 of a rank another generation starts' until_true 20 says 'going on as generation 2'
check 'and goes on' goes_on 2
kill -KILL "$(renderers_of "$RUN" | head -n 1)"
kill -KILL "$(ranks_of "$RUN" | head -n 1)"
check 'after kill -9 of rank 0 and a renderer too' until_true 20 says 'going on as generation 3'
check 'it goes on' goes_on 2
kill -KILL "$(launcher_of "$RUN")"
check 'after kill -9 of the launcher Slurm runs the job again' until_true 40 restarted_since 0
check 'and it ends well' ends_with 60 0
kept_all 'after those kills'
check 'a requeue is no new command of the user' equals \
  "$("$BIN/pia-farmd" journal "$RUN" | grep '"event":"run_started"' | grep -vc goes_on)" 1

# A farm that can't begin; it takes a while beside the next one.
mkdir -p "$WORK/broken"
printf '#!/bin/sh\nexit 1\n' >"$WORK/broken/srun"
chmod +x "$WORK/broken/srun"
RUN=$WORK/unlaunched PATH=$WORK/broken:$PATH start_wild 0 --nodes=1
UNLAUNCHED=$JOB

# Bug: a rank that died while MPI was coming up left the others waiting for it, ten minutes long.
rm -rf "$RUN"
has_six_ranks() { (($(ranks_of "$RUN" | wc -l) == 6)); }
start_wild 0.25 --nodes=3 --gpus-per-node=2
check 'six ranks are there' until_true 30 has_six_ranks
kill -KILL "$(ranks_of "$RUN" | tail -n 1)"
check 'a rank that dies before MPI is up ends its generation' until_true 50 says 'going on as generation 2'
check 'and the farm ends well' ends_with 60 0
kept_all 'after a death so early'

# Warnings.
rm -rf "$RUN"
start_wild 0.2 --nodes=2 --gpus-per-node=2
check 'a farm gets going' until_true 30 has_commits "$RUN" 1
slurm scancel --batch --signal=USR1 "$JOB"
check 'SIGUSR1 makes every shot stop, and the job is run again' until_true 40 restarted_since 0
check 'shots were stopped at checkpoints' test "$(events "$RUN" shot_stopped)" -ge 1
check 'the farm goes on' goes_on 1
BEFORE=$(fact Restarts)
slurm scancel --batch --signal=TERM "$JOB"
check 'so does SIGTERM' until_true 40 restarted_since "$BEFORE"
check 'and the job ends well' ends_with 60 0
kept_all 'after those warnings'
JOB=$UNLAUNCHED
check 'generations that Slurm never launches end with the reason' ends_with 60 70
check 'which is told' says '8 generations in a row did not begin'

# The batch host is lost, with the launcher in it: by Slurm's word here, since it takes its time to notice by itself.
rm -rf "$RUN"
start_wild 0.25 --nodes=2 --gpus-per-node=2
check 'a farm gets going' until_true 30 has_commits "$RUN" 2
LOST=$(fact BatchHost)
slurm scontrol update NodeName="$LOST" State=DOWN Reason=lost
check 'without its batch host Slurm runs the job again' until_true 40 restarted_since 0
check 'on other nodes' eval '[[ $(fact BatchHost) != "$LOST" ]]'
check 'and it ends well' ends_with 90 0
kept_all 'after a lost batch host'
slurm scontrol update NodeName="$LOST" State=RESUME

# scancel is final.
start_wild 0.2 --nodes=1
check 'a farm gets going' until_true 30 has_commits "$RUN" 1
slurm scancel "$JOB"
check 'a cancelled job stays cancelled' until_true 20 state_is CANCELLED
check 'and leaves no process' until_true 10 no_processes "$RUN"
finish
