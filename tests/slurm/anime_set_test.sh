#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# jobs/anime_set.toml from sbatch to its report, with the real renderer and the fake one: anime_set_test.sh <source> <programs>
SOURCE=$1 BIN=$2
# shellcheck source=tests/slurm/lab.sh
source "$SOURCE/tests/slurm/lab.sh"

# The real one at its smallest: a thread a worker, on a CPU.
printf '[worker]\nthreads = 1\ndevice = "cpu"\n' >"$WORK/cpu.toml"
JOB_FILE=$SOURCE/jobs/anime_set.toml
REAL=(--farm "$WORK/cpu.toml" --set max_size=32 --set steps=2 --set guidance_scale=1)
FAKE=(--farm "$WORK/site.toml" --renderer=fake --step-seconds 0.05)

from_sbatch_to_report() { # <name> <flags...>
  local name=$1
  shift
  "$BIN/pia-farmd" "$JOB_FILE" --out "$WORK/alone-$name" "$@" --quiet >"$WORK/alone-$name.out" 2>&1 &
  local alone=$!
  submit --nodes=3 --gpus-per-node=2 pia-farm "$JOB_FILE" --out "$WORK/$name" "$@"
  check "$name: the job ends well" ends_with 400 0
  wait "$alone" || true
  check "$name: with the frames of the same job without Slurm" same_results "$WORK/alone-$name" "$WORK/$name"
  check "$name: each shot committed once, nothing left behind" \
    eval 'committed_once "$WORK/'"$name"'" && has_no_leftovers "$WORK/'"$name"'"'
  check "$name: all are in the report" grep -q "16 of 16 shots done" "$WORK/$name/report.txt"
}
from_sbatch_to_report fake "${FAKE[@]}"
from_sbatch_to_report real "${REAL[@]}"
check 'no process is left' until_true 20 no_processes "$WORK/real"
finish
